"""The samples of results, found by the name of the result; their index is made by a process of its own."""

import json
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from threading import Lock
from typing import Final

from werkzeug.exceptions import TooManyRequests

from data.dataset.manifest import read_manifest
from data.errors import NotFound, StorageError
from data.store.files import read_json_object
from data.store.workspace import Workspace, names_hint
from evaluation.report import REPORT
from evaluation.samples.kept_pages import KeptPages
from evaluation.samples.record import SampleRecord
from evaluation.samples.store import Collection, SampleSet
from training.options.run_folder import CONFIG, EVALUATION_CONFIG, PREDICTIONS
from web_ui.api.previews import error_from_json
from web_ui.jobs.redaction import child_environment

WAIT_S: Final = 2.0
"""An index that takes longer is made while the client asks again."""
_processes: Final[dict[Path, "subprocess.Popen[bytes]"]] = {}
_lock: Final = Lock()


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


def prepare_index(samples: SampleSet, workspace: Workspace) -> None:
    """Return when the index is there.

    Raises:
        TooManyRequests: it is being made; ask again.
        StorageError: a file of the result is damaged, or the disk is full.
    """
    path = samples.index_path(workspace)
    with _lock:
        if path not in _processes and samples.has_index(workspace):
            return
        process = _processes.get(path) or _start(samples, workspace)
        _processes[path] = process
    try:
        output, _ = process.communicate(timeout=WAIT_S)
    except subprocess.TimeoutExpired as error:
        raise TooManyRequests("The samples are being scored and sorted.", retry_after=1) from error
    finally:
        if process.poll() is not None:
            _processes.pop(path, None)
    if output:
        raise error_from_json(json.loads(output))
    if process.returncode:
        raise StorageError(
            f"The process that sorts the samples ended with exit code {process.returncode}.",
            hint="Try again.",
        )


def _start(samples: SampleSet, workspace: Workspace) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-m", "evaluation.samples.build", str(workspace.root), samples.to_json()],
        stdout=subprocess.PIPE,
        env=child_environment(),
    )


def _of_dataset(name: str, workspace: Workspace) -> dict[str, SampleSet]:
    manifest = read_manifest(workspace.dataset(name))
    manifest.require_complete()
    return {
        split: SampleSet(collection="datasets", name=name, dataset=name, split=split)
        for split, entry in manifest.splits.items()
        if entry.counts.num_kept
    }


def _of_model(name: str, workspace: Workspace) -> dict[str, SampleSet]:
    folder = workspace.model(name)
    if not folder.is_dir():
        known = (path.name for path in workspace.models.glob("[!.]*"))
        raise NotFound(f"There is no model {name!r}.", hint=names_hint(known))
    predictions = folder / PREDICTIONS
    if not predictions.is_file():
        return {}
    dataset = read_json_object(folder / CONFIG).get("dataset")
    split = "validation"
    if (folder / REPORT).is_file():
        split = str(read_json_object(folder / REPORT)["subject"]["split"])
    samples = SampleSet(collection="models", name=name, predictions=predictions, dataset=dataset, split=split)
    return {split: samples}


def _of_evaluation(name: str, workspace: Workspace) -> dict[str, SampleSet]:
    folder = workspace.evaluation(name)
    if not folder.is_dir():
        known = (path.name for path in workspace.evaluations.glob("[!.]*"))
        raise NotFound(f"There is no evaluation {name!r}.", hint=names_hint(known))
    predictions = folder / PREDICTIONS
    if not predictions.is_file():
        return {}
    config = read_json_object(folder / EVALUATION_CONFIG)
    dataset, split = config.get("dataset"), str(config.get("split"))
    samples = SampleSet(
        collection="evaluations", name=name, predictions=predictions, dataset=dataset, split=split
    )
    return {split: samples}


def _of_prediction(name: str, workspace: Workspace) -> dict[str, SampleSet]:
    path = workspace.prediction(name)
    if not path.is_file():
        known = (path.name for path in workspace.predictions.glob("[!.]*"))
        raise NotFound(f"There are no predictions {name!r}.", hint=names_hint(known))
    source = KeptPages(path).source()
    samples = SampleSet(
        collection="predictions", name=name, predictions=path, dataset=source.dataset, split=source.split
    )
    return {source.split or "inputs": samples}


_FINDERS: Final[Mapping[str, Callable[[str, Workspace], dict[str, SampleSet]]]] = {
    "datasets": _of_dataset,
    "models": _of_model,
    "evaluations": _of_evaluation,
    "predictions": _of_prediction,
}


def sample_text(samples: SampleSet, record: SampleRecord, workspace: Workspace) -> str | None:
    """Return the text of a sample's document; None: it is not known.

    Raises:
        StorageError: the dataset is damaged.
    """
    from data.dataset.shards import read_samples  # noqa: PLC0415  (serving the web pages does not need pyarrow)

    if samples.dataset is None or samples.split is None or record.row is None:
        return None
    rows = read_samples(workspace.dataset(samples.dataset), samples.split, record.row, record.row + 1)
    return next((sample.document.text for sample in rows), None)


def why_no_pages(samples: SampleSet, records: Sequence[SampleRecord], workspace: Workspace) -> str | None:
    """Return why these samples have no pages to show; None: they have."""
    if samples.dataset is None:
        return None
    if not (workspace.dataset(samples.dataset)).is_dir():
        return f"The dataset {samples.dataset} was deleted, so its pages cannot be shown."
    if any(record.row is None for record in records):
        return f"The dataset {samples.dataset} was made anew with other documents since these were read."
    return None


def kept_page(samples: SampleSet, record: SampleRecord, number: int) -> Path | None:
    """Return the file of a page that a prediction kept, from 1; None: it kept none."""
    if samples.predictions is None or samples.dataset is not None:
        return None
    path = KeptPages(samples.predictions).page(record.document_id, number)
    return path if path.is_file() else None
