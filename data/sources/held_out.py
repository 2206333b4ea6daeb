"""Divide a source with a single split into train, validation and test, by a hash of the document id."""

import hashlib
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from data.records import Document, Rejected
from data.sources.reader import SourceReader

_HASH_RANGE: Final = 2**64


class HeldOutSplits:
    """A source with one split, divided. The split of a document depends only on its id and the fractions."""

    def __init__(self, source: SourceReader, validation_fraction: float, test_fraction: float) -> None:
        self._source = source
        (self._split,) = source.splits()
        self._rows = {split: array("q") for split in ("train", "validation", "test")}
        for row, identifier in enumerate(source.ids(self._split)):
            self._rows[_split_of(identifier, validation_fraction, test_fraction)].append(row)

    def splits(self) -> Mapping[str, int]:
        return {split: len(rows) for split, rows in self._rows.items() if rows}

    def identity(self) -> Mapping[str, Any]:
        return self._source.identity()

    def ids(self, split: str) -> Iterator[str]:
        return (item.id for item in self.documents(split, range(len(self._rows[split]))))

    def documents(self, split: str, rows: Sequence[int]) -> Iterator[Document | Rejected]:
        source_rows = array("q", (self._rows[split][row] for row in rows))
        return (replace(item, split=split) for item in self._source.documents(self._split, source_rows))


def _split_of(identifier: str, validation_fraction: float, test_fraction: float) -> str:
    position = int.from_bytes(hashlib.sha256(identifier.encode()).digest()[:8], "big") / _HASH_RANGE
    if position < test_fraction:
        return "test"
    return "validation" if position < test_fraction + validation_fraction else "train"
