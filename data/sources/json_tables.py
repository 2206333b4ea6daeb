"""JSON files as tables: one object a line, or one array of objects."""

import json
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final

from data.config import FilesSource
from data.errors import SourceError, cause
from data.sources.compressed import bounded_lines, open_bytes
from data.sources.encodings import require_utf8
from data.sources.parquet_tables import select_positions
from data.sources.rows import Row, RowFault

NUM_SNIFFED_ROWS: Final = 100
MAX_ARRAY_BYTES: Final = 512 << 20
"""Larger .json files are refused: an array is read into memory as a whole."""
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


class RepeatedKeyError(ValueError):
    """An object holds a key twice, so that one of its values would be lost."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        names = [name for name, _ in pairs]
        repeated = next(name for name in values if names.count(name) > 1)
        raise RepeatedKeyError(f"an object has the key {repeated!r} twice")
    return values


_DECODER: Final = json.JSONDecoder(object_pairs_hook=_object)


class JsonLines:
    """One JSON object per line; blank lines are skipped. Rows need not have the same keys."""

    note = ""

    def __init__(self, path: Path, options: FilesSource | None = None) -> None:
        self.path = path
        with open_bytes(path) as file:
            require_utf8(path, file)
        self.num_rows = sum(1 for _ in self._lines())
        seen = [self._values(line, number) for number, line in islice(self._lines(), NUM_SNIFFED_ROWS)]
        self.columns = list(
            dict.fromkeys(name for row in seen if not isinstance(row, RowFault) for name in row)
        )
        if seen and (not self.columns or self._begins_an_array()):
            raise SourceError(
                f"{seen[0] if isinstance(seen[0], RowFault) else f'{path.name} holds objects without keys'}.",
                hint='A .jsonl file holds one object per line: {"document": "...", "summary": "..."}. '
                "Write an array as .json.",
            )

    def has_column(self, name: str) -> bool:
        if name in self.columns:
            return True
        key = json.dumps(name, ensure_ascii=False).encode("utf-8", "surrogatepass")
        escaped = json.dumps(name).encode()
        rows = (self._values(line, 0) for _, line in self._lines() if key in line or escaped in line)
        return any(not isinstance(row, RowFault) and name in row for row in rows)

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
            values = _DECODER.decode(line.removeprefix(_BYTE_ORDER_MARK).decode("utf-8", "surrogatepass"))
        except RepeatedKeyError as error:
            return RowFault(f"{self.path.name} line {number}: {error}", "an object has a key twice")
        except (ValueError, RecursionError) as error:
            return RowFault(f"{self.path.name} line {number} is not JSON: {error}", "the line is not JSON")
        if isinstance(values, dict):
            return values
        return RowFault(
            f"{self.path.name} line {number} is not a JSON object", "the line is not a JSON object"
        )


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
            yield (
                item
                if isinstance(item, dict)
                else RowFault(
                    f"{self.path.name} item {row} is not a JSON object", "the item is not a JSON object"
                )
            )

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
            items = _DECODER.decode(text.decode("utf-8-sig"))
        except RepeatedKeyError as error:
            raise SourceError(f"{self.path}: {error}.", hint="Give each value a key of its own.") from error
        except (ValueError, RecursionError) as error:
            raise SourceError(
                f"{self.path} is not JSON: {cause(error)}.", hint="Write one object per line as .jsonl."
            ) from error
        if not isinstance(items, list) or (items and not any(isinstance(item, dict) for item in items)):
            raise SourceError(
                f"{self.path} is not an array of objects.",
                hint='It should read [{"document": "...", "summary": "..."}, ...].',
            )
        return items
