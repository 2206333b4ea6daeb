"""What every source can do. Rows are counted from 0 within a split; a row is a document or the reason why it
is none."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from data.records import Document, Rejected


class SourceReader(Protocol):
    """A source that was opened and looks readable."""

    def splits(self) -> Mapping[str, int]:
        """Return the number of rows of each split."""

    def identity(self) -> Mapping[str, Any]:
        """Return, as JSON values, what pins the content: file hashes, a commit. It is kept in the
        manifest."""

    def ids(self, split: str) -> Iterator[str]:
        """Yield the document id of each row, in order; cheaper than reading the documents where that is
        possible."""

    def documents(self, split: str, rows: Sequence[int]) -> Iterator[Document | Rejected]:
        """Yield one item for each of the given rows, which ascend. Only what lies between them need be
        read."""


class StoredReader(SourceReader, Protocol):
    """A source with columns of its own."""

    def split_names(self) -> list[str]:
        """Return the names of the splits, without counting their rows."""

    def config_names(self) -> list[str]:
        """Return the names of the configurations (subsets) that it could be opened with; none where there are
        no such."""

    def head(self, split: str, num_rows: int) -> tuple[list[str], list[Mapping[str, Any] | str]]:
        """Return the columns and the first rows of a split; a row that cannot be read is a sentence that says
        why."""


def row_id(split: str, row: int) -> str:
    """Return the id of a document whose source gives it none."""
    return f"{split}-{row}"
