"""The first batch of a training as samples: the exact pages, and the text that the model learns to write."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from data.errors import StorageError
from data.validation import read_record
from evaluation.samples.record import SampleRecord

FIRST_BATCH_SPLIT: Final = "first_batch"
"""The name of its samples beside the splits of a dataset."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstSample:
    """One sample of the batch."""

    document_id: str
    num_pages: int
    labels: str
    """The decoded labels."""
    num_target_tokens: int = 0
    """Earlier versions did not write it."""
    read_text: str | None = None
    """What a model that reads text got of the document; None: it got pages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstBatch:
    """first_batch.json."""

    pages: tuple[str, ...]
    """Files of the first pages of the batch, beside first_batch.json, in the order of the samples."""
    prompt: str
    samples: tuple[FirstSample, ...]


def read_first_batch(path: Path) -> FirstBatch:
    """Read first_batch.json. Raises StorageError if it is missing or damaged."""
    batch = read_record(path, FirstBatch)
    if any(Path(name).name != name for name in batch.pages):
        raise StorageError(f"{path} names pages outside its folder.", hint="Train again.")
    return batch


def first_batch_samples(path: Path) -> Iterator[SampleRecord]:
    """Yield the samples of first_batch.json."""
    for sample in read_first_batch(path).samples:
        yield SampleRecord(
            document_id=sample.document_id,
            reference=sample.labels,
            length=sample.num_target_tokens,
            num_pages=sample.num_pages,
        )


def first_batch_text(path: Path, document_id: str) -> str | None:
    """Return the text that the model read of a sample; None: it read pages."""
    samples = read_first_batch(path).samples
    return next((sample.read_text for sample in samples if sample.document_id == document_id), None)


def first_batch_page(path: Path, document_id: str, number: int) -> Path | None:
    """Return the file of a page of a sample, from 1; None: it was not written."""
    batch, start = read_first_batch(path), 0
    for sample in batch.samples:
        if sample.document_id == document_id and 1 <= number <= sample.num_pages:
            place = start + number - 1
            return path.parent / batch.pages[place] if place < len(batch.pages) else None
        start += sample.num_pages
    return None
