"""Datasets on disk: the Parquet schema, what a shard says about itself in its footer, the manifest, reading samples back.

<name>/manifest.json   complete=false while shards are being made; written again, complete, as the very last step
<name>/<split>/shard-00000.parquet
<name>/rejected.jsonl  one line for each row that could not become a sample
"""

import json
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from itertools import accumulate
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from data.errors import Conflict, InvalidInput, NotFound, StorageError
from data.records import Document, Page, Rejected, Sample
from data.store.files import file_sha256, read_json, write_json
from data.store.workspace import names_hint

MANIFEST: Final = "manifest.json"
REJECTED: Final = "rejected.jsonl"
FORMAT: Final = 2
FOOTER_KEY: Final = b"deepsynth"

_IMAGES = pa.list_(pa.struct([("bytes", pa.binary()), ("path", pa.string())]))
_STRINGS = ("summary", "text", "document_id", "source", "split")
_COUNTS = ("num_pages", "num_text_tokens", "num_vision_tokens")


def _feature(kind: str) -> dict[str, Any]:
    return {"dtype": kind, "_type": "Value"}


def shard_schema() -> pa.Schema:
    """Return the schema of a shard. Its metadata makes `datasets` decode the images without being told."""
    features = {
        "images": {"feature": {"_type": "Image"}, "_type": "List"},
        **{name: _feature("string") for name in _STRINGS},
        **{name: _feature("int32") for name in _COUNTS},
        "page_text_tokens": {"feature": _feature("int32"), "_type": "List"},
        "truncated": _feature("bool"),
        "font_size_px": _feature("float32"),
        "text_sha256": _feature("string"),
    }
    fields = [
        pa.field("images", _IMAGES),
        *(pa.field(name, pa.string()) for name in _STRINGS),
        *(pa.field(name, pa.int32()) for name in _COUNTS),
        pa.field("page_text_tokens", pa.list_(pa.int32())),
        pa.field("truncated", pa.bool_()),
        pa.field("font_size_px", pa.float32()),
        pa.field("text_sha256", pa.string()),
    ]
    return pa.schema(fields, metadata={"huggingface": json.dumps({"info": {"features": features}})})


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of some source rows: num_read = num_kept + num_duplicate + num_rejected."""

    num_read: int = 0
    num_kept: int = 0
    num_duplicate: int = 0
    num_rejected: int = 0
    num_pages: int = 0
    num_text_tokens: int = 0
    num_vision_tokens: int = 0
    num_truncated: int = 0
    num_pages_over_budget: int = 0
    also_in: Mapping[str, int] = field(default_factory=dict)
    """Other split -> rows whose text it holds too. Train drops them; other splits keep them."""
    pages_by_compression: Mapping[str, int] = field(default_factory=dict)
    """Text tokens per vision token, rounded down -> number of pages."""
    missing_glyphs: Mapping[str, int] = field(default_factory=dict)
    """Character that no font has -> occurrences."""

    def __add__(self, other: "Counts") -> "Counts":
        def joined(name: str) -> Any:
            mine, others = getattr(self, name), getattr(other, name)
            return mine + others if isinstance(mine, int) else dict(sorted((Counter(mine) + Counter(others)).items()))

        return Counts(**{name: joined(name) for name in Counts.__dataclass_fields__})


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A line of rejected.jsonl. Its digest is there when the row had a text, so that a resumed run knows it was seen."""

    split: str
    row: int
    document_id: str
    reason: str
    text_sha256: str | None = None

    @classmethod
    def from_rejected(cls, rejected: Rejected) -> "RejectedRow":
        return cls(rejected.split, rejected.row, rejected.id, rejected.reason)


@dataclass(frozen=True, slots=True)
class ShardFooter:
    """What a shard says about itself: a finished file needs no other witness."""

    counts: Counts
    rejected: tuple[RejectedRow, ...]

    def to_json(self) -> bytes:
        return json.dumps(asdict(self), ensure_ascii=False).encode()

    @classmethod
    def from_json(cls, text: bytes) -> "ShardFooter":
        value = json.loads(text)
        return cls(Counts(**value["counts"]), tuple(RejectedRow(**row) for row in value["rejected"]))


@dataclass(frozen=True, slots=True)
class ShardEntry:
    """A finished shard as the manifest lists it; `path` is relative to the dataset's folder."""

    path: str
    num_read: int
    num_kept: int
    num_duplicate: int
    num_rejected: int
    size_bytes: int
    sha256: str

    @classmethod
    def from_file(cls, folder: Path, path: Path, counts: Counts) -> "ShardEntry":
        """Measure a finished shard of the dataset in `folder`."""
        return cls(
            path.relative_to(folder).as_posix(),
            counts.num_read,
            counts.num_kept,
            counts.num_duplicate,
            counts.num_rejected,
            path.stat().st_size,
            file_sha256(path),
        )


@dataclass(frozen=True, slots=True)
class SplitEntry:
    """One split: its sums and its shards."""

    counts: Counts
    shards: tuple[ShardEntry, ...]


