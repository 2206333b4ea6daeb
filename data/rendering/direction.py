"""The base direction of each line, by rules P2 and P3 of the Unicode Bidirectional Algorithm (UAX 9)."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from data.rendering.tabs import Cell

_RIGHT_TO_LEFT: Final = re.compile(
    "[\u0590-\u08ff\u200f\u202b\u202e\u2067\ufb1d-\ufdff\ufe70-\ufefc"
    "\U00010800-\U00010fff\U0001e800-\U0001efff]"
)
_RIGHT_TO_LEFT_ISOLATE: Final = "\u2067"
_FIRST_STRONG_ISOLATE: Final = "\u2068"
_END_OF_ISOLATE: Final = "\u2069"
_ISOLATES: Final = frozenset("\u2066\u2067\u2068")
_ISOLATING: Final = re.compile("[\u2066-\u2069]")
_MARKS: Final = {"L": "\u200e", "R": "\u200f", "AL": "\u061c"}
"""Direction -> invisible character of this direction."""


def has_right_to_left(text: str) -> bool:
    """Return whether any character of `text` runs from right to left, or makes others do so."""
    return not text.isascii() and _RIGHT_TO_LEFT.search(text) is not None


def is_right_to_left(text: str, *, default: bool = False) -> bool:
    """Return whether the first letter with a direction, outside isolates, is right-to-left: Hebrew, Arabic,
    ...; `default` for a text without such a letter."""
    depth = 0
    for character in text:
        if character in _ISOLATES:
            depth += 1
        elif character == _END_OF_ISOLATE:
            depth = max(0, depth - 1)
        elif not depth and (direction := unicodedata.bidirectional(character)) in _MARKS:
            return direction != "L"
    return default


def right_to_left(cells: Sequence[Cell]) -> list[Cell]:
    """Put the cells of a line into a right-to-left isolate: skia-python cannot set a paragraph's
    direction."""
    inner = [replace(cell, text=_balanced(cell.text)) for cell in cells]
    return [Cell(_RIGHT_TO_LEFT_ISOLATE, 0), *inner, Cell(_END_OF_ISOLATE, 0)]


def isolated(cells: Sequence[Cell]) -> list[Cell]:
    """Put each cell into an isolate of its own direction, since a tab separates directions."""
    return [
        replace(cell, text=f"{_FIRST_STRONG_ISOLATE}{_balanced(cell.text)}{_END_OF_ISOLATE}")
        for cell in cells
    ]


def direction_mark(text: str) -> str:
    """Return an invisible character with the direction of the last letter of `text`: what follows the text is
    ordered as if the text stood before it."""
    directions = map(unicodedata.bidirectional, reversed(text))
    return next((_MARKS[direction] for direction in directions if direction in _MARKS), "")


def _balanced(text: str) -> str:
    """Drop the ends of isolates that have no beginning, which UAX 9 ignores but which would end ours, and
    close those that have no end."""
    if not _ISOLATING.search(text):
        return text
    depth, kept = 0, []
    for character in text:
        if character in _ISOLATES:
            depth += 1
        elif character == _END_OF_ISOLATE:
            if not depth:
                continue
            depth -= 1
        kept.append(character)
    return "".join(kept) + _END_OF_ISOLATE * depth
