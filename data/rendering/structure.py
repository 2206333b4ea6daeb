"""Split a text into blocks (paragraphs, headings, dialogue turns) of drawable characters."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from data.rendering.direction import has_right_to_left, is_right_to_left

MAX_HEADING_CHARACTERS: Final = 80
MAX_WORD_CHARACTERS: Final = 500
"""Longer words get break opportunities: Skia's time for a word grows with the square of its length."""

_BLANK_LINES: Final = re.compile(r"\n\s*\n")
_LONG_WORD: Final = re.compile(rf"\S{{{MAX_WORD_CHARACTERS}}}(?=\S)")
_AFTER_THE_END: Final = frozenset({"Cc", "Zs", "Cf", "Mn", "So", "Sk", "No"})
_UNWRITTEN_END: Final = re.compile("[\u0e01-\u0e5b\u0e81-\u0edf]")
"""Letters and signs of Thai and Lao."""
_ZERO_WIDTH_SPACE: Final = "\u200b"


@dataclass(frozen=True, slots=True)
class Block:
    """Consecutive lines, with a blank line before and after them in the text."""

    text: str
    is_heading: bool
    is_right_to_left: bool


def blocks(text: str) -> list[Block]:
    """Split drawable text at blank lines. Short lines without punctuation at their end are headings."""
    parts = [part for part in _BLANK_LINES.split(text.rstrip().lstrip("\n")) if part.strip()]
    return [_block(part, is_last=index == len(parts) - 1) for index, part in enumerate(parts)]


def _block(part: str, *, is_last: bool) -> Block:
    is_short_line = "\n" not in part and len(part) <= MAX_HEADING_CHARACTERS
    is_heading = is_short_line and not is_last and not _ends_like_a_sentence(part)
    text = _LONG_WORD.sub(rf"\g<0>{_ZERO_WIDTH_SPACE}", part.strip() if is_heading else part.rstrip())
    return Block(text, is_heading, has_right_to_left(text) and is_right_to_left(text))


def _ends_like_a_sentence(line: str) -> bool:
    """Return whether a line ends with punctuation, as a closing quotation mark or bracket, before any emoji,
    footnote numbers and invisible characters; or in Thai or Lao, which have no final punctuation."""
    for character in reversed(line):
        if _UNWRITTEN_END.match(character):
            return True
        category = unicodedata.category(character)
        if category not in _AFTER_THE_END:
            return category.startswith("P")
    return False