@dataclass(frozen=True, slots=True)
class Manifest:
    """Everything that decided a dataset's bytes, and, once complete, what came of it. Holds no times: same run, same bytes."""

    name: str
    complete: bool
    config: Mapping[str, Any]
    source: Mapping[str, Any]
    style: Mapping[str, Any]
    versions: Mapping[str, str]
    totals: Counts = Counts()
    size_bytes: int = 0
    splits: Mapping[str, SplitEntry] = field(default_factory=dict)
    format: int = FORMAT

    def write(self, folder: Path) -> None:
        write_json(folder / MANIFEST, asdict(self))

    def has_split(self, split: str) -> bool:
        """Say whether a split holds samples."""
        return split in self.splits and self.splits[split].counts.num_kept > 0

    def require_split(self, name: str) -> SplitEntry:
        """Return a split that holds samples. Raises InvalidInput for one that is empty or absent."""
        if not self.has_split(name):
            raise InvalidInput(
                f"Dataset {self.name!r} has no samples in its split {name!r}.",
                hint="Choose another dataset, or make it with more documents, or with larger validation and test fractions.",
                fields={"dataset": f"its split {name} is empty"},
            )
        return self.splits[name]


def read_manifest(folder: Path) -> Manifest:
    """Read a dataset's manifest, of a finished dataset or of one in the making (`complete` tells).

    Raises:
        NotFound: there is no dataset in that folder.
        StorageError: the manifest is damaged or of another format.
    """
    if not (folder / MANIFEST).exists():
        names = (path.parent.name for path in folder.parent.glob(f"*/{MANIFEST}"))
        raise NotFound(f"There is no dataset {folder.name!r}.", hint=names_hint(names))
    value = read_json(folder / MANIFEST)
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        raise StorageError(f"{folder / MANIFEST} is not a manifest of format {FORMAT}.", hint="Delete the dataset, then generate it again.")
    splits = {
        name: SplitEntry(Counts(**split["counts"]), tuple(ShardEntry(**shard) for shard in split["shards"]))
        for name, split in value["splits"].items()
    }
    return Manifest(**{**value, "totals": Counts(**value["totals"]), "splits": splits})


def max_pages_per_sample(folder: Path, manifest: Manifest) -> int:
    """Return the pages of the longest sample of a dataset, from what the shards say of their columns.

    Raises:
        StorageError: a shard is gone or damaged.
    """
    paths = [folder / shard.path for entry in manifest.splits.values() for shard in entry.shards if shard.num_kept]
    return max((_max_pages_in_shard(path) for path in paths), default=1)


def _max_pages_in_shard(path: Path) -> int:
    try:
        metadata = pq.read_metadata(path)
    except (pa.ArrowException, OSError) as error:
        raise StorageError(f"{path} cannot be read: {error}.", hint="Restore the file or generate the dataset again.") from error
    column = metadata.schema.names.index("num_pages")
    return max(int(metadata.row_group(group).column(column).statistics.max) for group in range(metadata.num_row_groups))


def shard_path(folder: Path, split: str, index: int) -> Path:
    """Return where a shard of a dataset lies."""
    return folder / split / f"shard-{index:05d}.parquet"


def read_footer(path: Path) -> ShardFooter:
    """Read what a shard says about itself.

    Raises:
        StorageError: the file is no shard of ours.
    """
    try:
        metadata = pq.read_metadata(path).metadata or {}
        return ShardFooter.from_json(metadata[FOOTER_KEY])
    except (pa.ArrowException, OSError, KeyError, ValueError, TypeError) as error:
        raise StorageError(f"{path} is not a shard: {error}.", hint="Delete the dataset and generate it again.") from error


def read_samples(folder: Path, split: str, start: int = 0, stop: int | None = None) -> Iterator[Sample]:
    """Yield the samples `start` to `stop` (exclusive) of a finished dataset's split, in order, a few at a time in memory.

    Raises:
        NotFound: there is no such dataset or split.
        Conflict: the dataset is not finished.
    """
    manifest = read_manifest(folder)
    if not manifest.complete:
        raise Conflict(f"The dataset {folder.name!r} is not finished.", hint="Wait for its job, or resume it.")
    if split not in manifest.splits:
        raise NotFound(f"The dataset {folder.name!r} has no split {split!r}.", hint=f"Splits: {', '.join(manifest.splits)}.")
    entry = manifest.splits[split]
    stop = entry.counts.num_kept if stop is None else min(stop, entry.counts.num_kept)
    ends = list(accumulate(shard.num_kept for shard in entry.shards))
    size_px = int(manifest.style["size_px"])
    while start < stop:
        index = bisect_right(ends, start)
        first = ends[index] - entry.shards[index].num_kept
        last = min(stop, ends[index])
        for number, row in enumerate(_rows(folder / entry.shards[index].path, start - first, last - first), start):
            yield _make_sample(row, number, size_px)
        start = last


def _rows(path: Path, start: int, stop: int) -> Iterator[dict[str, Any]]:
    """Yield the rows start..stop of a file, reading no row group that holds none of them."""
    try:
        with pq.ParquetFile(path) as file:
            first = 0
            for group in range(file.num_row_groups):
                num_rows = file.metadata.row_group(group).num_rows
                if first < stop and first + num_rows > start:
                    low, high = max(start - first, 0), min(stop - first, num_rows)
                    yield from file.read_row_group(group).slice(low, high - low).to_pylist()
                first += num_rows
    except (pa.ArrowException, OSError) as error:
        raise StorageError(f"{path} cannot be read: {error}.", hint="Restore the file or generate the dataset again.") from error


def _make_sample(row: Mapping[str, Any], number: int, size_px: int) -> Sample:
    page_vision_tokens = row["num_vision_tokens"] // row["num_pages"]
    pages = tuple(
        Page(number, image["bytes"], size_px, tokens, page_vision_tokens)
        for number, (image, tokens) in enumerate(zip(row["images"], row["page_text_tokens"], strict=True), 1)
    )
    document = Document(row["document_id"], row["text"], row["summary"], row["source"], row["split"], number)
    return Sample(document, pages, row["text_sha256"], row["truncated"], row["font_size_px"])
