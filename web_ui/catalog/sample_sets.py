"""The samples of a result, found by the name of the result."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from data.dataset.manifest import read_manifest
from data.errors import NotFound
from data.store.workspace import Workspace, names_hint
from data.validation import read_record
from evaluation.report import REPORT
from evaluation.samples.first_batch import FIRST_BATCH_SPLIT
from evaluation.samples.kept_pages import predicted_samples_of
from evaluation.samples.store import Collection, SampleSet
from training.options.run_folder import (
    CONFIG,
    EVALUATION_CONFIG,
    FIRST_BATCH,
    PREDICTIONS,
    TEXT_PREDICTIONS,
    VALIDATION_PREDICTIONS,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    """What training_config.json and evaluation_config.json say of the dataset."""

    dataset: str
    split: str = "validation"
    dataset_fingerprint: str | None = None
    blank_pages: bool = False
    reads: str = "pages"
    text_model: str | None = None


@dataclass(frozen=True, slots=True)
class _Subject:
    split: str


@dataclass(frozen=True, slots=True)
class _Scored:
    """What report.json says of the split."""

    subject: _Subject


def list_sample_sets(collection: Collection, name: str, workspace: Workspace) -> Mapping[str, SampleSet]:
    """Return the samples of a result by the name of their split.

    Raises:
        NotFound: there is no such result, or it holds no samples yet.
        StorageError: one of its files is damaged.
    """
    if collection not in _FINDERS:
        raise NotFound(f"There are no samples of {collection!r}.", hint=f"Use {', '.join(_FINDERS)}.")
    found = _FINDERS[collection](name, workspace)
    if not found:
        raise NotFound(f"{name!r} holds no samples yet.", hint="Wait until its job has made some.")
    return found


def _of_dataset(name: str, workspace: Workspace) -> dict[str, SampleSet]:
    manifest = read_manifest(workspace.dataset(name))
    manifest.require_complete()
    return {
        split: SampleSet(collection="datasets", name=name, dataset=name, split=split)
        for split, entry in manifest.splits.items()
        if entry.counts.num_kept
    }


def _of_model(name: str, workspace: Workspace) -> dict[str, SampleSet]:
    folder = _existing(workspace.model(name), f"There is no model {name!r}.")
    is_scored = (folder / REPORT).is_file()
    split = read_record(folder / REPORT, _Scored).subject.split if is_scored else None
    scored = _in_folder("models", folder, CONFIG, PREDICTIONS, split)
    validated = _in_folder("models", folder, CONFIG, VALIDATION_PREDICTIONS)
    later = {split: samples for split, samples in validated.items() if not (is_scored and split in scored)}
    return scored | later | _first_batch(folder)


def _first_batch(folder: Path) -> dict[str, SampleSet]:
    path = folder / FIRST_BATCH
    if not path.is_file():
        return {}
    batch = SampleSet(collection="models", name=folder.name, predictions=path, split=FIRST_BATCH_SPLIT)
    return {FIRST_BATCH_SPLIT: batch}


def _of_evaluation(name: str, workspace: Workspace) -> dict[str, SampleSet]:
    folder = _existing(workspace.evaluation(name), f"There is no evaluation {name!r}.")
    return _in_folder("evaluations", folder, EVALUATION_CONFIG, PREDICTIONS)


def _of_prediction(name: str, workspace: Workspace) -> dict[str, SampleSet]:
    path = _existing(workspace.prediction(name), f"There are no predictions {name!r}.")
    samples = predicted_samples_of(path)
    return {samples.split or "inputs": samples}


_FINDERS: Final[Mapping[str, Callable[[str, Workspace], dict[str, SampleSet]]]] = {
    "datasets": _of_dataset,
    "models": _of_model,
    "evaluations": _of_evaluation,
    "predictions": _of_prediction,
}


def _in_folder(
    collection: Collection, folder: Path, config: str, predictions: str, split: str | None = None
) -> dict[str, SampleSet]:
    """Return the predictions in a file of a folder, by their split; none if there are none yet."""
    if not (folder / predictions).is_file():
        return {}
    source = read_record(folder / config, _Source)
    texts = folder / TEXT_PREDICTIONS
    has_texts = source.text_model is not None and texts.is_file()
    samples = SampleSet(
        collection=collection,
        name=folder.name,
        predictions=folder / predictions,
        text_predictions=texts if has_texts else None,
        text_model=source.text_model if has_texts else None,
        dataset=source.dataset,
        split=split or source.split,
        fingerprint=source.dataset_fingerprint,
        blank_pages=source.blank_pages,
        reads_text=source.reads != "pages",
    )
    return {str(samples.split): samples}


def _existing(path: Path, message: str) -> Path:
    if not path.exists():
        raise NotFound(message, hint=names_hint(other.name for other in path.parent.glob("[!.]*")))
    return path
