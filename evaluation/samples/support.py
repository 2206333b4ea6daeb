"""Numbers and names of a summary that its document does not hold.

A hint for a reader, no measure of truth: what is written in other words is not seen, and a name that the
document spells otherwise is listed.
"""

import re
from collections.abc import Iterator
from typing import Final

from evaluation.words import sentences

_TOKEN: Final = re.compile(r"\d+(?:[.,:]\d+)*|[^\W\d_]+(?:['\u2019-][^\W\d_]+)*")
_POSSESSIVE: Final = re.compile(r"['\u2019]s$")


def unsupported_words(summary: str, document: str) -> tuple[str, ...]:
    """Return the numbers, and the capitalised words within sentences, that the document does not hold, each
    once, in order. Empty for a document without text."""
    if not document.strip():
        return ()
    known = {key for token in _TOKEN.findall(document) for key in _keys(token)}
    found = dict.fromkeys(
        token for token in _numbers_and_names(summary) if not known.intersection(_keys(token))
    )
    return tuple(found)


def _numbers_and_names(text: str) -> Iterator[str]:
    """Yield numbers, and words with a capital letter. The first word of a sentence has one in any case."""
    for sentence in sentences(text):
        for index, token in enumerate(_TOKEN.findall(sentence)):
            is_name = index > 0 and token[0].isupper() and len(token) > 1
            if token[0].isdigit() or is_name:
                yield token


def _keys(token: str) -> Iterator[str]:
    """Yield the spellings by which a token is found: 1,000 is 1000; the parts of a word with a hyphen."""
    if token[0].isdigit():
        yield token.replace(",", "")
        return
    word = _POSSESSIVE.sub("", token).casefold()
    yield word
    yield from word.split("-") if "-" in word else ()
