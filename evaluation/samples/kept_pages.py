"""What a prediction read, kept in a hidden folder beside its file: the pages of its files, or the name of its
dataset."""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from data.errors import NotFound, StorageError
from data.store.files import new_file, storage_error, write_json
from data.validation import read_record

_SOURCE: Final = "source.json"
MAX_KEPT_PAGES: Final = 20
"""Of one document; the others are not shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictionSource:
    """The dataset's split that a prediction read; None: files."""

    dataset: str | None = None
    split: str | None = None


class KeptPages:
    """The folder beside one file of predictions."""

    def __init__(self, predictions: Path) -> None:
        self._folder = predictions.with_name(f".{predictions.name}.pages")

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

    def page(self, document_id: str, number: int) -> Path:
        """Return the file of a page, from 1. It may be absent."""
        name = hashlib.sha256(document_id.encode()).hexdigest()[:32]
        return self._folder / f"{name}-{number}.png"
