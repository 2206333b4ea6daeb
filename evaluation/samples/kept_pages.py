"""What a prediction read, kept in a hidden folder beside its file: the pages of its files, or the name of its
dataset."""

import hashlib
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from data.errors import NotFound, StorageError
from data.store.files import new_file, storage_error, write_json
from data.validation import read_record
from evaluation.samples.store import SampleSet

_SOURCE: Final = "source.json"
MAX_KEPT_PAGES: Final = 20
"""Of one document; the others are not shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictionSource:
    """The dataset's split that a prediction read; None: files."""

    dataset: str | None = None
    split: str | None = None
    fingerprint: str | None = None
    """SHA-256 of the dataset's manifest."""
    reads: str = "pages"
    """What the model read of it."""


class KeptPages:
    """The folder beside one file of predictions.

    While the predictions are written, their pages have another hidden folder: those of an earlier file of
    that name stay with it until `finish`.
    """

    def __init__(self, predictions: Path, work: str | None = None) -> None:
        """Set up the folder.

        Args:
            predictions: the finished file.
            work: digest of everything that decides the texts, as of a `PredictionLog`; None: the file is
                finished, and its pages are read.
        """
        self._finished = predictions.with_name(f".{predictions.name}.pages")
        self._folder = self._finished
        if work is not None:
            name = hashlib.sha256(work.encode()).hexdigest()[:16]
            self._folder = predictions.with_name(f".{predictions.name}.{name}.pages")

    def write_source(self, source: PredictionSource) -> None:
        """Keep what is read. Raises StorageError."""
        try:
            self._folder.mkdir(exist_ok=True)
        except OSError as error:
            raise storage_error(self._folder, error) from error
        write_json(self._folder / _SOURCE, asdict(source))

    def source(self) -> PredictionSource:
        """Return what was read; predictions of earlier versions do not say it."""
        try:
            return read_record(self._folder / _SOURCE, PredictionSource)
        except (NotFound, StorageError):
            return PredictionSource()

    def write(self, document_id: str, pages: Sequence[bytes]) -> None:
        """Keep the first pages of a document, as PNG files. Raises StorageError."""
        for number, page in enumerate(pages[:MAX_KEPT_PAGES], 1):
            with new_file(self.page(document_id, number), is_durable=False) as temporary:
                temporary.write_bytes(page)

    def finish(self) -> None:
        """Put the pages beside the finished file. Raises StorageError."""
        try:
            shutil.rmtree(self._finished, ignore_errors=True)
            self._folder.rename(self._finished)
        except OSError as error:
            raise storage_error(self._finished, error) from error

    def page(self, document_id: str, number: int) -> Path:
        """Return the file of a page, from 1. It may be absent."""
        name = hashlib.sha256(document_id.encode()).hexdigest()[:32]
        return self._folder / f"{name}-{number}.png"


def predicted_samples_of(predictions: Path) -> SampleSet:
    """Return the samples of a finished file of predictions."""
    source = KeptPages(predictions).source()
    return SampleSet(
        collection="predictions",
        name=predictions.name,
        predictions=predictions,
        dataset=source.dataset,
        split=source.split,
        fingerprint=source.fingerprint,
        reads_text=source.reads != "pages",
    )
