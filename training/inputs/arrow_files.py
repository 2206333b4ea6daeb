"""The rows of shards as one memory-mapped Arrow file for random access.

A file is named by the digest of the manifest, and made of shards that have the digests of the manifest: it
never holds rows of another dataset that had the same name. Paths are opened as they are: `datasets` itself
reads them as patterns, in which [1] and :: have a meaning.
"""

import fcntl
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import datasets
import pyarrow as pa
import pyarrow.parquet as pq

from data.cores import num_cores
from data.dataset.manifest import ShardEntry
from data.dataset.shards import reading_parquet
from data.errors import StorageError
from data.store.files import file_sha256, new_file, storage_error

_ROWS_PER_BATCH: Final = 100
_FEATURES: Final[Mapping[str, Any]] = {
    "images": datasets.List(datasets.Image(decode=False)),
    "summary": datasets.Value("string"),
    "text": datasets.Value("string"),
    "document_id": datasets.Value("string"),
    "num_pages": datasets.Value("int32"),
}
READ_COLUMNS: Final = tuple(_FEATURES)


def require_unchanged(folder: Path, shards: Sequence[ShardEntry]) -> None:
    """Refuse shards whose bytes are not those that the manifest lists.

    Raises:
        StorageError: a shard is missing, damaged or was edited.
    """
    with ThreadPoolExecutor(num_cores()) as threads:
        list(threads.map(lambda shard: _require_digest(folder / shard.path, shard.sha256), shards))


def _require_digest(path: Path, sha256: str) -> None:
    try:
        found = file_sha256(path)
    except OSError as error:
        raise storage_error(path, error) from error
    if found != sha256:
        raise StorageError(
            f"{path} has changed since its dataset was made: its digest is not that of the manifest.",
            hint="Restore the file or generate the dataset again.",
        )


def open_rows(path: Path, files: Sequence[Path], columns: Sequence[str]) -> datasets.Dataset:
    """Open the Arrow file at `path`; the first process that needs it makes it of Parquet files.

    Args:
        columns: of `READ_COLUMNS`, which all the files have.

    Raises:
        StorageError: the disk is full, or a file cannot be read.
    """
    with _locked(path.with_suffix(".lock")):
        if not path.is_file():
            _convert(path, files, datasets.Features({name: _FEATURES[name] for name in columns}))
    return datasets.Dataset.from_file(str(path))


def _convert(path: Path, files: Sequence[Path], features: datasets.Features) -> None:
    schema = features.arrow_schema
    with (
        new_file(path) as temporary,
        pa.OSFile(str(temporary), "wb") as sink,
        pa.ipc.new_stream(sink, schema) as stream,
    ):
        for table in _tables(files, schema.names):
            stream.write_table(table.cast(schema))


def _tables(files: Sequence[Path], columns: Sequence[str]) -> Iterator[pa.Table]:
    for path in files:
        with reading_parquet(path), pq.ParquetFile(path) as file:
            for batch in file.iter_batches(_ROWS_PER_BATCH, columns=columns):
                yield pa.Table.from_batches([batch]).select(columns)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = path.open("w")
    except OSError as error:
        raise storage_error(path, error) from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
