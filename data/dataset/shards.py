"""Shards: the Parquet schema, the footer with a shard's counts, and reading samples.

<name>/manifest.json   complete=false while shards are rendered; complete=true is written last
<name>/<split>/shard-00000.parquet
<name>/rejected.jsonl  one line for each row that could not become a sample
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from data.dataset.manifest import Manifest, ShardEntry, ShardFooter, read_manifest
from data.errors import InvalidInput, NotFound, StorageError, cause
from data.records import STYLE, Document, Page, Sample

FOOTER_KEY: Final = b"deepsynth"

IMAGES: Final = "images"
_IMAGES = pa.list_(pa.struct([("bytes", pa.binary()), ("path", pa.string())]))
_STRINGS = ("summary", "text", "document_id", "source", "split")
_COUNTS = ("num_pages", "num_text_tokens", "num_vision_tokens")
_STYLE_TYPES = {"string": "string", "integer": "int32", "number": "float64"}


def _feature(kind: str) -> dict[str, Any]:
    return {"dtype": kind, "_type": "Value"}


def shard_schema(style: Mapping[str, str] = MappingProxyType({})) -> pa.Schema:
    """Return the schema of a shard. Its metadata tells `datasets` to decode the images.

    Args:
        style: field that varies -> its type in JSON (string, integer or number); empty: all documents look
            alike, and have no column for it.
    """
    types = {name: _STYLE_TYPES[kind] for name, kind in style.items()}
    features = {
        IMAGES: {"feature": {"_type": "Image"}, "_type": "List"},
        **{name: _feature("string") for name in _STRINGS},
        **{name: _feature("int32") for name in _COUNTS},
        "page_text_tokens": {"feature": _feature("int32"), "_type": "List"},
        "truncated": _feature("bool"),
        "font_size_px": _feature("float32"),
        "text_sha256": _feature("string"),
        **({STYLE: {name: _feature(kind) for name, kind in types.items()}} if types else {}),
    }
    fields = [
        pa.field(IMAGES, _IMAGES),
        *(pa.field(name, pa.string()) for name in _STRINGS),
        *(pa.field(name, pa.int32()) for name in _COUNTS),
        pa.field("page_text_tokens", pa.list_(pa.int32())),
        pa.field("truncated", pa.bool_()),
        pa.field("font_size_px", pa.float32()),
        pa.field("text_sha256", pa.string()),
        *([pa.field(STYLE, pa.struct(types.items()))] if types else []),
    ]
    return pa.schema(fields, metadata={"huggingface": json.dumps({"info": {"features": features}})})


@contextmanager
def reading_parquet(path: Path) -> Iterator[None]:
    """Raise StorageError for an error of pyarrow or the disk, around code that reads the shard at `path`."""
    try:
        yield
    except (pa.ArrowException, OSError) as error:
        raise StorageError(
            f"{path} cannot be read: {cause(error)}.", hint="Restore the file or generate the dataset again."
        ) from error


def max_pages_per_sample(folder: Path, manifest: Manifest) -> int:
    """Return the number of pages of the longest sample of a dataset, from the column statistics of its
    shards.

    Raises:
        StorageError: a shard is missing or damaged.
    """
    paths = [
        folder / shard.path for entry in manifest.splits.values() for shard in entry.shards if shard.num_kept
    ]
    return max((_max_pages_in_shard(path) for path in paths), default=1)


def _max_pages_in_shard(path: Path) -> int:
    with reading_parquet(path):
        metadata = pq.read_metadata(path)
    column = metadata.schema.names.index("num_pages")
    return max(
        int(metadata.row_group(group).column(column).statistics.max)
        for group in range(metadata.num_row_groups)
    )


def read_footer(path: Path) -> ShardFooter:
    """Read the counts and the rejected rows of a shard.

    Raises:
        StorageError: the file is not a shard of DeepSynth.
    """
    try:
        metadata = pq.read_metadata(path).metadata or {}
        return ShardFooter.from_json(metadata[FOOTER_KEY])
    except (pa.ArrowException, OSError, KeyError, ValueError, TypeError) as error:
        raise StorageError(
            f"{path} is not a shard: {cause(error)}.", hint="Delete the dataset and generate it again."
        ) from error


def require_texts(folder: Path, split: str) -> None:
    """Refuse a split of a finished dataset that does not store its documents' texts.

    Raises:
        NotFound, InvalidInput: there is no such dataset or split, or it has no texts.
        StorageError: a shard is missing or damaged.
    """
    for shard in read_manifest(folder).require_split(split).shards:
        path = folder / shard.path
        with reading_parquet(path):
            has_texts = "text" in pq.read_schema(path).names
        if not has_texts:
            raise InvalidInput(
                f"Dataset {folder.name!r} has no column text, so what its pages show is not known.",
                hint="Use a dataset that stores its documents' texts.",
                fields={"dataset": "has no texts"},
            )


def read_samples(folder: Path, split: str, start: int = 0, stop: int | None = None) -> Iterator[Sample]:
    """Yield the samples `start` to `stop` (exclusive) of a finished dataset's split, in order. Memory holds
    one row group at a time.

    Raises:
        NotFound: there is no such dataset or split.
        Conflict: the dataset is not finished.
    """
    manifest = read_manifest(folder)
    manifest.require_complete()
    if split not in manifest.splits:
        raise NotFound(
            f"The dataset {folder.name!r} has no split {split!r}.",
            hint=f"Splits: {', '.join(manifest.splits)}.",
        )
    size_px = int(manifest.style["size_px"])
    shards = manifest.splits[split].shards
    for number, row in enumerate(_split_rows(folder, shards, start, stop), start):
        yield _make_sample(row, number, size_px)


def read_texts(folder: Path, split: str) -> Iterator[dict[str, Any]]:
    """Yield the rows of a finished dataset's split in order, without their pages.

    Raises:
        NotFound: there is no such dataset.
        InvalidInput: the split is absent or empty.
        Conflict: the dataset is not finished.
        StorageError: a shard is missing or damaged.
    """
    manifest = read_manifest(folder)
    manifest.require_complete()
    for shard in manifest.require_split(split).shards:
        path = folder / shard.path
        with reading_parquet(path), pq.ParquetFile(path) as file:
            columns = [name for name in file.schema_arrow.names if name != IMAGES]
            for group in range(file.num_row_groups):
                yield from file.read_row_group(group, columns).to_pylist()


def _split_rows(
    folder: Path, shards: Sequence[ShardEntry], start: int, stop: int | None
) -> Iterator[dict[str, Any]]:
    """Yield the rows `start` to `stop` (exclusive; None: all) of consecutive shards."""
    first = 0
    for shard in shards:
        end = first + shard.num_kept
        last = end if stop is None else min(stop, end)
        if max(start, first) < last:
            yield from _rows(folder / shard.path, max(start, first) - first, last - first)
        first = end


def _rows(path: Path, start: int, stop: int) -> Iterator[dict[str, Any]]:
    """Yield the rows `start` to `stop` (exclusive) of a file; row groups without such rows are not read."""
    with reading_parquet(path), pq.ParquetFile(path) as file:
        first = 0
        for group in range(file.num_row_groups):
            num_rows = file.metadata.row_group(group).num_rows
            if first < stop and first + num_rows > start:
                low, high = max(start - first, 0), min(stop - first, num_rows)
                yield from file.read_row_group(group).slice(low, high - low).to_pylist()
            first += num_rows


def _make_sample(row: Mapping[str, Any], number: int, size_px: int) -> Sample:
    pages = tuple(
        Page(
            number=page_number,
            png=image["bytes"],
            size_px=size_px,
            num_text_tokens=num_text_tokens,
            num_vision_tokens=row["num_vision_tokens"] // row["num_pages"],
        )
        for page_number, (image, num_text_tokens) in enumerate(
            zip(row["images"], row["page_text_tokens"], strict=True), 1
        )
    )
    texts = {name: row[name] for name in ("text", "summary", "source", "split")}
    return Sample(
        document=Document(id=row["document_id"], row=number, **texts),
        pages=pages,
        style=row.get(STYLE) or {},
        **{name: row[name] for name in ("text_sha256", "truncated", "font_size_px")},
    )
