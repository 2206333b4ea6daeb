"""The interfaces of sources. Rows are counted from 0 within a split; each row gives a Document, or a Rejected
with the reason."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from data.records import Document, Rejected
from data.sources.rows import Row


class SourceReader(Protocol):
    """An opened source."""

    def splits(self) -> Mapping[str, int]:
        """Return the number of rows of each split."""

    def identity(self) -> Mapping[str, Any]:
        """Return JSON values that identify the content (file hashes, a commit), for the manifest."""

    def ids(self, split: str) -> Iterator[str]:
        """Yield the document id of each row, in order; without reading the documents if possible."""

    def documents(self, split: str, rows: Sequence[int]) -> Iterator[Document | Rejected]:
        """Yield one item for each of the given rows, which are in ascending order."""


class StoredReader(SourceReader, Protocol):
    """A source with columns: files or a Hub dataset."""

    def split_names(self) -> list[str]:
        """Return the names of the splits, without counting their rows."""

    def notes(self) -> list[str]:
        """Return, in sentences, what was decided about the source that its names alone do not tell."""

    def config_names(self) -> list[str]:
        """Return the names of the source's configurations (subsets); empty if it has none."""

    def head(self, split: str, num_rows: int) -> tuple[list[str], list[Row]]:
        """Return the columns and first rows of a split; an unreadable row is its fault."""


def row_id(split: str, row: int) -> str:
    """Return the id of a document that has no id in its source."""
    return f"{split}-{row}"
