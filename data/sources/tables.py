"""Read one file as a table of rows. A row is a mapping from column to value, or the fault of the row."""

import csv
import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Protocol

import pyarrow as pa

from data.config import FilesSource
from data.errors import SourceError, cause, listed
from data.sources.compressed import DECOMPRESSION_ERRORS, DECOMPRESSORS, MAX_ROW_BYTES
from data.sources.delimited import DelimitedFile
from data.sources.dialect import Dialect, Record
from data.sources.json_tables import JsonArray, JsonLines
from data.sources.parquet_tables import ParquetTable, select_positions
from data.sources.rows import Row, RowFault

SUMMARY_SUFFIX: Final = ".summary.txt"
READ_ERRORS: Final = (
    OSError,
    zlib.error,
    pa.ArrowException,
    csv.Error,
    ValueError,
    OverflowError,
    *DECOMPRESSION_ERRORS,
)
_NOT_UTF8: Final = "is not UTF-8; source.encoding reads other encodings"
_LONE_SURROGATE: Final = re.compile("[\ud800-\udfff]")


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
            f"{path} cannot be read: {cause(error)}.",
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
        if isinstance(record, RowFault):
            return record
        place = f"{self.path.name} line {line}"
        if len(record) != len(self.columns):
            counts = f"{len(record)} fields, the header has {len(self.columns)}"
            return RowFault(f"{place} has {counts}", "the line has more or fewer fields than the header")
        if list(record) == self.columns:  # as in files that were joined
            return RowFault(f"{place} repeats the header", "the line repeats the header")
        if not all(map(is_unicode, record)):
            return RowFault(f"{place} {_NOT_UTF8}", f"the line {_NOT_UTF8}")
        return dict(zip(self.columns, record, strict=True))


class TsvTable(CsvTable):
    """Text delimited by tabs."""

    delimiter = "\t"


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
            place = f"{error.reason} at byte {error.start}"
            yield RowFault(f"{self.path.name} is not UTF-8: {place}", "the file is not UTF-8")


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
