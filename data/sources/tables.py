"""Read one file as a table of rows. A row is a mapping from column to value, or a sentence with its error."""

import csv
import gzip
import io
import json
import re
import zlib
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain, count, islice
from pathlib import Path
from typing import Any, AnyStr, Final, Protocol, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from data.errors import SourceError, listed

Row = Mapping[str, Any] | str
Item = TypeVar("Item")
NUM_SNIFFED_ROWS: Final = 100
BATCH_ROWS: Final = 256
SUMMARY_SUFFIX: Final = ".summary.txt"
MAX_ROW_BYTES: Final = 64 << 20
"""Longer rows are refused: a row is held in memory, and a compressed file of a few kilobytes may hold one."""
MAX_ARRAY_BYTES: Final = 512 << 20
"""Larger .json files are refused: an array is read into memory as a whole."""
GZIP_SUFFIX: Final = ".gz"
UTF_16_BOMS: Final = (b"\xff\xfe", b"\xfe\xff")
_LONE_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_END_OF_FILE: Final = "\x00end of file\x00"


class Table(Protocol):
    """An opened file."""

    path: Path
    num_rows: int

    @property
    def columns(self) -> Sequence[str]:
        """The names of the columns, from the beginning of the file."""

    def rows(self, wanted: Sequence[int], columns: Sequence[str]) -> Iterator[Row]:
        """Yield the `wanted` rows, in ascending order, with at least the given columns."""


def open_table(path: Path) -> Table:
    """Open a file as its suffix tells.

    Raises:
        SourceError: the suffix is unknown, the file cannot be read or is empty, or two columns have the same
            name.
    """
    kind = TABLES.get(table_suffix(path))
    if kind is None:
        raise SourceError(
            f"{path.name} is not of a kind that can be read.", hint=f"Kinds: {', '.join(TABLES)}."
        )
    with translate_read_errors(path):
        table = kind(path)
    if not table.num_rows:
        raise SourceError(f"{path} is empty: it has no rows.", hint="Choose another file.")
    _check_column_names(table)
    return table


def table_suffix(path: Path) -> str:
    """Return the suffix that tells a file's format, in lower case: .jsonl, or .jsonl.gz."""
    suffixes = path.suffixes[-2:] if path.suffix.lower() == GZIP_SUFFIX else path.suffixes[-1:]
    return "".join(suffixes).lower()


def is_unicode(text: str) -> bool:
    """Return whether UTF-8 can hold a text; bytes that are not UTF-8 were read as lone surrogates."""
    return text.isascii() or not _LONE_SURROGATE.search(text)


@contextmanager
def translate_read_errors(path: Path) -> Iterator[None]:
    """Raise SourceError for the errors of reading a file. The block must only read."""
    try:
        yield
    except (OSError, EOFError, zlib.error, pa.ArrowException, csv.Error, ValueError, OverflowError) as error:
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


def _open_text(path: Path) -> gzip.GzipFile | io.BufferedReader:
    """Open a text file, decompressed."""
    file: gzip.GzipFile | io.BufferedReader = (
        gzip.GzipFile(path) if path.suffix.lower() == GZIP_SUFFIX else path.open("rb")
    )
    if file.read(2) in UTF_16_BOMS:
        file.close()
        raise SourceError(f"{path} is UTF-16.", hint="Save it as UTF-8.")
    file.seek(0)
    return file


def _lines(readline: Callable[[int], AnyStr], path: Path) -> Iterator[AnyStr]:
    for number in count(1):
        line = readline(MAX_ROW_BYTES)
        if len(line) == MAX_ROW_BYTES:
            raise SourceError(
                f"{path} line {number} is longer than {MAX_ROW_BYTES >> 20} MiB.",
                hint="Write one document per line.",
            )
        if not line:
            return
        yield line


