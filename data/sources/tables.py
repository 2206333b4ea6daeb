"""Read one file as a table of rows. A row is a mapping from column to value, or a sentence with its error."""

import csv
import json
import re
import zlib
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from data.config import FilesSource
from data.errors import SourceError, listed
from data.sources.compressed import (
    DECOMPRESSION_ERRORS,
    DECOMPRESSORS,
    MAX_ROW_BYTES,
    bounded_lines,
    open_bytes,
    require_parquet,
)
from data.sources.delimited import DelimitedFile
from data.sources.dialect import Dialect, Record
from data.sources.encodings import require_utf8

Row = Mapping[str, Any] | str
Item = TypeVar("Item")
NUM_SNIFFED_ROWS: Final = 100
BATCH_ROWS: Final = 256
SUMMARY_SUFFIX: Final = ".summary.txt"
MAX_ARRAY_BYTES: Final = 512 << 20
"""Larger .json files are refused: an array is read into memory as a whole."""
READ_ERRORS: Final = (
    OSError,
    zlib.error,
    pa.ArrowException,
    csv.Error,
    ValueError,
    OverflowError,
    *DECOMPRESSION_ERRORS,
)
_LONE_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


class Table(Protocol):
    """An opened file."""

    path: Path
    num_rows: int
    note: str
    """How the file is read, where that is not plain from its suffix; else empty."""

    @property
    def columns(self) -> Sequence[str]:
        """The names of the columns, from the beginning of the file."""

    def has_column(self, name: str) -> bool:
        """Say whether some row of the file has the column."""

    def rows(self, wanted: Sequence[int], columns: Sequence[str]) -> Iterator[Row]:
        """Yield the `wanted` rows, in ascending order, with at least the given columns."""


def open_table(path: Path, options: FilesSource | None = None) -> Table:
    """Open a file as its suffix tells.

    Args:
        options: how delimited text is to be read, where the user has decided that.

    Raises:
        SourceError: the suffix is unknown or wrong, the file cannot be read, it can be read in two ways, or
            two columns have the same name.
    """
    kind = TABLES.get(format_suffix(path))
    if kind is None or (packed_suffix(path) and kind not in PACKABLE):
        raise SourceError(f"{path.name} is not of a kind that can be read.", hint=f"Kinds: {KINDS}.")
    with translate_read_errors(path):
        table = kind(path, options)
    _check_column_names(table)
    return table


def is_table(path: Path) -> bool:
    """Say whether a file's suffix is one that `open_table` reads."""
    kind = TABLES.get(format_suffix(path))
    return kind is not None and (not packed_suffix(path) or kind in PACKABLE)


def packed_suffix(path: Path) -> str:
    """Return .gz, .bz2, .xz or .zst, in lower case; empty for a file that is not compressed."""
    suffix = path.suffix.lower()
    return suffix if suffix in DECOMPRESSORS else ""


def format_suffix(path: Path) -> str:
    """Return the suffix that tells a file's format, in lower case: .jsonl, also of rows.jsonl.gz."""
    return (Path(path.stem) if packed_suffix(path) else path).suffix.lower()


def is_unicode(text: str) -> bool:
    """Return whether UTF-8 can hold a text; bytes that are not UTF-8 were read as lone surrogates."""
    return text.isascii() or not _LONE_SURROGATE.search(text)


@contextmanager
def translate_read_errors(path: Path) -> Iterator[None]:
    """Raise SourceError for the errors of reading a file. The block must only read."""
    try:
        yield
    except READ_ERRORS as error:
        raise SourceError(
            f"{path} cannot be read: {error}.",
            hint="Check that the file exists, is readable and complete, and has the format of its suffix.",
        ) from error


def _check_column_names(table: Table) -> None:
    if not all(map(is_unicode, table.columns)):
        raise SourceError(
            f"The names of the columns of {table.path} are not UTF-8.", hint="Save the file as UTF-8."
        )
    repeated = [
        name for name, uses in Counter(table.columns).items() if uses > 1 and name
    ]  # spreadsheets end rows with empty fields
    if repeated:
        names = listed(list(map(repr, repeated)))
        raise SourceError(
            f"{table.path} has more than one column named {names}.", hint="Give each column another name."
        )


