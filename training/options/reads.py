"""What a model reads: the pages of a document, or its text, the control at the same cost. No torch here: the
web service reads this."""

from typing import Final, Literal

Reads = Literal["pages", "text", "whole_text"]
DESCRIPTIONS: Final = {
    "pages": "pages",
    "text": "text, as many tokens of it as the pages have",
    "whole_text": "whole text",
}
"""What a model reads, in words."""
SHORT_NAMES: Final = {"pages": "pages", "text": "cut text", "whole_text": "whole text"}
"""The same in a word or two. Cut: to as many tokens as the pages have."""
