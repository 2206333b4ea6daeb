"""Delimited text (CSV, TSV and their like). How a file separates, quotes and escapes its fields is decided by
looking at it. Each decision can be overruled, and a file that can be read in two ways is refused.

A sniffer of a library (DuckDB's decided alike on all files of the tests) names one dialect where two fit; the
wrong one merges or cuts rows without a word. So every dialect is tried here, and its faults are counted.
"""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, cast

from data.config import FilesSource
from data.errors import SourceError
from data.sources.compressed import MAX_ROW_BYTES, bounded_lines, open_bytes
from data.sources.dialect import DELIMITERS, Dialect, Escape, Record, RereadableLines, read_records
from data.sources.encodings import find_encoding, find_line_end
from data.sources.rows import RowFault

SAMPLE_CHARACTERS: Final = 1 << 20
MAX_NAME_CHARACTERS: Final = 200
"""A longer cell of the first line is a text, not the name of a column."""
_CUT: Final = RowFault("the record is not complete", "the record is not complete")
_EXCEL_SEPARATOR: Final = re.compile(r"sep=(.)\s*")


@dataclass(frozen=True, slots=True)
class _Sample:
    """Lines from the beginning of a file."""

    lines: Sequence[str]
    is_whole: bool
    """They are all that the file holds."""


@dataclass(frozen=True, slots=True)
class _Trial:
    """What a dialect makes of the beginning of a file."""

    dialect: Dialect
    num_columns: int
    records: Sequence[Record]

    @property
    def num_faults(self) -> int:
        return sum(isinstance(record, RowFault) or len(record) != self.num_columns for record in self.records)

    @property
    def is_tabbed(self) -> bool:
        """Say whether quotes may be literal: programs that write tabs seldom quote, others always do."""
        return self.dialect.delimiter == "\t"

    @property
    def is_clean(self) -> bool:
        return self.num_columns > 1 and bool(self.records) and not self.num_faults