class JsonLines:
    """One JSON object per line; blank lines are skipped. Rows need not have the same keys."""

    note = ""

    def __init__(self, path: Path, options: FilesSource | None = None) -> None:
        self.path = path
        with open_bytes(path) as file:
            require_utf8(path, file)
        self.num_rows = sum(1 for _ in self._lines())
        seen = [self._values(line, number) for number, line in islice(self._lines(), NUM_SNIFFED_ROWS)]
        self.columns = list(dict.fromkeys(name for row in seen if not isinstance(row, str) for name in row))
        if seen and (not self.columns or self._begins_an_array()):
            raise SourceError(
                f"{seen[0] if isinstance(seen[0], str) else f'{path.name} holds objects without keys'}.",
                hint='A .jsonl file holds one object per line: {"document": "...", "summary": "..."}. '
                "Write an array as .json.",
            )

    def has_column(self, name: str) -> bool:
        if name in self.columns:
            return True
        key = json.dumps(name, ensure_ascii=False).encode("utf-8", "surrogatepass")
        escaped = json.dumps(name).encode()
        rows = (self._values(line, 0) for _, line in self._lines() if key in line or escaped in line)
        return any(not isinstance(row, str) and name in row for row in rows)

    def rows(self, wanted: Sequence[int], columns: Sequence[str]) -> Iterator[Row]:
        for number, line in select_positions(self._lines(), wanted):
            yield self._values(line, number)

    def _begins_an_array(self) -> bool:
        _, first = next(self._lines())
        return first.lstrip(_BYTE_ORDER_MARK + b" \t").startswith(b"[")

    def _lines(self) -> Iterator[tuple[int, bytes]]:
        with open_bytes(self.path) as file:
            lines = enumerate(bounded_lines(file.readline, self.path), 1)
            yield from ((number, line) for number, line in lines if not line.isspace())

    def _values(self, line: bytes, number: int) -> Row:
        try:
            values = json.loads(line.removeprefix(_BYTE_ORDER_MARK))
        except (ValueError, RecursionError) as error:
            return f"{self.path.name} line {number} is not JSON: {error}"
        return values if isinstance(values, dict) else f"{self.path.name} line {number} is not a JSON object"


class JsonArray:
    """A file that is one JSON array of objects."""

    note = ""

    def __init__(self, path: Path, options: FilesSource | None = None) -> None:
        self.path = path
        self._items = self._read()
        self.num_rows = len(self._items)
        objects = (item for item in self._items if isinstance(item, dict))
        self.columns = list(dict.fromkeys(name for item in objects for name in item))

    def has_column(self, name: str) -> bool:
        return name in self.columns

    def rows(self, wanted: Sequence[int], columns: Sequence[str]) -> Iterator[Row]:
        for row in wanted:
            item = self._items[row]
            yield item if isinstance(item, dict) else f"{self.path.name} item {row} is not a JSON object"

    def _read(self) -> list[Any]:
        with open_bytes(self.path) as file:
            require_utf8(self.path, file)
            file.seek(0)
            text = file.read(MAX_ARRAY_BYTES + 1)
        if len(text) > MAX_ARRAY_BYTES:
            raise SourceError(
                f"{self.path} is too large for one array.", hint="Write it as .jsonl, one object per line."
            )
        try:
            items = json.loads(text.decode("utf-8-sig"))
        except (ValueError, RecursionError) as error:
            raise SourceError(
                f"{self.path} is not JSON: {error}.", hint="Write one object per line as .jsonl."
            ) from error
        if not isinstance(items, list) or (items and not any(isinstance(item, dict) for item in items)):
            raise SourceError(
                f"{self.path} is not an array of objects.",
                hint='It should read [{"document": "...", "summary": "..."}, ...].',
            )
        return items


class CsvTable:
    """Delimited text with a header line."""

    delimiter = ","

    def __init__(self, path: Path, options: FilesSource | None = None) -> None:
        self.path = path
        self._file = DelimitedFile(path, options, self.delimiter)
        self.columns = self._file.columns
        self.num_rows = self._file.num_rows
        is_as_named = self._file.dialect == Dialect(delimiter=self.delimiter)
        self.note = "" if is_as_named else f"{path.name} is read with {self._file.dialect}."

    def has_column(self, name: str) -> bool:
        return name in self.columns

    def rows(self, wanted: Sequence[int], columns: Sequence[str]) -> Iterator[Row]:
        for line, record in select_positions(self._file.records(), wanted):
            yield self._values(line, record)

    def _values(self, line: int, record: Record) -> Row:
        if isinstance(record, str):
            return record
        if len(record) != len(self.columns):
            return (
                f"{self.path.name} line {line} has {len(record)} fields, the header has {len(self.columns)}"
            )
        if not all(map(is_unicode, record)):
            return f"{self.path.name} line {line} is not UTF-8"
        return dict(zip(self.columns, record, strict=True))


