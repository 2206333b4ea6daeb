"""One file as a table of rows: .jsonl, .csv, .parquet, .txt. A row is its values by column, or a sentence on what is wrong with it."""

import csv
import json
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from data.errors import SourceError

Row = Mapping[str, Any] | str
Item = TypeVar("Item")
LINES_LOOKED_AT: Final = 100
BATCH_ROWS: Final = 256
SUMMARY_SUFFIX: Final = ".summary.txt"
MAX_FIELD_CHARACTERS: Final = 2**31 - 1


class Table(Protocol):
    """A file that was opened once and looked readable."""

    path: Path
    num_rows: int

    @property
    def columns(self) -> Sequence[str]:
        """The names of the columns, as far as the file's beginning tells."""

    def rows(self, wanted: Sequence[int], columns: Sequence[str]) -> Iterator[Row]:
        """Yield the wanted rows, which ascend, with at least the given columns."""


def open_table(path: Path) -> Table:
    """Open a file by its suffix.

    Raises:
        SourceError: the suffix is unknown, or the file cannot be read or is empty.
    """
    kind = TABLES.get(path.suffix.lower())
    if kind is None:
        raise SourceError(f"{path.name} is not of a kind that can be read.", hint=f"Kinds: {', '.join(TABLES)}.")
    try:
        table = kind(path)
    except (OSError, pa.ArrowException, UnicodeDecodeError, csv.Error) as error:
        raise SourceError(
            f"{path} cannot be read: {error}.", hint="Check that the file exists, is readable and is what its suffix says."
        ) from error
    if not table.num_rows:
        raise SourceError(f"{path} is empty: it has no rows.", hint="Choose another file.")
    return table


class JsonLines:
    """One JSON object a line; blank lines are no rows."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.num_rows = sum(1 for _ in self._lines())
        seen = (self._values(line, number) for number, line in islice(self._lines(), LINES_LOOKED_AT))
        self.columns = list(dict.fromkeys(name for values in seen if not isinstance(values, str) for name in values))

    def rows(self, wanted: Sequence[int], columns: Sequence[str]) -> Iterator[Row]:
        for number, line in chosen(self._lines(), wanted):
            yield self._values(line, number)

    def _lines(self) -> Iterator[tuple[int, bytes]]:
        with self.path.open("rb") as file:
            yield from ((number, line) for number, line in enumerate(file, 1) if not line.isspace())

    def _values(self, line: bytes, number: int) -> Row:
        try:
            values = json.loads(line.removeprefix(b"\xef\xbb\xbf"))
        except (ValueError, RecursionError) as error:
            return f"{self.path.name} line {number} is not JSON: {error}"
        return values if isinstance(values, dict) else f"{self.path.name} line {number} is not a JSON object"


class Csv:
    """Comma-separated values with a header line."""

    def __init__(self, path: Path) -> None:
        self.path = path
        csv.field_size_limit(MAX_FIELD_CHARACTERS)
        with self.path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
            self.columns = next(csv.reader(file), [])
        self.num_rows = sum(1 for _ in self._records())

    def rows(self, wanted: Sequence[int], columns: Sequence[str]) -> Iterator[Row]:
        for line, record in chosen(self._records(), wanted):
            if len(record) != len(self.columns):
                yield f"{self.path.name} line {line} has {len(record)} fields, the header has {len(self.columns)}"
            elif any("\udc80" <= character <= "\udcff" for text in record if not text.isascii() for character in text):
                yield f"{self.path.name} line {line} is not UTF-8"
            else:
                yield dict(zip(self.columns, record, strict=True))

    def _records(self) -> Iterator[tuple[int, list[str]]]:
        with self.path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
            reader = csv.reader(file)
            next(reader, None)
            for record in reader:
                if record:
                    yield reader.line_num, record


class ParquetTable:
    """A Parquet file; row groups without a wanted row are not read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with pq.ParquetFile(path) as file:
            self.columns = list(file.schema_arrow.names)
            self.num_rows = int(file.metadata.num_rows)

    def rows(self, wanted: Sequence[int], columns: Sequence[str]) -> Iterator[Row]:
        try:
            with pq.ParquetFile(self.path) as file:
                for group, rows in wanted_groups(file.metadata, wanted):
                    batches = file.iter_batches(BATCH_ROWS, row_groups=[group], columns=list(columns))
                    yield from chosen((row for batch in batches for row in batch.to_pylist()), rows)
        except (OSError, pa.ArrowException) as error:
            raise SourceError(f"{self.path} cannot be read: {error}.", hint="The file is damaged; fetch or write it again.") from error


class TextFile:
    """A whole file as one document; its summary lies beside it as <stem>.summary.txt."""

    columns = ("text", "summary", "name")
    num_rows = 1

    def __init__(self, path: Path) -> None:
        self.path = path
        if not path.stat().st_size:
            raise SourceError(f"{path} is empty.", hint="Choose another file.")

    def rows(self, wanted: Sequence[int], columns: Sequence[str]) -> Iterator[Row]:
        beside = self.path.with_name(self.path.stem + SUMMARY_SUFFIX)
        try:
            summary = beside.read_text("utf-8-sig") if beside.exists() else None
            yield {"text": self.path.read_text("utf-8-sig"), "summary": summary, "name": self.path.stem}
        except UnicodeDecodeError as error:
            yield f"{self.path.name} is not UTF-8: {error.reason} at byte {error.start}"


TABLES: Final[Mapping[str, type[JsonLines] | type[Csv] | type[ParquetTable] | type[TextFile]]] = {
    ".jsonl": JsonLines,
    ".csv": Csv,
    ".parquet": ParquetTable,
    ".txt": TextFile,
}


def wanted_groups(metadata: Any, wanted: Sequence[int]) -> Iterator[tuple[int, Sequence[int]]]:
    """Yield the row groups of a Parquet file that hold wanted rows, which ascend, each with these rows counted from its first."""
    first = position = 0
    for group in range(metadata.num_row_groups):
        end = first + metadata.row_group(group).num_rows
        stop = bisect_left(wanted, end, position)
        if stop > position:
            yield group, [row - first for row in wanted[position:stop]]
        first, position = end, stop


def chosen(items: Iterator[Item], wanted: Sequence[int]) -> Iterator[Item]:
    """Yield the items at the wanted positions, which ascend."""
    position = 0
    for row in wanted:
        item = next(islice(items, row - position, None), None)
        if item is None:
            return
        yield item
        position = row + 1
