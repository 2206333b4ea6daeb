"""One split of a Hub dataset. From Parquet files only the needed row groups and columns are read; other files
are read from beginning to end.

`datasets` itself streams all rows and columns of Parquet files, and counts rows only by reading them.
"""

from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cached_property, partial
from itertools import chain, islice, repeat
from typing import Any, Final, Protocol

import datasets
import pyarrow as pa
import pyarrow.parquet as pq
from huggingface_hub import HfFileSystem

from data.config import HubSource
from data.errors import SourceError, Stopped
from data.progress import Progress
from data.sources.hub_errors import HubCaller
from data.sources.parquet_tables import BATCH_ROWS, decode_json, rows_of, select_positions, select_row_groups

ROWS_BETWEEN_REPORTS: Final = 1000
NUM_PREFETCHED_GROUPS: Final = 1
_ReadGroup = Callable[[], pa.Table]
_END: Final = object()


class HubSplit(Protocol):
    """The rows of one split."""

    @property
    def columns(self) -> Sequence[str]: ...

    @property
    def num_rows(self) -> int: ...

    def rows(self, wanted: Sequence[int], columns: Sequence[str]) -> Iterator[Mapping[str, Any]]:
        """Yield the `wanted` rows, in ascending order, with at least the given columns; images and audio as
        they are stored."""

    def head(self, num_rows: int) -> Iterator[Mapping[str, Any]]:
        """Yield the first rows, with b"" in place of bytes: an inspection shows no images or audio."""


class ParquetSplit:
    """Parquet files, one after the other. A footer is read when rows of its file are needed or counted."""

    def __init__(self, addresses: Sequence[str], call: HubCaller) -> None:
        self._call = call
        self._files = [_RemoteParquet(address, call) for address in addresses]

    @property
    def columns(self) -> Sequence[str]:
        return list(self._files[0].metadata.schema.to_arrow_schema().names)

    @cached_property
    def num_rows(self) -> int:
        return sum(file.num_rows for file in self._files)

    def rows(self, wanted: Sequence[int], columns: Sequence[str]) -> Iterator[Mapping[str, Any]]:
        prefetched: deque[tuple[Future[pa.Table], _ReadGroup, Sequence[int]]] = deque()
        pool = ThreadPoolExecutor(1)  # reads the next group while the rows of this one are used
        try:
            for read, rows in self._groups(wanted, columns):
                prefetched.append((pool.submit(read), read, rows))
                if len(prefetched) > NUM_PREFETCHED_GROUPS:
                    yield from self._read_rows(*prefetched.popleft())
            while prefetched:
                yield from self._read_rows(*prefetched.popleft())
        finally:
            pool.shutdown(wait=False, cancel_futures=True)

    def head(self, num_rows: int) -> Iterator[Mapping[str, Any]]:
        schema = self._files[0].metadata.schema.to_arrow_schema()
        skipped = {field.name: b"" for field in schema if _holds_bytes(field.type)}
        return (
            {**row, **skipped}
            for row in self.rows(range(num_rows), [name for name in schema.names if name not in skipped])
        )

    def _groups(
        self, wanted: Sequence[int], columns: Sequence[str]
    ) -> "Iterator[tuple[_ReadGroup, Sequence[int]]]":
        first = position = 0
        for file in self._files:
            if position == len(wanted):
                return
            stop = bisect_left(wanted, first + file.num_rows, position)
            for group, rows in select_row_groups(
                file.metadata, [row - first for row in wanted[position:stop]]
            ):
                yield partial(file.group, group, columns), rows
            first, position = first + file.num_rows, stop

    def _read_rows(
        self, first_attempt: "Future[pa.Table]", read: "_ReadGroup", rows: Sequence[int]
    ) -> Iterator[Mapping[str, Any]]:
        attempts = chain([first_attempt.result], repeat(read))

        def attempt() -> pa.Table:
            return next(attempts)()

        table = self._call("rows", attempt)
        return select_positions(
            (row for batch in table.to_batches(BATCH_ROWS) for row in rows_of(batch)), rows
        )


class _RemoteParquet:
    """One Parquet file on the Hub."""

    def __init__(self, address: str, call: HubCaller) -> None:
        self._address = address
        self._call = call
        self._size_bytes: int | None = None

    @cached_property
    def metadata(self) -> Any:
        return self._call("footer of a file", lambda: pq.read_metadata(self._open()))

    @property
    def num_rows(self) -> int:
        return int(self.metadata.num_rows)

    def group(self, number: int, columns: Sequence[str]) -> pa.Table:
        """Return columns of a row group, with one request per column. pyarrow's own threads are off: one that
        still reads when the process exits can abort it."""
        with self._open() as source, pq.ParquetFile(source, metadata=self.metadata) as file:
            return file.read_row_group(number, columns=list(columns), use_threads=False)

    def _open(self) -> Any:
        # pyarrow requests exactly the bytes that it needs; a read-ahead cache would fetch megabytes more.
        file = HfFileSystem().open(self._address, cache_type="none", size=self._size_bytes)
        self._size_bytes = file.size
        return file


