"""The document of a sample: its text and its pages, and what to know of them."""

from collections.abc import Sequence
from pathlib import Path

from data.store.workspace import Workspace
from evaluation.samples.first_batch import (
    FIRST_BATCH_SPLIT,
    first_batch_page,
    first_batch_text,
    read_first_batch,
)
from evaluation.samples.kept_pages import KeptPages
from evaluation.samples.record import SampleRecord
from evaluation.samples.store import SampleSet


def sample_text(samples: SampleSet, record: SampleRecord, workspace: Workspace) -> str | None:
    """Return the text of a sample's document; None: it is not known.

    Raises:
        StorageError: the dataset is damaged.
    """
    from data.dataset.shards import read_samples  # noqa: PLC0415  (serving the web pages does not need pyarrow)

    if samples.split == FIRST_BATCH_SPLIT and samples.predictions:
        return first_batch_text(samples.predictions, record.document_id)
    if samples.dataset is None or samples.split is None or record.row is None:
        return None
    rows = read_samples(workspace.dataset(samples.dataset), samples.split, record.row, record.row + 1)
    return next((sample.document.text for sample in rows), None)


def note_on_pages(samples: SampleSet, records: Sequence[SampleRecord], workspace: Workspace) -> str | None:
    """Return why these samples have no pages to show, or how those shown differ from those that were read;
    None: they are the same."""
    if samples.split == FIRST_BATCH_SPLIT and samples.predictions:
        return _note_on_first_batch(samples.predictions)
    if samples.dataset is None:
        return None
    if not workspace.dataset(samples.dataset).is_dir():
        return f"The dataset {samples.dataset} was deleted, so its pages cannot be shown."
    if any(record.row is None for record in records):
        return f"The dataset {samples.dataset} was made anew since its documents were read."
    read = "blank pages" if samples.blank_pages else "the text" if samples.reads_text else None
    return read and f"The model read {read}. These are the pages of the documents, which it did not see."


def _note_on_first_batch(path: Path) -> str:
    batch = read_first_batch(path)
    prompt = batch.prompt.strip() or "(none)"
    if any(sample.read_text is not None for sample in batch.samples):
        return f"The exact input of the first step: texts, and no pages. Its prompt: {prompt}"
    num_pages = sum(sample.num_pages for sample in batch.samples)
    kept = (
        f" Of its {num_pages} pages the first {len(batch.pages)} were kept."
        if len(batch.pages) < num_pages
        else ""
    )
    return f"The exact input of the first step.{kept} Its prompt: {prompt}"


def kept_page(samples: SampleSet, record: SampleRecord, number: int) -> Path | None:
    """Return the file of a page that a prediction or a first batch kept, from 1; None: it kept none."""
    if samples.predictions is None or samples.dataset is not None:
        return None
    if samples.split == FIRST_BATCH_SPLIT:
        return first_batch_page(samples.predictions, record.document_id, number)
    path = KeptPages(samples.predictions).page(record.document_id, number)
    return path if path.is_file() else None
