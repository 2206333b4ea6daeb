"""The report on a finished dataset: the compression and the legibility of its pages. Writes no file."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data.config import Degradation
from data.dataset.manifest import Manifest, read_manifest
from data.dataset.shards import read_samples
from data.inspection.compression import CompressionReport, compression_report, stored_pages
from data.inspection.legibility import LegibilityReport, RenderedText, check_legibility
from data.rendering.style import PageStyle


@dataclass(frozen=True, slots=True)
class DatasetReport:
    """The compression of all pages, and the legibility of a sample of documents."""

    name: str
    compression: CompressionReport
    legibility: LegibilityReport | None
    """None: not requested."""

    def as_dict(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "compression": self.compression.as_dict(),
            "legibility": self.legibility.as_dict() if self.legibility else None,
        }


def dataset_report(
    folder: Path, num_documents: int, language: str = "eng", max_pages: int | None = None
) -> DatasetReport:
    """Measure the compression of all pages, and the legibility of documents chosen by the dataset's seed.

    Args:
        folder: the dataset's folder.
        num_documents: size of the sample; 0: no sample, and tesseract is not needed.
        language: tesseract's name of the texts' language; several are joined by +.
        max_pages: the sample ends when this many pages are read; None: no limit.

    Raises:
        NotFound: there is no such dataset.
        Conflict: the dataset is not finished.
        StorageError: the dataset is damaged.
        Unavailable: tesseract is not installed.
        UnknownName: it has no data for the language.
    """
    manifest = read_manifest(folder)
    manifest.require_complete()
    shards = (folder / shard.path for entry in manifest.splits.values() for shard in entry.shards)
    compression = compression_report(stored_pages(shards), _stored_style(manifest))
    sample = _choose_samples(folder, manifest, num_documents, max_pages)
    legibility = check_legibility(sample, language) if num_documents else None
    return DatasetReport(manifest.name, compression, legibility)


def _stored_style(manifest: Manifest) -> PageStyle:
    """Return the style with which the pages were rendered; its fonts need not be on this machine."""
    return PageStyle(
        **manifest.style, degradation=Degradation.model_validate(manifest.config["rendering"]["degradation"])
    )


def _choose_samples(
    folder: Path, manifest: Manifest, num_documents: int, max_pages: int | None
) -> Iterator[RenderedText]:
    num_kept = manifest.totals.num_kept
    rng = random.Random(manifest.config["seed"])  # noqa: S311 - a reproducible choice, not a secret one
    num_pages = 0
    for number in rng.sample(range(num_kept), min(num_documents, num_kept)):
        if max_pages is not None and num_pages >= max_pages:
            return
        split, row = _locate_sample(manifest, number)
        sample = next(read_samples(folder, split, row, row + 1))
        num_pages += len(sample.pages)
        yield RenderedText(
            document_id=sample.document.id,
            text=sample.document.text,
            pages=sample.pages,
            truncated=sample.truncated,
        )


def _locate_sample(manifest: Manifest, number: int) -> tuple[str, int]:
    """Return the split and the row of sample `number`, counted from 0 through all splits."""
    for split, entry in manifest.splits.items():
        if number < entry.counts.num_kept:
            return split, number
        number -= entry.counts.num_kept
    raise IndexError(number)