class JsonLines:
    """One JSON object per line; blank lines are skipped."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.num_rows = sum(1 for _ in self._lines())
        seen = [self._values(line, number) for number, line in islice(self._lines(), NUM_SNIFFED_ROWS)]
        self.columns = list(
            dict.fromkeys(name for values in seen if not isinstance(values, str) for name in values)
        )
        is_array = isinstance(next(iter(seen), None), str) and next(self._lines())[1].lstrip(
            b"\xef\xbb\xbf \t"
        ).startswith(b"[")
        if is_array or (seen and not self.columns):
            raise SourceError(
                f"{seen[0]}.",
                hint='A .jsonl file holds one object per line: {"document": "...", "summary": "..."}. '
                "Write an array as .json.",
            )

    def rows(self, wanted: Sequence[int], columns: Sequence[str]) -> Iterator[Row]:
        for number, line in select_positions(self._lines(), wanted):
            yield self._values(line, number)

    def _lines(self) -> Iterator[tuple[int, bytes]]:
        with _open_text(self.path) as file:
            yield from (
                (number, line)
                for number, line in enumerate(_lines(file.readline, self.path), 1)
                if not line.isspace()
            )

    def _values(self, line: bytes, number: int) -> Row:
        try:
            values = json.loads(line.removeprefix(b"\xef\xbb\xbf"))
        except (ValueError, RecursionError) as error:
            return f"{self.path.name} line {number} is not JSON: {error}"
        return values if isinstance(values, dict) else f"{self.path.name} line {number} is not a JSON object"


class JsonArray:
    """A file that is one JSON array of objects."""

    def __init__(self, path: Path) -> None:
        self.path = path
        if path.stat().st_size > MAX_ARRAY_BYTES:
            raise SourceError(
                f"{path} is too large for one array.", hint="Write it as .jsonl, one object per line."
            )
        self._items = _read_json(path)
        if not isinstance(self._items, list) or not any(isinstance(item, dict) for item in self._items):
            raise SourceError(
                f"{path} is not an array of objects.",
                hint='It should read [{"document": "...", "summary": "..."}, ...].',
            )
        self.num_rows = len(self._items)
        seen = (item for item in self._items[:NUM_SNIFFED_ROWS] if isinstance(item, dict))
        self.columns = list(dict.fromkeys(name for item in seen for name in item))

    def rows(self, wanted: Sequence[int], columns: Sequence[str]) -> Iterator[Row]:
        for row in wanted:
            item = self._items[row]
            yield item if isinstance(item, dict) else f"{self.path.name} item {row} is not a JSON object"


def _read_json(path: Path) -> Any:
    try:
        with _open_text(path) as file:
            return json.loads(file.read().decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise SourceError(
            f"{path} is not JSON: {error}.", hint="Write one object per line as .jsonl."
        ) from error


class CsvTable:
    """Comma-separated values with a header line."""

    delimiter = ","

    def __init__(self, path: Path) -> None:
        self.path = path
        csv.field_size_limit(MAX_ROW_BYTES)
        with self._open_csv() as file:
            self.columns = next(csv.reader(_lines(file.readline, self.path), delimiter=self.delimiter), [])
        self.num_rows = sum(1 for _ in self._records())

    def rows(self, wanted: Sequence[int], columns: Sequence[str]) -> Iterator[Row]:
        for line, record in select_positions(self._records(), wanted):
            if len(record) != len(self.columns):
                yield (
                    f"{self.path.name} line {line} has {len(record)} fields, "
                    f"the header has {len(self.columns)}"
                )
            elif not all(map(is_unicode, record)):
                yield f"{self.path.name} line {line} is not UTF-8"
            else:
                yield dict(zip(self.columns, record, strict=True))

    def _records(self) -> Iterator[tuple[int, list[str]]]:
        with self._open_csv() as file:
            # After an unclosed quote, all following text is one field, which then includes this last line.
            reader = csv.reader(
                chain(_lines(file.readline, self.path), [_END_OF_FILE]), delimiter=self.delimiter
            )
            next(reader, None)
            line = reader.line_num
            for record in reader:
                if record and record[-1].endswith(_END_OF_FILE):
                    if record != [_END_OF_FILE]:
                        raise SourceError(
                            f"{self.path} line {line + 1}: a quote is opened there and never closed.",
                            hint="Close it, or write the file with a program that doubles quotes within "
                            "fields.",
                        )
                elif record:
                    yield reader.line_num, record
                line = reader.line_num

    def _open_csv(self) -> io.TextIOWrapper:
        return io.TextIOWrapper(
            _open_text(self.path), encoding="utf-8-sig", errors="surrogateescape", newline=""
        )


class TsvTable(CsvTable):
    """Values separated by tabs."""

    delimiter = "\t"


class ParquetTable:
    """A Parquet file; row groups without wanted rows are not read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with pq.ParquetFile(path) as file:
            self.columns = list(file.schema_arrow.names)
            self.num_rows = int(file.metadata.num_rows)

    def rows(self, wanted: Sequence[int], columns: Sequence[str]) -> Iterator[Row]:
        with pq.ParquetFile(self.path) as file:
            for group, rows in select_row_groups(file.metadata, wanted):
                batches = file.iter_batches(BATCH_ROWS, row_groups=[group], columns=list(columns))
                yield from select_positions((row for batch in batches for row in batch.to_pylist()), rows)


class TextFile:
    """A file as one document; its summary is beside it in <stem>.summary.txt."""

    columns = ("text", "summary", "name")
    num_rows = 1

    def __init__(self, path: Path) -> None:
        self.path = path
        self._summary = path.with_name(path.stem + SUMMARY_SUFFIX)
        if not path.stat().st_size:
            raise SourceError(f"{path} is empty.", hint="Choose another file.")
        for file in (path, self._summary):
            if file.is_file() and file.stat().st_size > MAX_ROW_BYTES:
                raise SourceError(
                    f"{file} is longer than {MAX_ROW_BYTES >> 20} MiB.", hint="Write one document per file."
                )

    def rows(self, wanted: Sequence[int], columns: Sequence[str]) -> Iterator[Row]:
        try:
            summary = self._summary.read_text("utf-8-sig") if self._summary.is_file() else None
            yield {"text": self.path.read_text("utf-8-sig"), "summary": summary, "name": self.path.stem}
        except UnicodeDecodeError as error:
            yield f"{self.path.name} is not UTF-8: {error.reason} at byte {error.start}"


TABLES: Final[Mapping[str, Callable[[Path], Table]]] = {
    ".jsonl": JsonLines,
    ".json": JsonArray,
    ".csv": CsvTable,
    ".tsv": TsvTable,
    ".parquet": ParquetTable,
    ".txt": TextFile,
    ".jsonl.gz": JsonLines,
    ".csv.gz": CsvTable,
    ".tsv.gz": TsvTable,
}


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
