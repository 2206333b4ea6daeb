"""The folder of a training below workspace/models: its state, and whether a new request may resume or replace
it."""

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final, Literal, Self

from data.config import mutable_fields
from data.dataset.manifest import MANIFEST
from data.errors import Conflict, listed
from data.store.files import file_sha256, move_to_trash, new_folder, read_json_object, write_json
from data.store.workspace import Workspace
from data.store.writer import hold_writer_lock, refuse_readers
from data.validation import read_record
from training.options.config import TrainingConfig

RUN: Final = "run.json"
CONFIG: Final = "training_config.json"
CHECKPOINTS: Final = "checkpoints"
MODEL: Final = "model"
PREDICTIONS: Final = "predictions.jsonl"
"""Texts of a finished model, or of an evaluation."""
TEXT_PREDICTIONS: Final = "text_predictions.jsonl"
"""Texts of the text model of an evaluation."""
VALIDATION_PREDICTIONS: Final = "validation_predictions.jsonl"
"""Texts of the latest validation of a training."""
EVALUATION_CONFIG: Final = "evaluation_config.json"
"""In the folder of an evaluation."""
FIRST_BATCH: Final = "first_batch.json"
Phase = Literal["training", "trained", "exported", "finished"]
_LATER_FIELDS: Final = ("lora_r", "lora_alpha", "lora_dropout", "reads")
"""Fields that earlier versions lacked. At their defaults they change nothing, and trainings of those versions
resume."""
_LIBRARIES: Final = ("deepsynth", "torch", "transformers", "accelerate", "datasets", "peft")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunState:
    """The progress of a training, as run.json holds it."""

    run: str
    """Digest of everything that decides the result: settings and data (`run_digest`)."""
    phase: Phase
    """training: steps remain. trained: the export remains. exported: its evaluation and its card remain.
    finished: at most publishing remains."""
    best_step: int | None = None
    published: str | None = None
    """The repository that holds the finished model."""
    base_weights: str = ""
    """Fingerprint of the weights that the training started from."""
    run_name: str = ""
    """The name under which trackers know this training; unique, also among trainings in the same folder."""
    fitting_batch_size: int | None = None
    """Largest micro-batch left to try, after GPU memory ran out with a larger one."""
    fitting_eval_batch_size: int | None = None
    """The same for evaluation."""


@dataclass(frozen=True, slots=True)
class RunFolder:
    """The folder that a training writes."""

    path: Path

    @classmethod
    def of(cls, config: TrainingConfig, workspace: Workspace) -> Self:
        """Return the output folder of a training. Raises UnsafePath when its name leaves the workspace."""
        return cls(workspace.model(config.output))

    @property
    def checkpoints(self) -> Path:
        return self.path / CHECKPOINTS

    @property
    def model(self) -> Path:
        return self.path / MODEL

    @property
    def predictions(self) -> Path:
        return self.path / PREDICTIONS

    @property
    def validation_predictions(self) -> Path:
        return self.path / VALIDATION_PREDICTIONS

    def read_state(self) -> RunState | None:
        """Read the state of the training in this folder; None: there is no training."""
        return self.require_state() if (self.path / RUN).exists() else None

    def require_state(self) -> RunState:
        """Read the state of the training in a folder that `open_run` has taken. Raises StorageError if it is
        damaged."""
        return read_record(self.path / RUN, RunState)

    def is_replaceable(self) -> bool:
        """Return whether another training may take the folder without loss: no training has written a
        checkpoint in it, and it holds no other files."""
        state = self.read_state()
        if state is None:
            return not any(path.is_file() for path in self.path.rglob("*"))
        return state.phase == "training" and not any(self.checkpoints.glob("checkpoint-*"))

    def write_state(self, state: RunState) -> None:
        write_json(self.path / RUN, asdict(state))

    def read_config(self) -> dict[str, Any]:
        """Read what `write_config` wrote."""
        return read_json_object(self.path / CONFIG)

    def write_config(self, config: TrainingConfig, dataset_fingerprint: str) -> None:
        """Write the settings in use, the fingerprint of the dataset, and the versions of the libraries."""
        versions = {name: version(name) for name in _LIBRARIES}
        write_json(
            self.path / CONFIG,
            config.model_dump(mode="json")
            | {"dataset_fingerprint": dataset_fingerprint, "versions": versions},
        )


