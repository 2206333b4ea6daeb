"""Page datasets for random access: Parquet shards, converted to memory-mapped Arrow files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import datasets
import pyarrow.parquet as pq
from torch.utils.data import Dataset

from data.config import RenderingConfig
from data.dataset.findings import loss_findings
from data.dataset.manifest import MANIFEST, Manifest, read_manifest
from data.dataset.shards import reading_parquet
from data.errors import InvalidInput
from data.page_modes import PageMode
from data.presets import find_benchmark
from data.progress import Progress
from data.store.files import file_sha256
from data.store.workspace import Workspace
from data.validation import parse_config
from training.inputs.arrow_files import READ_COLUMNS, open_rows, require_unchanged
from training.inputs.fillers import FILLER

REQUIRED_COLUMNS = ("images", "summary")


@dataclass(frozen=True, slots=True, kw_only=True)
class PageSample:
    """One row of a page dataset."""

    document_id: str
    pages: tuple[bytes, ...] = field(repr=False)
    """Picture files (PNG) in reading order."""
    summary: str = ""
    """The reference; empty in a prediction."""
    text: str = ""
    """The document's text; empty if the dataset does not store it."""
    num_pages_left_out: int = 0
    """Pages of the document that are not in `pages`."""
    missing_glyphs: Mapping[str, int] = field(default_factory=dict)
    """Character of a text that its pages, drawn here, do not show as it is -> number of occurrences."""
    is_filler: bool = False
    """It only fills a batch: nothing is learnt from it."""


class PageDataset(Dataset[PageSample]):
    """The rows of one split; each row is read on access."""

    def __init__(self, rows: datasets.Dataset) -> None:
        self._rows = rows

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, index: int) -> PageSample:
        if index == FILLER:
            return replace(self[0], is_filler=True)
        row: dict[str, Any] = self._rows[int(index)]
        pages = tuple(image["bytes"] for image in row["images"])
        return PageSample(
            document_id=str(row.get("document_id", index)),
            pages=pages,
            summary=row["summary"],
            text=row.get("text") or "",
        )

    def first(self, num_samples: int | None) -> "PageDataset":
        """Return the first `num_samples` rows; None: all."""
        if num_samples is None:
            return self
        return PageDataset(self._rows.select(range(min(num_samples, len(self)))))

    def summaries(self) -> list[str]:
        """Return all summaries without reading a page."""
        return list(self._rows["summary"])

    def document_ids(self) -> list[str]:
        """Return the id of each document; its row number if the dataset has no ids."""
        if "document_id" not in self._rows.column_names:
            return [str(row) for row in range(len(self))]
        return list(self._rows["document_id"])

    @property
    def has_texts(self) -> bool:
        """Whether the dataset stores its documents' texts."""
        return "text" in self._rows.column_names

    def texts(self) -> list[str]:
        """Return all documents without reading a page; empty texts if the dataset does not store them."""
        if not self.has_texts:
            return [""] * len(self)
        return [text or "" for text in self._rows["text"]]

    def num_pages(self) -> list[int]:
        """Return the number of pages of each sample."""
        if "num_pages" in self._rows.column_names:
            return list(self._rows["num_pages"])
        return [len(images) for images in self._rows["images"]]


@dataclass(frozen=True, slots=True)
class PageDatasetFolder:
    """A finished page dataset in the workspace."""

    folder: Path
    manifest: Manifest
    cache: Path
    fingerprint: str
    """SHA-256 of the manifest, equal for equal datasets: it holds digests of shards and no times."""

    @property
    def mode(self) -> PageMode:
        return cast(PageMode, self.manifest.style["mode"])

    @property
    def page_size_px(self) -> int:
        return int(self.manifest.style["size_px"])

    @property
    def rendering(self) -> RenderingConfig:
        """How the pages were rendered."""
        return parse_config(RenderingConfig, self.manifest.config["rendering"])

    @property
    def benchmark(self) -> str | None:
        """Name of the benchmark preset with the dataset's source; None: no preset has this source."""
        preset = find_benchmark(self.manifest.config["source"])
        return preset.name if preset else None

    def split(self, name: str) -> PageDataset:
        """Open one split.

        Raises:
            InvalidInput: the split is absent or empty, or has no pages or no summaries.
            StorageError: a shard is damaged, missing or not the one that the manifest lists.
        """
        entry = self.manifest.require_split(name)
        shards = [shard for shard in entry.shards if shard.num_kept]
        files = [self.folder / shard.path for shard in shards]
        columns = _common_columns(self.folder.name, files)
        require_unchanged(self.folder, shards)
        path = self.cache / self.fingerprint / f"{name}.arrow"
        return PageDataset(open_rows(path, files, [column for column in READ_COLUMNS if column in columns]))

    def warn_of_losses(self, progress: Progress) -> None:
        """Warn of what the dataset lost of its source, where the dataset's own job warned of it."""
        for level, text in loss_findings(self.manifest):
            if level == "warning":
                progress.message(f"Dataset {self.folder.name}: {text}", "warning")

    def has(self, split: str) -> bool:
        """Return whether a split holds samples."""
        return self.manifest.has_split(split)


def open_dataset(workspace: Workspace, name: str) -> PageDatasetFolder:
    """Find a finished dataset in the workspace.

    Raises:
        NotFound: no dataset has that name.
        Conflict: the dataset is not finished.
    """
    folder = workspace.dataset(name)
    manifest = read_manifest(folder)
    manifest.require_complete()
    fingerprint = file_sha256(folder / MANIFEST)
    return PageDatasetFolder(folder, manifest, cache=workspace.arrow_cache(name), fingerprint=fingerprint)


def _common_columns(name: str, files: Sequence[Path]) -> set[str]:
    columns = set(READ_COLUMNS)
    for file in files:
        with reading_parquet(file):
            columns &= set(pq.read_schema(file).names)
    if missing := [column for column in REQUIRED_COLUMNS if column not in columns]:
        raise InvalidInput(
            f"Dataset {name!r} has no column {' and no column '.join(missing)}.",
            hint="A page dataset has the columns images (a list of pictures) and summary.",
            fields={"dataset": f"lacks {', '.join(missing)}"},
        )
    return columns
