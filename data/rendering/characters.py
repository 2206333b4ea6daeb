"""Characters of a text: which of them can be drawn, and which leave ink."""

import re
import unicodedata
from typing import Final

_UNDRAWABLE: Final = re.compile(
    "\r\n?|[0-9#*]\ufe0f?\u20e3|[\x00-\x08\x0b-\x1f\x7f-\xa0\xad\u2028\u2029\ufeff\ud800-\udfff]"
)
_NEWLINES: Final = frozenset("\v\f\r\x1c\x1d\x1e\x85\u2028\u2029")
_INKLESS_CATEGORIES: Final = frozenset({"Cc", "Cf", "Cn", "Cs", "Zs", "Zl", "Zp", "Mn", "Me"})
_INKLESS_CHARACTERS: Final = frozenset("\u115f\u1160\u2800\u3164\uffa0\U0001d159")
"""Hangul fillers, the empty Braille pattern and the null notehead: letters and symbols without ink."""


def drawable(text: str) -> str:
    """Return `text` with `\n` as its only newline and without characters that cannot be drawn.

    A no-break space becomes a space, a lone surrogate U+FFFD and a keycap its digit, since the keycap covers
    it; control characters, soft hyphens and byte order marks are dropped. Tabs stay.
    """
    return _UNDRAWABLE.sub(_replacement, text)


def is_visible(text: str) -> bool:
    """Say whether a text has a character that leaves ink: no blank, control or format character, and none
    that only marks another one."""
    first = text[:1]
    if first.isalnum() and first not in _INKLESS_CHARACTERS:  # as nearly every text does
        return True
    return any(
        unicodedata.category(character) not in _INKLESS_CATEGORIES and character not in _INKLESS_CHARACTERS
        for character in text
    )


def _replacement(match: re.Match[str]) -> str:
    character = match[0][0]
    if character in _NEWLINES:
        return "\n"
    if character == "\xa0":
        return " "
    if len(match[0]) > 1:  # a keycap
        return character
    return "\ufffd" if "\ud800" <= character <= "\udfff" else ""
