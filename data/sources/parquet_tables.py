"""Parquet files as tables, and what reading a part of one needs: row groups, positions, JSON columns."""

import json
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from data.config import FilesSource
from data.sources.compressed import require_parquet
from data.sources.rows import Row

BATCH_ROWS: Final = 256
Item = TypeVar("Item")


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
