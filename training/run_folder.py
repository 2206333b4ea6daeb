"""The folder of one training below workspace/models: what run it holds, how far it came, and whether a new request may go on in it."""

import hashlib
import json
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

from data.errors import Conflict
from data.store.files import read_json, storage_error, write_json
from data.store.workspace import Workspace
from training.config import TrainingConfig

RUN, CONFIG, CHECKPOINTS = "run.json", "training_config.json", "checkpoints"
Phase = Literal["training", "trained", "exported", "finished"]
_NO_MATTER = {
    *("overwrite", "report_to", "output", "push_to_hub", "hub_model_id", "hub_private_repo"),
    *("auto_batch_size", "per_device_train_batch_size", "gradient_accumulation_steps"),
}
"""Settings that do not change the weights. Of the batch sizes only their product does: a run that met the end of its GPU's memory goes on
with smaller micro-batches."""
_LIBRARIES = ("deepsynth", "torch", "transformers", "accelerate", "datasets", "peft")


@dataclass(frozen=True, slots=True)
class RunState:
    """How far a training came."""

    run: str
    """Digest of everything that decides the result: settings and data."""
    phase: Phase
    """training: steps remain. trained: the export remains. exported: its scores and card remain. finished: at most publishing remains."""
    best_step: int | None = None
    published: str | None = None
    """The repository that holds the finished model."""


@dataclass(frozen=True, slots=True)
class RunFolder:
    """Where a training writes."""

    path: Path

    @property
    def checkpoints(self) -> Path:
        return self.path / CHECKPOINTS

    @property
    def model(self) -> Path:
        return self.path / "model"

    @property
    def predictions(self) -> Path:
        return self.path / "predictions.jsonl"

    def state(self) -> RunState | None:
        """Read how far the training in this folder came; None: there is none."""
        return RunState(**read_json(self.path / RUN)) if (self.path / RUN).exists() else None

    def require_state(self) -> RunState:
        """Read how far the training came, in a folder that `open_run` has taken."""
        return RunState(**read_json(self.path / RUN))

    def write_state(self, state: RunState) -> None:
        write_json(self.path / RUN, asdict(state))


def run_digest(config: TrainingConfig, dataset_fingerprint: str) -> str:
    """Return the same value for trainings that must end in the same weights."""
    samples_per_step = config.per_device_train_batch_size * config.gradient_accumulation_steps
    document = config.model_dump(mode="json", exclude=_NO_MATTER)
    document |= {"dataset_fingerprint": dataset_fingerprint, "samples_per_step": samples_per_step}
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()


def open_run(config: TrainingConfig, dataset_fingerprint: str, workspace: Workspace) -> tuple[RunFolder, RunState]:
    """Take the output folder for a training: a fresh one, or the one in which the same training was interrupted.

    Raises:
        Conflict: the folder holds another training, and `overwrite` is not set.
    """
    folder = RunFolder(workspace.model(config.output))
    run = run_digest(config, dataset_fingerprint)
    earlier = folder.state()
    if earlier is not None and earlier.run == run:
        return folder, earlier
    if folder.path.exists() and any(folder.path.iterdir()):
        _clear(folder, config, workspace)
    fresh = RunState(run, "training")
    _create(folder, config, dataset_fingerprint, fresh)
    return folder, fresh


def check_output(config: TrainingConfig, workspace: Workspace) -> None:
    """Refuse an output folder that holds a training with other settings: what can be known of it before the dataset is read.

    Raises:
        UnsafePath: the name leaves the workspace.
        Conflict: as `open_run`.
        StorageError: the folder's files are damaged.
    """
    folder = RunFolder(workspace.model(config.output))
    earlier = folder.state()
    if config.overwrite or earlier is None:
        return
    dataset_fingerprint = read_json(folder.path / CONFIG).get("dataset_fingerprint", "")
    if run_digest(config, dataset_fingerprint) != earlier.run:
        raise _taken(config)


def _taken(config: TrainingConfig) -> Conflict:
    return Conflict(
        f"The output {config.output!r} already holds another training.",
        hint="Choose another output name, or set overwrite to replace it.",
        fields={"output": "already in use"},
    )


def _clear(folder: RunFolder, config: TrainingConfig, workspace: Workspace) -> None:
    if not config.overwrite:
        raise _taken(config)
    target = next(path for n in range(10_000) if not (path := workspace.trash / f"model-{config.output}-{n}").exists())
    try:
        folder.path.rename(target)
    except OSError as error:
        raise storage_error(folder.path, error) from error


def _create(folder: RunFolder, config: TrainingConfig, dataset_fingerprint: str, state: RunState) -> None:
    try:
        folder.checkpoints.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise storage_error(folder.path, error) from error
    document: dict[str, Any] = config.model_dump(mode="json")
    document |= {"dataset_fingerprint": dataset_fingerprint, "versions": {name: version(name) for name in _LIBRARIES}}
    write_json(folder.path / CONFIG, document)
    folder.write_state(state)
