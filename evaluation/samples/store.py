"""The results of a workspace whose samples can be listed, and where their indexes are: in the workspace's
cache, so that they may be deleted at any time. The web process imports this."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final, Literal

from data.dataset.manifest import MANIFEST, read_manifest
from data.errors import DeepSynthError
from data.store.files import file_sha256, storage_error
from data.store.workspace import Workspace
from evaluation.samples.index import SampleIndex, has_key

Collection = Literal["datasets", "models", "evaluations", "predictions"]
"""What a workspace holds that has samples; the words of its folders."""
_PATHS: Final = ("predictions", "text_predictions")
FOLDER: Final = "samples"
"""Below the workspace's cache."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleSet:
    """The samples of one result: of a dataset's split, or what a model wrote."""

    collection: Collection
    name: str
    """Of the result in its collection."""
    predictions: Path | None = None
    """The file of predictions; None: the samples are those of the dataset."""
    text_predictions: Path | None = None
    """The file of a text model's predictions of the same documents; None: none was scored."""
    text_model: str | None = None
    """That text model."""
    dataset: str | None = None
    """The dataset that was read; None: the inputs were files."""
    split: str | None = None
    """Its split."""
    fingerprint: str | None = None
    """SHA-256 of the manifest of the dataset that was read; None: an earlier version did not record it."""
    blank_pages: bool = False
    """The model read blank pages instead of those of the dataset."""
    reads_text: bool = False
    """The model read the texts of the documents instead of pages."""

    def to_json(self) -> str:
        paths = {name: str(path) for name in _PATHS if (path := getattr(self, name))}
        return json.dumps({**asdict(self), **paths})

    @classmethod
    def from_json(cls, text: str) -> "SampleSet":
        """Build a set from the result of `to_json`."""
        values = json.loads(text)
        return cls(**{**values, **{name: Path(values[name]) for name in _PATHS if values[name]}})

    def index_path(self, workspace: Workspace) -> Path:
        return workspace.cache / FOLDER / f"{self.collection}~{self.name}~{self.split or ''}.sqlite"

    def key(self, workspace: Workspace) -> str:
        """Return the digest of everything that the index is made of. Raises StorageError, NotFound."""
        files = [path and _digest(path) for path in (self.predictions, self.text_predictions)]
        parts = [files, self._shard_digests(workspace), self.fingerprint]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()

    def has_index(self, workspace: Workspace) -> bool:
        """Return whether the index of the present content is there."""
        return has_key(self.index_path(workspace), self.key(workspace))

    def has_dataset(self, workspace: Workspace) -> bool:
        """Return whether the dataset that was read is there, and was not made anew since."""
        if self.dataset is None:
            return False
        manifest = workspace.dataset(self.dataset) / MANIFEST
        return manifest.is_file() and self.fingerprint in (None, file_sha256(manifest))

    @contextmanager
    def open_index(self, workspace: Workspace) -> Iterator[SampleIndex]:
        """Open the index. Raises StorageError if it is missing or damaged."""
        with SampleIndex.open(self.index_path(workspace)) as index:
            yield index

    def _shard_digests(self, workspace: Workspace) -> list[str]:
        if self.dataset is None or self.split is None:
            return []
        try:
            manifest = read_manifest(workspace.dataset(self.dataset))
            return [shard.sha256 for shard in manifest.require_split(self.split).shards]
        except DeepSynthError:
            if self.predictions is None:
                raise
            return []


def _digest(path: Path) -> str:
    """Return the SHA-256 of a file, read anew when the file has changed. Raises StorageError."""
    try:
        stat = path.stat()
        # No program can set ctime: a copy with the times of the original is told from it.
        return _digest_of_state(path, stat.st_dev, stat.st_ino, stat.st_size, stat.st_ctime_ns)
    except OSError as error:
        raise storage_error(path, error) from error


@lru_cache(maxsize=256)
def _digest_of_state(path: Path, *state: int) -> str:
    return file_sha256(path)