def run_digest(config: TrainingConfig, dataset_fingerprint: str, num_processes: int = 1) -> str:
    """Return a digest that is equal for trainings that must end in the same weights."""
    samples_per_step = config.per_device_train_batch_size * config.gradient_accumulation_steps * num_processes
    document = config.model_dump(mode="json", exclude=mutable_fields(TrainingConfig))
    for name in _LATER_FIELDS:
        if document[name] == TrainingConfig.model_fields[name].default:
            del document[name]
    document |= {"dataset_fingerprint": dataset_fingerprint, "samples_per_step": samples_per_step}
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()


def open_run(
    config: TrainingConfig,
    folder: RunFolder,
    workspace: Workspace,
    dataset_fingerprint: str,
    base_weights: str,
    num_processes: int = 1,
) -> RunState:
    """Take the output folder for a training: create it, or resume the same training that was interrupted in
    it.

    Args:
        folder: the output folder.
        base_weights: fingerprint of the weights that the training starts from.
        num_processes: that share each step.

    Raises:
        Conflict: the folder holds another training, or its base or its dataset has changed, and `overwrite`
            is not set; or a process reads the training that would be replaced.
    """
    fresh = RunState(
        run=run_digest(config, dataset_fingerprint, num_processes),
        phase="training",
        base_weights=base_weights,
        run_name=f"{config.output}-{secrets.token_hex(4)}",
    )
    earlier = folder.read_state()
    if earlier is not None and (earlier.run, earlier.base_weights) == (fresh.run, base_weights):
        return earlier
    if folder.path.exists():
        if not (config.overwrite or folder.is_replaceable()):
            raise _another_training(config, folder, earlier, fresh.run, num_processes)
        with refuse_readers(workspace, "model", config.output):
            move_to_trash(folder.path, workspace.trash, "model-")
    with new_folder(folder.path) as temporary:
        unfinished = RunFolder(temporary)
        unfinished.checkpoints.mkdir()
        unfinished.write_config(config, dataset_fingerprint)
        unfinished.write_state(fresh)
    return fresh


def check_output(config: TrainingConfig, workspace: Workspace) -> None:
    """Refuse an output folder that holds another training, as far as is known without the dataset.

    Raises:
        UnsafePath: the name leaves the workspace.
        Conflict: as `open_run`; or another process is starting a training there.
        StorageError: the folder's files are damaged.
    """
    folder = RunFolder.of(config, workspace)
    earlier = folder.read_state()
    if config.overwrite or earlier is None:
        return
    present = workspace.dataset(config.dataset) / MANIFEST
    began_with = folder.read_config().get("dataset_fingerprint", "")
    run = run_digest(config, file_sha256(present) if present.is_file() else began_with)
    if run == earlier.run:
        return
    if not folder.is_replaceable():
        raise _another_training(config, folder, earlier, run)
    with hold_writer_lock(workspace, "model", config.output):
        pass  # no other process writes there


def _another_training(
    config: TrainingConfig, folder: RunFolder, earlier: RunState | None, run: str, num_processes: int = 1
) -> Conflict:
    """Return the refusal of a request whose digest is `run`, and say in what it differs."""
    if earlier is None:
        return _refusal(f"The output {config.output!r} already holds files of something else.", "output")
    stored = folder.read_config()
    if run == earlier.run:
        return _refusal(
            f"The model {config.model!r} has other weights than when the training in {config.output!r} "
            "started from it.",
            "model",
        )
    if run_digest(config, stored.get("dataset_fingerprint", ""), num_processes) == earlier.run:
        return _refusal(
            f"The dataset {config.dataset!r} has changed since the training in {config.output!r} began.",
            "dataset",
        )
    return _refusal(
        f"The output {config.output!r} already holds another training{_describe_difference(config, stored)}.",
        "output",
    )


def _refusal(message: str, field: str) -> Conflict:
    if field == "output":
        hint = "Choose another output name, or set overwrite to replace it."
        return Conflict(message, hint=hint, fields={"output": "already in use"})
    hint = (
        f"Bring the earlier {field} back to resume, choose another output name, or set overwrite to train "
        "again with the present one."
    )
    return Conflict(message, hint=hint, fields={field: "has changed since"})


def _describe_difference(config: TrainingConfig, stored: Mapping[str, Any]) -> str:
    """Say in which settings a request differs from the stored ones."""
    asked = config.model_dump(mode="json", exclude=mutable_fields(TrainingConfig))
    names = [name for name, value in asked.items() if stored.get(name, value) != value]
    return f", with another {listed(names or ['number of samples per step'])}"
