"""The manifest of a dataset: its content, how it was made, and its shards. Imports no pyarrow, since the web
service reads manifests."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from data.config import ANSWER_CONFIG
from data.errors import Conflict, InvalidInput, NotFound, StorageError
from data.page_modes import PageMode
from data.records import Rejected
from data.store.files import damaged_file, file_sha256, read_json_object, write_json
from data.store.workspace import names_hint
from data.validation import as_record

CARD: Final = "README.md"
EXAMPLE_PAGE: Final = "example_page.png"

MANIFEST: Final = "manifest.json"
REJECTED: Final = "rejected.jsonl"
FORMAT: Final = 2


_LATER_FIELDS: Final = frozenset(
    {
        "num_with_missing_glyphs",
        "rejected_by_reason",
        "duplicates_by_reason",
        "missing_glyphs_by_reason",
        "kind",
        "summary_sha256",
    }
)
"""Fields that earlier versions did not have. They are stored where they hold something, so that a dataset
without losses has the bytes that it had."""


def _stored(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    return {name: value for name, value in pairs if value or name not in _LATER_FIELDS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Counts of source rows and of their pages: num_read = num_kept + num_duplicate + num_rejected."""

    __pydantic_config__ = ANSWER_CONFIG

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
    """Other split -> rows whose text it contains too. Train drops these rows; other splits keep them."""
    pages_by_compression: Mapping[str, int] = field(default_factory=dict)
    """Text tokens per vision token, rounded down -> number of pages."""
    missing_glyphs: Mapping[str, int] = field(default_factory=dict)
    """Character that the pages do not show as it is, or letter with its marks -> number of occurrences."""
    num_with_missing_glyphs: int = 0
    """Samples whose pages do not show some character as it is."""
    rejected_by_reason: Mapping[str, int] = field(default_factory=dict)
    """Reason -> rejected rows. Datasets of earlier versions have no reasons here."""
    duplicates_by_reason: Mapping[str, int] = field(default_factory=dict)
    """What a duplicate repeats -> duplicates that were left out."""
    missing_glyphs_by_reason: Mapping[str, int] = field(default_factory=dict)
    """Why characters are not shown -> samples with such characters; a sample may have several reasons."""

    def __add__(self, other: "Counts") -> "Counts":
        def joined(name: str) -> Any:
            mine, others = getattr(self, name), getattr(other, name)
            return (
                mine + others
                if isinstance(mine, int)
                else dict(sorted((Counter(mine) + Counter(others)).items()))
            )

        return Counts(**{name: joined(name) for name in Counts.__dataclass_fields__})


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectedRow:
    """A line of rejected.jsonl; the digests are None for a row without text."""

    split: str
    row: int
    document_id: str
    reason: str
    kind: str = ""
    """The reason without the row's place or value; empty in datasets of earlier versions."""
    text_sha256: str | None = None
    summary_sha256: str | None = None

    @classmethod
    def from_rejected(cls, rejected: Rejected) -> "RejectedRow":
        return cls(
            split=rejected.split,
            row=rejected.row,
            document_id=rejected.id,
            reason=rejected.reason,
            kind=rejected.kind,
        )


@dataclass(frozen=True, slots=True)
class ShardFooter:
    """The counts and rejected rows of a shard, stored in its Parquet footer."""

    counts: Counts
    rejected: tuple[RejectedRow, ...]

    def to_json(self) -> bytes:
        return json.dumps(asdict(self, dict_factory=_stored), ensure_ascii=False).encode()

    @classmethod
    def from_json(cls, text: bytes) -> "ShardFooter":
        value = json.loads(text)
        return cls(Counts(**value["counts"]), tuple(RejectedRow(**row) for row in value["rejected"]))


@dataclass(frozen=True, slots=True, kw_only=True)
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
        """Return the entry of a finished shard of the dataset in `folder`; reads the file for its digest."""
        return cls(
            path=path.relative_to(folder).as_posix(),
            num_read=counts.num_read,
            num_kept=counts.num_kept,
            num_duplicate=counts.num_duplicate,
            num_rejected=counts.num_rejected,
            size_bytes=path.stat().st_size,
            sha256=file_sha256(path),
        )


@dataclass(frozen=True, slots=True)
class SplitEntry:
    """One split: the sum of its counts, and its shards."""

    counts: Counts
    shards: tuple[ShardEntry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """All values that decide a dataset's bytes, and, when complete, its counts and shards. It holds no times,
    so the same run gives the same bytes."""

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
        write_json(folder / MANIFEST, asdict(self, dict_factory=_stored))

    def require_complete(self) -> None:
        """Raise Conflict unless all shards of the dataset are made."""
        if not self.complete:
            raise Conflict(
                f"The dataset {self.name!r} is not finished.",
                hint="Wait for its job to end, or resume it.",
                fields={"dataset": "not finished"},
            )

    def has_split(self, split: str) -> bool:
        """Return whether a split has samples."""
        return split in self.splits and self.splits[split].counts.num_kept > 0

    def require_split(self, name: str) -> SplitEntry:
        """Return a split that has samples. Raises InvalidInput if it is empty or does not exist."""
        if not self.has_split(name):
            raise InvalidInput(
                f"Dataset {self.name!r} has no samples in its split {name!r}.",
                hint="Choose another dataset, or make it with more documents, or with larger validation and "
                "test fractions.",
                fields={"dataset": f"its split {name} is empty"},
            )
        return self.splits[name]


@dataclass(frozen=True, slots=True)
class _Rendering:
    mode: PageMode


@dataclass(frozen=True, slots=True)
class _Source:
    kind: str


@dataclass(frozen=True, slots=True)
class _ConfigParts:
    """What readers of a manifest use of its configuration."""

    rendering: _Rendering
    source: _Source
    seed: int = 0


@dataclass(frozen=True, slots=True)
class _StyleParts:
    mode: PageMode
    size_px: int


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest of a dataset, finished or not (see `complete`).

    Raises:
        NotFound: there is no dataset in that folder.
        StorageError: the manifest is damaged or of another format.
    """
    if not (folder / MANIFEST).exists():
        names = (path.parent.name for path in folder.parent.glob(f"*/{MANIFEST}"))
        raise NotFound(f"There is no dataset {folder.name!r}.", hint=names_hint(names))
    path = folder / MANIFEST
    values = read_json_object(path)
    if values.get("format") != FORMAT:
        raise StorageError(
            f"{path} is not a manifest of format {FORMAT}.",
            hint="Delete the dataset, then generate it again.",
        )
    manifest = as_record(values, path, Manifest)
    as_record(manifest.config, path, _ConfigParts)
    if manifest.style or manifest.complete:
        as_record(manifest.style, path, _StyleParts)
    for shard in (shard for split in manifest.splits.values() for shard in split.shards):
        if Path(shard.path).is_absolute() or ".." in Path(shard.path).parts:
            raise damaged_file(path, f"the shard {shard.path!r} lies outside the dataset")
    return manifest


def shard_path(folder: Path, split: str, index: int) -> Path:
    """Return the path of a shard of the dataset in `folder`; `index` counts from 0 within the split."""
    return folder / split / f"shard-{index:05d}.parquet"


@dataclass(frozen=True, slots=True)
class ShardDone:
    """A finished shard on the disk."""

    split: str
    index: int
    footer: ShardFooter
    entry: ShardEntry