class DownloadedSplit:
    """A split that `datasets` has downloaded completely."""

    def __init__(self, data: datasets.Dataset) -> None:
        self._data = data
        self.columns = list(data.column_names)
        self.num_rows = len(data)

    def rows(self, wanted: Sequence[int], columns: Sequence[str]) -> Iterator[Mapping[str, Any]]:
        stored = self._data.select_columns(list(columns)).with_format("arrow").select(wanted)
        return (
            row for table in stored.iter(BATCH_ROWS) for batch in table.to_batches() for row in rows_of(batch)
        )

    def head(self, num_rows: int) -> Iterator[Mapping[str, Any]]:
        return map(_without_bytes, self.rows(range(min(num_rows, self.num_rows)), self.columns))


class StreamedSplit:
    """A split that `datasets` reads row by row over the network, from the beginning. `num_declared_rows`: the
    number of rows according to its card, None if it does not tell."""

    def __init__(
        self,
        data: datasets.IterableDataset,
        num_declared_rows: int | None,
        name: str,
        call: HubCaller,
        listener: Progress,
    ) -> None:
        self._data = data.decode(False) if data.features else data
        features = data.features or {}
        self._json = [name for name, feature in features.items() if isinstance(feature, datasets.Json)]
        """Columns of mixed values, which `datasets` hands out as texts that encode them."""
        self._num_declared_rows = num_declared_rows
        self._name = name
        self._call = call
        self._listener = listener

    @cached_property
    def columns(self) -> Sequence[str]:
        return list(self._data.column_names or next(self._stream(self._data), {}))

    @cached_property
    def num_rows(self) -> int:
        return self._count_rows() if self._num_declared_rows is None else self._num_declared_rows

    def rows(self, wanted: Sequence[int], columns: Sequence[str]) -> Iterator[Mapping[str, Any]]:
        if not len(wanted):
            return
        first, num_read = wanted[0], 0
        stream = self._stream(self._data.select_columns(list(columns)), first)
        for values in select_positions(stream, [row - first for row in wanted]):
            if wanted[num_read] == self.num_rows - 1 and next(stream, _END) is not _END:
                raise self._stale_card_error("there are more")
            num_read += 1
            yield values
        if num_read < len(wanted):
            raise self._stale_card_error(f"they end before row {wanted[num_read]}")

    def head(self, num_rows: int) -> Iterator[Mapping[str, Any]]:
        return map(_without_bytes, islice(self._stream(self._data), num_rows))

    def _count_rows(self) -> int:
        self._listener.message(
            f"The card of {self._name} does not tell its number of rows: they are counted first."
        )
        num_rows = 0
        for num_rows, _ in enumerate(self._stream(self._data.select_columns(list(self.columns[:1]))), 1):
            if num_rows % ROWS_BETWEEN_REPORTS == 0:
                self._listener.advance(num_rows, None, "rows counted")
                if self._listener.should_stop():
                    raise Stopped
        return num_rows

    def _stream(self, data: datasets.IterableDataset, position: int = 0) -> Iterator[Mapping[str, Any]]:
        """Yield the rows from a position on; after a temporary error a new stream continues."""
        stream: Iterator[Any] | None = None

        def following() -> Any:
            nonlocal stream
            current, stream = stream or iter(data.skip(position)), None
            values = next(current, _END)
            stream = current  # not reached after an error
            return values

        while (values := self._call("rows", following)) is not _END:
            yield {**values, **{name: decode_json(values[name]) for name in self._json if name in values}}
            position += 1

    def _stale_card_error(self, found: str) -> SourceError:
        return SourceError(
            f"{self._name} has {self.num_rows} rows according to its card, but {found}.",
            hint="Its card is out of date. Download its files, and make the dataset from them.",
        )


def open_splits(
    source: HubSource,
    builder: datasets.DatasetBuilder,
    declared: Mapping[str, int],
    call: HubCaller,
    listener: Progress,
) -> dict[str, HubSplit]:
    """Return the splits of a repository.

    Args:
        declared: rows by split, as far as the repository's card or an earlier run tells.
    """
    files = builder.config.data_files or {}
    if not source.streaming:
        call("files", builder.download_and_prepare)
        splits = call("files", builder.as_dataset)
        return {str(split): DownloadedSplit(data) for split, data in splits.items()}
    if files and all(_is_hub_parquet(address) for addresses in files.values() for address in addresses):
        return {str(split): ParquetSplit(addresses, call) for split, addresses in files.items()}

    def streamed(split: str, data: datasets.IterableDataset) -> StreamedSplit:
        name = f"{source.id} ({split})"
        return StreamedSplit(data, declared.get(split), name, call=call, listener=listener)

    streams = call("files", builder.as_streaming_dataset)
    return {str(split): streamed(str(split), data) for split, data in streams.items()}


def _is_hub_parquet(address: str) -> bool:
    return address.startswith("hf://") and address.endswith(".parquet")


def _holds_bytes(kind: pa.DataType) -> bool:
    children = (kind.field(index).type for index in range(kind.num_fields))
    return pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or any(map(_holds_bytes, children))


def _without_bytes(value: Any) -> Any:
    if isinstance(value, bytes):
        return b""
    if isinstance(value, Mapping):
        return {name: _without_bytes(item) for name, item in value.items()}
    return [_without_bytes(item) for item in value] if isinstance(value, list) else value
