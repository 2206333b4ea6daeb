"""The end of a training: the model exported, what was exported scored, its card written, all of it published.

Each part is written down when it is done, so that a training stopped here, or whose push failed, goes on with
the part it came to.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from accelerate import PartialState

from data.errors import StorageError
from data.hub.repository import resolve_repo_id
from data.hub.upload import push_folder
from data.progress import Progress
from data.store.workspace import Workspace
from evaluation.training_metrics import read_metrics
from training.evaluate import EvaluationResult, evaluate_into
from training.inputs.dataset import PageDatasetFolder
from training.loop.checkpoints import checkpoint_path, last_good, verify
from training.loop.run_training import TrainingSetup
from training.models.device import compute_dtype
from training.models.export import export_model
from training.models.loading import load_model
from training.models.model_card import write_model_card
from training.models.provenance import read_provenance
from training.models.trainable import choose_trainable
from training.models.trained_weights import load_trained_weights
from training.options.config import EvaluationConfig, TrainingConfig
from training.options.run_folder import RunFolder, RunState


@dataclass(frozen=True, slots=True)
class TrainingResult:
    """What a finished training left."""

    folder: Path
    best_step: int | None
    metrics: Mapping[str, float | int | None]
    evaluation: EvaluationResult

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form that a job's outcome carries."""
        return {**self.evaluation.as_dict(), "best_step": self.best_step, "metrics": dict(self.metrics)}


def export_run(setup: TrainingSetup, state: RunState, workspace: Workspace, progress: Progress) -> RunState:
    """Export what the training settled on: its best step where that is wanted, else its last.

    Raises:
        StorageError: the best checkpoint, or every one, is damaged; or the disk is full.
    """
    folder, arguments = setup.folder, setup.arguments
    exported = replace(state, phase="exported")
    if arguments.should_save:
        loaded, model = setup.loaded, setup.trainable.model
        if arguments.world_size > 1:  # each process may hold a part of the model that trained
            dtype = compute_dtype(setup.config.bf16)
            loaded = load_model(loaded.source, loaded.revision, workspace, dtype)
            model = choose_trainable(loaded.model, setup.config.train, setup.config.router).model
        # Always from the disk: the process that finishes a training need not be the one that trained, and
        # then holds the base's weights.
        load_trained_weights(model, _select_checkpoint(folder, state, progress))
        export_model(model, loaded, folder.model, read_provenance(folder.path))
        folder.write_state(exported)
    PartialState().wait_for_everyone()
    return exported


def _select_checkpoint(folder: RunFolder, state: RunState, progress: Progress) -> Path:
    if state.best_step is not None:
        best = verify(checkpoint_path(folder.checkpoints, state.best_step), state.run)
        progress.message(f"The best weights, of step {state.best_step}, become the model.")
        return best.path
    last = last_good(folder.checkpoints, state.run, lambda text: progress.message(text, "warning"))
    if last is None:
        raise StorageError(
            f"The training in {folder.path} is over, but none of its checkpoints is whole.",
            hint="Restore its checkpoints folder from a backup, or train again under another output name.",
        )
    return last.path


def finish_run(
    config: TrainingConfig,
    dataset: PageDatasetFolder,
    state: RunState,
    is_main_process: bool,
    workspace: Workspace,
    progress: Progress,
) -> TrainingResult:
    """Score the exported model on samples that the training never saw, write its card, and publish it where
    that is asked.

    Args:
        is_main_process: of several processes the one that writes.

    Raises:
        Stopped: the listener asked to stop; what is scored or sent so far is kept.
        HubError, Unavailable: the model cannot be published; all else is done.
    """
    folder = RunFolder(workspace.model(config.output))
    if state.phase == "exported":
        evaluate_into(
            folder.path, _final_evaluation_config(config, dataset), workspace, progress, state.best_step
        )
        state = replace(state, phase="finished")
        if is_main_process:
            write_model_card(folder, dataset.manifest)
            folder.write_state(state)
    if is_main_process:
        _publish(config, folder, state, progress)
    latest = read_metrics(folder.path).latest
    if latest["step"] is not None:
        progress.advance(
            int(latest["step"]), int(latest["step"]), "steps"
        )  # the scoring counted samples; a training is its steps
    return TrainingResult(folder.path, state.best_step, latest, EvaluationResult.read(folder.path))


def final_split(dataset: PageDatasetFolder) -> str:
    """Return the split that finished models are scored on."""
    return "test" if dataset.has("test") else "validation"


def _final_evaluation_config(config: TrainingConfig, dataset: PageDatasetFolder) -> EvaluationConfig:
    """Describe the evaluation that anyone may repeat on the finished model."""
    same = (
        "dataset",
        "blank_pages",
        "max_length",
        "per_device_eval_batch_size",
        "no_repeat_ngram_size",
        "no_repeat_ngram_window_size",
    )
    values = {name: getattr(config, name) for name in (*same, "bf16", "prompt")}
    return EvaluationConfig(
        model=config.output, split=final_split(dataset), max_samples=config.num_test_samples, **values
    )


def _publish(config: TrainingConfig, folder: RunFolder, state: RunState, progress: Progress) -> None:
    if not config.push_to_hub:
        return
    repository = resolve_repo_id(config.hub_model_id, config.output)
    if state.published != repository:
        push_folder(
            folder.model,
            config.output,
            "model",
            progress,
            repo_id=config.hub_model_id,
            private=config.hub_private_repo,
        )
        folder.write_state(replace(state, published=repository))