class TsvTable(CsvTable):
    """Text delimited by tabs."""

    delimiter = "\t"


class ParquetTable:
    """A Parquet file; row groups without a wanted row are not read."""

    note = ""

    def __init__(self, path: Path, options: FilesSource | None = None) -> None:
        self.path = path
        require_parquet(path)
        with pq.ParquetFile(path) as file:
            self.columns = list(file.schema_arrow.names)
            self.num_rows = int(file.metadata.num_rows)

    def has_column(self, name: str) -> bool:
        return name in self.columns

    def rows(self, wanted: Sequence[int], columns: Sequence[str]) -> Iterator[Row]:
        with pq.ParquetFile(self.path) as file:
            for group, rows in select_row_groups(file.metadata, wanted):
                batches = file.iter_batches(BATCH_ROWS, row_groups=[group], columns=list(columns))
                yield from select_positions((row for batch in batches for row in rows_of(batch)), rows)


class TextFile:
    """A file that is one document; the summary stands beside it in <stem>.summary.txt."""

    columns = ("text", "summary", "name")
    note = ""

    def __init__(self, path: Path, options: FilesSource | None = None) -> None:
        self.path = path
        self._summary = path.with_name(path.stem + SUMMARY_SUFFIX)
        self.num_rows = 1 if path.stat().st_size else 0
        for file in (path, self._summary):
            if file.is_file() and file.stat().st_size > MAX_ROW_BYTES:
                raise SourceError(
                    f"{file} is longer than {MAX_ROW_BYTES >> 20} MiB.", hint="Write one document per file."
                )

    def has_column(self, name: str) -> bool:
        return name in self.columns

    def rows(self, wanted: Sequence[int], columns: Sequence[str]) -> Iterator[Row]:
        try:
            summary = self._summary.read_text("utf-8-sig") if self._summary.is_file() else None
            yield {"text": self.path.read_text("utf-8-sig"), "summary": summary, "name": self.path.stem}
        except UnicodeDecodeError as error:
            yield f"{self.path.name} is not UTF-8: {error.reason} at byte {error.start}"


TABLES: Final[Mapping[str, Callable[[Path, FilesSource | None], Table]]] = {
    ".jsonl": JsonLines,
    ".ndjson": JsonLines,
    ".json": JsonArray,
    ".csv": CsvTable,
    ".tsv": TsvTable,
    ".parquet": ParquetTable,
    ".txt": TextFile,
}
PACKABLE: Final = (JsonLines, JsonArray, CsvTable, TsvTable)
"""What may be compressed as a whole."""
KINDS: Final = f"{', '.join(TABLES)}; text formats also as {', '.join(DECOMPRESSORS)}"


def rows_of(batch: pa.RecordBatch) -> Iterator[dict[str, Any]]:
    """Yield the rows of a batch. A column of JSON texts (Arrow's type `arrow.json`) gives the values that
    they encode; it holds text beside other values where a source mixes them."""
    encoded = [field.name for field in batch.schema if is_json(field.type)]
    for row in batch.to_pylist():
        yield row if not encoded else {**row, **{name: decode_json(row[name]) for name in encoded}}


def is_json(kind: pa.DataType) -> bool:
    """Say whether an Arrow type is that of texts that encode JSON values."""
    return isinstance(kind, pa.BaseExtensionType) and kind.extension_name == "arrow.json"


def decode_json(text: Any) -> Any:
    """Return the value that a text encodes; the text itself, where it encodes none."""
    try:
        return text if text is None else json.loads(text)
    except (ValueError, TypeError, RecursionError):
        return text


def select_row_groups(metadata: Any, wanted: Sequence[int]) -> Iterator[tuple[int, Sequence[int]]]:
    """Yield each row group of a Parquet file that has wanted rows, with the positions of these rows in the
    group. `wanted` is in ascending order."""
    first = position = 0
    for group in range(metadata.num_row_groups):
        end = first + metadata.row_group(group).num_rows
        stop = bisect_left(wanted, end, position)
        if stop > position:
            yield group, [row - first for row in wanted[position:stop]]
        first, position = end, stop


def select_positions(items: Iterator[Item], wanted: Sequence[int]) -> Iterator[Item]:
    """Yield the items at the `wanted` positions, which are in ascending order."""
    position = 0
    for row in wanted:
        item = next(islice(items, row - position, None), None)
        if item is None:
            return
        yield item
        position = row + 1
