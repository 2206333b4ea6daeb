"""Split a text into blocks (paragraphs, headings, dialogue turns) of drawable characters."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

MAX_HEADING_CHARACTERS: Final = 80
MAX_WORD_CHARACTERS: Final = 500
"""Longer words get break opportunities: Skia's time for a word grows with the square of its length."""

_UNDRAWABLE: Final = re.compile("\r\n?|[\x00-\x09\x0b-\x1f\x7f-\xa0\xad\u2028\u2029\ufeff\ud800-\udfff]")
_NEWLINES: Final = frozenset("\v\f\r\x1c\x1d\x1e\x85\u2028\u2029")
_BLANK_LINES: Final = re.compile(r"\n\s*\n")
_LONG_WORD: Final = re.compile(rf"\S{{{MAX_WORD_CHARACTERS}}}(?=\S)")
_ZERO_WIDTH_SPACE: Final = "\u200b"


@dataclass(frozen=True, slots=True)
class Block:
    """Consecutive lines, with a blank line before and after them in the text."""

    text: str
    is_heading: bool
    is_right_to_left: bool


def drawable(text: str) -> str:
    """Return `text` with `\n` as its only newline and without characters that cannot be drawn.

    A tab or a no-break space becomes a space and a lone surrogate U+FFFD; control characters, soft hyphens
    and byte order marks are dropped.
    """
    return _UNDRAWABLE.sub(_replacement, text)


def _replacement(match: re.Match[str]) -> str:
    character = match[0][0]
    if character in _NEWLINES:
        return "\n"
    if character in "\t\xa0":
        return " "
    return "\ufffd" if "\ud800" <= character <= "\udfff" else ""


def blocks(text: str) -> list[Block]:
    """Split drawable text at blank lines. Short lines without final punctuation are headings."""
    parts = [part for part in _BLANK_LINES.split(text.rstrip().lstrip("\n")) if part.strip()]
    return [_block(part, is_last=index == len(parts) - 1) for index, part in enumerate(parts)]


def _block(part: str, *, is_last: bool) -> Block:
    is_short_line = "\n" not in part and len(part) <= MAX_HEADING_CHARACTERS
    is_heading = is_short_line and not is_last and unicodedata.category(part.rstrip()[-1]) != "Po"
    text = _LONG_WORD.sub(rf"\g<0>{_ZERO_WIDTH_SPACE}", part.strip() if is_heading else part.rstrip())
    return Block(text, is_heading, not text.isascii() and _is_right_to_left(text))


def _is_right_to_left(text: str) -> bool:
    """Return whether the first letter with a direction is right-to-left: Hebrew, Arabic, ... (UAX 9, rule
    P2)."""
    for character in text:
        direction = unicodedata.bidirectional(character)
        if direction in {"R", "AL"}:
            return True
        if direction == "L":
            return False
    return False
