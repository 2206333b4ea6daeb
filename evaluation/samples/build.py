"""Make the index of a result's samples.

`python -m evaluation.samples.build WORKSPACE SAMPLES` does so for a `SampleSet` in its JSON form. Scoring
100,000 samples takes minutes, which no web process has.
"""

import fcntl
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from data.dataset.shards import read_texts
from data.errors import DeepSynthError, StorageError
from data.progress import Progress
from data.store.files import storage_error
from data.store.workspace import Workspace
from evaluation.samples.collect import dataset_samples, predicted_samples, read_predictions
from evaluation.samples.first_batch import FIRST_BATCH_SPLIT, first_batch_samples
from evaluation.samples.index_file import write_index
from evaluation.samples.record import SampleRecord
from evaluation.samples.store import SampleSet


def build_index(samples: SampleSet, workspace: Workspace) -> None:
    """Make the index of a result's samples, unless it is there. Of two processes the second one waits.

    Raises:
        StorageError: a file of the result is missing or damaged, or the disk is full.
        NotFound, InvalidInput, Conflict: there is no such dataset or split, or it is not finished.
    """
    path = samples.index_path(workspace)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not samples.has_index(workspace):
                write_index(path, samples.key(workspace), _records(samples, workspace))
    except OSError as error:
        raise storage_error(path, error) from error


def index_samples(samples: SampleSet, workspace: Workspace, progress: Progress) -> None:
    """Make the index at the end of a job, so that nobody waits for it. Without one the job is as good: it is
    made when the samples are looked at."""
    try:
        build_index(samples, workspace)
    except StorageError as error:
        progress.message(f"The samples are not sorted yet: {error}", "warning")


def _records(samples: SampleSet, workspace: Workspace) -> Iterator[SampleRecord]:
    if samples.predictions is None:
        return dataset_samples(_documents(samples, workspace))
    if samples.split == FIRST_BATCH_SPLIT:
        return first_batch_samples(samples.predictions)
    lines, by_text_model = (
        read_predictions(path) if path else [] for path in (samples.predictions, samples.text_predictions)
    )
    return predicted_samples(lines, _documents(samples, workspace), by_text_model)


def _documents(samples: SampleSet, workspace: Workspace) -> Iterator[Mapping[str, Any]]:
    """Yield the rows of the split, without pages; of predictions, none if their dataset is gone."""
    if samples.dataset is None or samples.split is None or not samples.has_dataset(workspace):
        return
    try:
        yield from read_texts(workspace.dataset(samples.dataset), samples.split)
    except DeepSynthError:
        if samples.predictions is None:
            raise


def main() -> None:
    samples = SampleSet.from_json(sys.argv[2])
    try:
        build_index(samples, Workspace(Path(sys.argv[1])))
    except DeepSynthError as error:
        json.dump(error.as_dict(), sys.stdout)


if __name__ == "__main__":
    main()
