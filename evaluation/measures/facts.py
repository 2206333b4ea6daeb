"""The facts of a text: its numbers and names, and those that another text does not hold.

A hint for a reader, no measure of truth: what is written in other words is not seen, and a name that the
document spells otherwise is listed. In a script without capital letters only numbers are found; in German
each noun counts as a name.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from evaluation.words import sentences

_TOKEN: Final = re.compile(r"\d+(?:[.,:]\d+)*|[^\W\d_]+(?:['\u2019-][^\W\d_]+)*")
_POSSESSIVE: Final = re.compile(r"['\u2019]s$")


class FactIndex:
    """A text in which facts are looked up."""

    def __init__(self, text: str) -> None:
        self._places: Mapping[str, int] = _first_places(text)

    def place(self, fact: str) -> int | None:
        """Return the first character of a fact's first occurrence, from 0; None: the text does not hold
        it."""
        found = [place for key in _keys(fact) if (place := self._places.get(key)) is not None]
        return min(found, default=None)

    def lacking(self, facts: tuple[str, ...]) -> tuple[str, ...]:
        """Return those of the facts that the text does not hold, in order."""
        return tuple(fact for fact in facts if self.place(fact) is None)


def find_facts(text: str) -> tuple[str, ...]:
    """Return the numbers, and the capitalised words within sentences, each once, in order. The first word of
    a sentence has a capital letter in any case, so it is none."""
    found = (
        token
        for sentence in sentences(text)
        for index, token in enumerate(_TOKEN.findall(sentence))
        if token[0].isdigit() or (index > 0 and token[0].isupper() and len(token) > 1)
    )
    return tuple(dict.fromkeys(found))


def unsupported_facts(summary: str, document: str) -> tuple[str, ...]:
    """Return the facts of a summary that its document does not hold; none for a document without text."""
    return FactIndex(document).lacking(find_facts(summary)) if document.strip() else ()


def _first_places(text: str) -> dict[str, int]:
    places: dict[str, int] = {}
    for found in _TOKEN.finditer(text):
        token = found.group()
        # Most words of a text are plain: they have one key.
        for key in (token.casefold(),) if token.isalpha() else _keys(token):
            places.setdefault(key, found.start())
    return places


def _keys(token: str) -> Iterator[str]:
    """Yield the spellings by which a token is found: 1,000 is 1000; the parts of a word with a hyphen."""
    if token[0].isdigit():
        yield token.replace(",", "")
        return
    word = _POSSESSIVE.sub("", token).casefold()
    yield word
    yield from word.split("-") if "-" in word else ()
