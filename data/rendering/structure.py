"""What a text is made of: drawable characters only, in blocks that are paragraphs, headings or dialogue turns."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

MAX_HEADING_CHARACTERS: Final = 80
MAX_WORD_CHARACTERS: Final = 500
"""Longer words get places to break: Skia's time for one word grows with the square of its length."""

_NEWLINES: Final = re.compile("\r\n?|[\v\f\x1c-\x1e\x85\u2028\u2029]")
_TABS: Final = re.compile("[\t\xa0]+")
_UNDRAWABLE: Final = re.compile("[\x00-\x08\x0e-\x1b\x1f\x7f-\x9f\xad\ufeff]")
_LONE_SURROGATES: Final = re.compile("[\ud800-\udfff]")
_BLANK_LINES: Final = re.compile(r"[ \t]*\n(?:[ \t]*\n)+")
_LONG_WORD: Final = re.compile(rf"\S{{{MAX_WORD_CHARACTERS}}}(?=\S)")
_ZERO_WIDTH_SPACE: Final = "\u200b"


@dataclass(frozen=True, slots=True)
class Block:
    """Lines that belong together; a blank line stood before and after them."""

    text: str
    is_heading: bool
    is_right_to_left: bool


def drawable(text: str) -> str:
    """Return `text` with one kind of newline and without characters that no page can show.

    Control characters, soft hyphens and byte order marks are dropped; a lone surrogate becomes U+FFFD.
    """
    text = _UNDRAWABLE.sub("", _TABS.sub(" ", _NEWLINES.sub("\n", text)))
    return text if text.isascii() else _LONE_SURROGATES.sub("\ufffd", text)


def blocks(text: str) -> list[Block]:
    """Split drawable text at its blank lines. A short line without a full stop before another block is a heading."""
    parts = [part for part in _BLANK_LINES.split(text.rstrip().lstrip("\n")) if part.strip()]
    return [_block(part, is_last=index == len(parts) - 1) for index, part in enumerate(parts)]


def _block(part: str, *, is_last: bool) -> Block:
    is_short_line = "\n" not in part and len(part) <= MAX_HEADING_CHARACTERS
    is_heading = is_short_line and not is_last and unicodedata.category(part.rstrip()[-1]) != "Po"
    return Block(_LONG_WORD.sub(rf"\g<0>{_ZERO_WIDTH_SPACE}", part), is_heading, not part.isascii() and _is_right_to_left(part))


def _is_right_to_left(text: str) -> bool:
    """Say whether the first letter with a direction is Hebrew, Arabic or alike (UAX 9, rule P2)."""
    for character in text:
        direction = unicodedata.bidirectional(character)
        if direction in {"R", "AL"}:
            return True
        if direction == "L":
            return False
    return False
