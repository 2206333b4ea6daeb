"""The folder of one training below workspace/models: what run it holds, how far it came, and whether a new
request may go on in it."""

import hashlib
import json
import secrets
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Literal

from data.errors import Conflict
from data.store.files import move_to_trash, new_folder, read_json, write_json
from data.store.workspace import Workspace
from data.store.writer import hold_writer_lock
from training.options.config import TrainingConfig

RUN, CONFIG, CHECKPOINTS = "run.json", "training_config.json", "checkpoints"
Phase = Literal["training", "trained", "exported", "finished"]
_FIELDS_NOT_IN_DIGEST = {
    *(
        "preset",
        "overwrite",
        "report_to",
        "output",
        "push_to_hub",
        "hub_model_id",
        "hub_private_repo",
        "num_test_samples",
    ),
    *(
        "auto_batch_size",
        "per_device_train_batch_size",
        "gradient_accumulation_steps",
        "per_device_eval_batch_size",
    ),
    *(
        "gradient_checkpointing",
        "cache_features",
        "dataloader_num_workers",
        "save_steps",
        "save_total_limit",
        "logging_steps",
    ),
}
"""Settings that do not change the weights, so that a run goes on with other values. Of the batch sizes only
their product does: a run that met the end of its GPU's memory goes on with smaller micro-batches, or with
more processes."""
_LIBRARIES = ("deepsynth", "torch", "transformers", "accelerate", "datasets", "peft")


@dataclass(frozen=True, slots=True)
class RunState:
    """How far a training came."""

    run: str
    """Digest of everything that decides the result: settings and data."""
    phase: Phase
    """training: steps remain. trained: the export remains. exported: its scores and card remain. finished: at
    most publishing remains."""
    best_step: int | None = None
    published: str | None = None
    """The repository that holds the finished model."""
    base_weights: str = ""
    """Fingerprint of the weights that the training started from."""
    run_name: str = ""
    """By which trackers know it; no other training has it, not even one that replaces this one."""
    fitting_batch_size: int | None = None
    """Largest micro-batch left to try, once a larger one did not fit the GPU's memory."""
    fitting_eval_batch_size: int | None = None
    """The same for evaluation."""


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

    def read_state(self) -> RunState | None:
        """Read how far the training in this folder came; None: there is none."""
        return RunState(**read_json(self.path / RUN)) if (self.path / RUN).exists() else None

    def require_state(self) -> RunState:
        """Read how far the training came, in a folder that `open_run` has taken."""
        return RunState(**read_json(self.path / RUN))

    def is_replaceable(self) -> bool:
        """Say whether nothing is lost when another training takes the folder: none came to its first
        checkpoint in it."""
        state = self.read_state()
        if state is None:
            return not any(path.is_file() for path in self.path.rglob("*"))
        return state.phase == "training" and not any(self.checkpoints.glob("checkpoint-*"))

    def write_state(self, state: RunState) -> None:
        write_json(self.path / RUN, asdict(state))

    def write_config(self, config: TrainingConfig, dataset_fingerprint: str) -> None:
        """Write the settings as they are in use, with what else decides the result."""
        versions = {name: version(name) for name in _LIBRARIES}
        write_json(
            self.path / CONFIG,
            config.model_dump(mode="json")
            | {"dataset_fingerprint": dataset_fingerprint, "versions": versions},
        )


def run_digest(config: TrainingConfig, dataset_fingerprint: str, num_processes: int = 1) -> str:
    """Return the same value for trainings that must end in the same weights."""
    samples_per_step = config.per_device_train_batch_size * config.gradient_accumulation_steps * num_processes
    document = config.model_dump(mode="json", exclude=_FIELDS_NOT_IN_DIGEST)
    document |= {"dataset_fingerprint": dataset_fingerprint, "samples_per_step": samples_per_step}
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()


def open_run(
    config: TrainingConfig,
    workspace: Workspace,
    dataset_fingerprint: str,
    base_weights: str,
    num_processes: int = 1,
) -> tuple[RunFolder, RunState]:
    """Take the output folder for a training: a fresh one, or the one in which the same training was
    interrupted.

    Args:
        base_weights: fingerprint of the weights that the training starts from.
        num_processes: that share each step.

    Raises:
        Conflict: the folder holds another training, or its base has changed; and `overwrite` is not set.
    """
    folder = RunFolder(workspace.model(config.output))
    run_name = f"{config.output}-{secrets.token_hex(4)}"
    fresh = RunState(
        run_digest(config, dataset_fingerprint, num_processes),
        "training",
        base_weights=base_weights,
        run_name=run_name,
    )
    earlier = folder.read_state()
    if earlier is not None and (earlier.run, earlier.base_weights) == (fresh.run, base_weights):
        return folder, earlier
    if folder.path.exists():
        if not config.overwrite and not folder.is_replaceable():
            raise (
                _output_taken_error(config)
                if earlier is None or earlier.run != fresh.run
                else _base_changed_error(config)
            )
        move_to_trash(folder.path, workspace.trash, "model-")
    with new_folder(folder.path) as temporary:
        unfinished = RunFolder(temporary)
        unfinished.checkpoints.mkdir()
        unfinished.write_config(config, dataset_fingerprint)
        unfinished.write_state(fresh)
    return folder, fresh


def check_output(config: TrainingConfig, workspace: Workspace) -> None:
    """Refuse an output folder that holds a training with other settings: what can be known of it before the
    dataset is read.

    Raises:
        UnsafePath: the name leaves the workspace.
        Conflict: as `open_run`; or another training is being started there.
        StorageError: the folder's files are damaged.
    """
    folder = RunFolder(workspace.model(config.output))
    earlier = folder.read_state()
    if config.overwrite or earlier is None:
        return
    dataset_fingerprint = read_json(folder.path / CONFIG).get("dataset_fingerprint", "")
    if run_digest(config, dataset_fingerprint) == earlier.run:
        return
    if not folder.is_replaceable():
        raise _output_taken_error(config)
    with hold_writer_lock(workspace, "model", config.output):
        pass  # nobody is at work there


def _output_taken_error(config: TrainingConfig) -> Conflict:
    return Conflict(
        f"The output {config.output!r} already holds another training.",
        hint="Choose another output name, or set overwrite to replace it.",
        fields={"output": "already in use"},
    )


def _base_changed_error(config: TrainingConfig) -> Conflict:
    return Conflict(
        f"The model {config.model!r} has other weights than when the training in {config.output!r} started "
        "from it.",
        hint="Bring the earlier weights back, or set overwrite to train again from the new ones.",
        fields={"model": "has changed since"},
    )