class DelimitedFile:
    """A file of delimited text with a header line. Raises as `open_table`."""

    def __init__(self, path: Path, options: FilesSource | None = None, delimiter: str = ",") -> None:
        """Decide the dialect by the file's beginning, and check it by the whole file.

        Args:
            options: decisions of the user.
            delimiter: the one that the file's suffix promises.
        """
        self.path = path
        csv.field_size_limit(MAX_ROW_BYTES - 1)
        self._encoding = find_encoding(path, options)
        self._line_end = find_line_end(path, self._encoding)
        self._is_quote_given = options is not None and options.quote is not None
        self.dialect = self._decide(options, delimiter)
        self.columns = self._header()
        self.num_rows = self._count()

    def records(self) -> Iterator[tuple[int, Record]]:
        """Yield the records below the header, each with the number of its first line."""
        records = self._all_records(self.dialect)
        next(records, None)
        return records

    def _decide(self, options: FilesSource | None, promised: str) -> Dialect:
        sample, separator = self._sample()
        header = sample.lines[0] if sample.lines else ""
        fixed = (options and options.delimiter) or separator
        found = [name for name in DELIMITERS if name in header and name != promised]
        delimiters = [fixed] if fixed else [promised, *found]
        trials = [
            _try(dialect, sample)
            for delimiter in delimiters
            for dialect in self._candidates(delimiter, options, sample.lines)
        ]
        is_literal = options is not None and options.quote == "none"
        usable = [trial for trial in trials if trial.dialect.quote or trial.is_tabbed or is_literal]
        if any(trial.is_clean for trial in usable):
            return self._choose([trial for trial in trials if trial.is_clean])
        return min(usable, key=lambda trial: (trial.num_columns < 2, trial.num_faults)).dialect

    def _candidates(
        self, delimiter: str, options: FilesSource | None, lines: Sequence[str]
    ) -> Iterator[Dialect]:
        """Yield the dialects that can make a difference for these lines, the usual ones first."""
        quote, escape = (options.quote, options.escape) if options else (None, None)
        plain = Dialect(delimiter=delimiter, encoding=self._encoding)
        if quote == "none":
            yield replace(plain, quote=None)
            return
        mark = quote or '"'
        escapes = (
            [escape] if escape else ["double"] + ["backslash"] * any("\\" + mark in line for line in lines)
        )
        has_spaces = any(f"{delimiter} {mark}" in line for line in lines)
        for each in cast(Sequence[Escape], escapes):
            for skips_spaces in (True, False) if has_spaces else (False,):
                yield replace(plain, quote=mark, escape=each, skips_spaces=skips_spaces)
        if quote is None and any(mark in line for line in lines):
            yield replace(plain, quote=None)

    def _choose(self, clean: Sequence[_Trial]) -> Dialect:
        """Choose among dialects without a fault. Those of the first delimiter count; they must agree."""
        first = clean[0]
        others = [trial for trial in clean if trial.dialect.delimiter == first.dialect.delimiter]
        literal = next((trial for trial in others if trial.dialect.quote is None), None)
        if literal and len(literal.records) > len(first.records):
            # Each line is a row by itself, and quotes would join some of them.
            if not first.is_tabbed:
                raise self._ambiguous("each line could be a row, or a quote could join lines", "quote")
            return literal.dialect
        escapes = {
            trial.dialect.escape: trial.records
            for trial in others
            if trial.dialect.quote and not trial.dialect.skips_spaces
        }
        if len(escapes) == 2 and escapes["double"] != escapes["backslash"]:
            raise self._ambiguous("a backslash before a quote could escape it, or end a field", "escape")
        return first.dialect

    def _ambiguous(self, why: str, option: str) -> SourceError:
        values = {"quote": '\'"\' or "none"', "escape": "double or backslash"}[option]
        return SourceError(
            f"{self.path} can be read in two ways: {why}.",
            hint=f"Set source.{option} to {values}.",
            fields={f"source.{option}": "must be set for this file"},
        )

    def _header(self) -> list[str]:
        _, header = next(self._all_records(self.dialect), (1, []))
        names = [name.strip() for name in header] if isinstance(header, list) else []
        long = next((name for name in names if len(name) > MAX_NAME_CHARACTERS or "\n" in name), None)
        if long is not None:
            raise SourceError(
                f"The first line of {self.path} does not look like column names: {long[:40]!r}...",
                hint="Write the names of the columns into its first line: document,summary.",
            )
        return names

    def _count(self) -> int:
        num_rows = num_joined = 0
        for _, record in self.records():
            num_rows += 1
            num_joined += isinstance(record, list) and any("\n" in field for field in record)
        if num_joined and not self._is_quote_given and self._lines_are_rows():
            if self.dialect.delimiter != "\t":
                raise self._ambiguous("each line could be a row, or a quote could join lines", "quote")
            self.dialect = replace(self.dialect, quote=None)
            return sum(1 for _ in self.records())
        return num_rows

    def _lines_are_rows(self) -> bool:
        """Say whether every line has as many delimiters as the header, so that no quote need join lines."""
        with self._open() as file:
            lines = bounded_lines(file.readline, self.path)
            return all(
                line.count(self.dialect.delimiter) == len(self.columns) - 1 for line in lines if line.strip()
            )

    def _sample(self) -> "tuple[_Sample, str | None]":
        """Return the file's beginning, and the delimiter that a line `sep=;` names."""
        lines: list[str] = []
        num_characters = 0
        with self._open() as file:
            for line in bounded_lines(file.readline, self.path):
                lines.append(line)
                num_characters += len(line)
                if num_characters > SAMPLE_CHARACTERS:
                    break
        is_whole = num_characters <= SAMPLE_CHARACTERS
        separator = _EXCEL_SEPARATOR.fullmatch(lines[0]) if lines else None
        return _Sample(lines[1:] if separator else lines, is_whole), separator and separator[1]

    def _all_records(self, dialect: Dialect) -> Iterator[tuple[int, Record]]:
        with self._open() as file:
            lines = RereadableLines(bounded_lines(file.readline, self.path))
            if (first := lines.peek()) is not None and _EXCEL_SEPARATOR.fullmatch(first):
                next(lines)
            for number, record in read_records(dialect, lines, self.path.name):
                if record is not None:
                    yield number, record
                    continue
                raise SourceError(
                    f"{self.path} line {number}: a quote is opened there and never closed.",
                    hint="Close it, or set source.quote to none if the file takes quotes literally.",
                )

    def _open(self) -> io.TextIOWrapper:
        errors = "surrogateescape" if self._encoding == "utf-8" else "strict"
        encoding = "utf-8-sig" if self._encoding == "utf-8" else self._encoding
        # A carriage return alone ends lines only where nothing else does; elsewhere it would cut a field.
        return io.TextIOWrapper(
            open_bytes(self.path), encoding=encoding, errors=errors, newline=self._line_end
        )


def _try(dialect: Dialect, sample: _Sample) -> _Trial:
    """Read the sample. A record that the end of the sample cuts is left out; at the end of the file it is
    faulty."""
    read = [record for _, record in read_records(dialect, RereadableLines(iter(sample.lines)), "")]
    records = [_CUT if record is None else record for record in read if record is not None or sample.is_whole]
    header = records[0] if records else []
    return _Trial(dialect, len(header) if isinstance(header, list) else 0, records[1:])
