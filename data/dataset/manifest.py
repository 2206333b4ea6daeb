"""The manifest of a dataset: what it holds, how it was made, and where its shards lie. Imports no pyarrow:
the web service reads it."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from data.errors import Conflict, InvalidInput, NotFound, StorageError
from data.records import Rejected
from data.store.files import file_sha256, read_json, write_json
from data.store.workspace import names_hint

EXAMPLE_PAGE: Final = "example_page.png"

MANIFEST: Final = "manifest.json"
REJECTED: Final = "rejected.jsonl"
FORMAT: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
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
            return (
                mine + others
                if isinstance(mine, int)
                else dict(sorted((Counter(mine) + Counter(others)).items()))
            )

        return Counts(**{name: joined(name) for name in Counts.__dataclass_fields__})


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectedRow:
    """A line of rejected.jsonl. Its digest is there when the row had a text, so that a resumed run knows it
    was seen."""

    split: str
    row: int
    document_id: str
    reason: str
    text_sha256: str | None = None

    @classmethod
    def from_rejected(cls, rejected: Rejected) -> "RejectedRow":
        return cls(split=rejected.split, row=rejected.row, document_id=rejected.id, reason=rejected.reason)


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
        """Measure a finished shard of the dataset in `folder`."""
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
    """One split: its sums and its shards."""

    counts: Counts
    shards: tuple[ShardEntry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """Everything that decided a dataset's bytes, and, once complete, what came of it. Holds no times: same
    run, same bytes."""

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

    def require_complete(self) -> None:
        """Raise Conflict unless all shards of the dataset are made."""
        if not self.complete:
            raise Conflict(
                f"The dataset {self.name!r} is not finished.",
                hint="Wait for its job to end, or resume it.",
                fields={"dataset": "not finished"},
            )

    def has_split(self, split: str) -> bool:
        """Say whether a split holds samples."""
        return split in self.splits and self.splits[split].counts.num_kept > 0

    def require_split(self, name: str) -> SplitEntry:
        """Return a split that holds samples. Raises InvalidInput for one that is empty or absent."""
        if not self.has_split(name):
            raise InvalidInput(
                f"Dataset {self.name!r} has no samples in its split {name!r}.",
                hint="Choose another dataset, or make it with more documents, or with larger validation and "
                "test fractions.",
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
        raise StorageError(
            f"{folder / MANIFEST} is not a manifest of format {FORMAT}.",
            hint="Delete the dataset, then generate it again.",
        )
    splits = {
        name: SplitEntry(Counts(**split["counts"]), tuple(ShardEntry(**shard) for shard in split["shards"]))
        for name, split in value["splits"].items()
    }
    return Manifest(**{**value, "totals": Counts(**value["totals"]), "splits": splits})


def shard_path(folder: Path, split: str, index: int) -> Path:
    """Return where a shard of a dataset lies."""
    return folder / split / f"shard-{index:05d}.parquet"


@dataclass(frozen=True, slots=True)
class ShardDone:
    """A shard that lies finished on the disk."""

    split: str
    index: int
    footer: ShardFooter
    entry: ShardEntry
