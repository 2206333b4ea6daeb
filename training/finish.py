"""The end of a training: export the model, evaluate the export, write its card, publish it.

run.json records each part when it is done. A training that was stopped here, or whose push failed, resumes
with the next part.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from accelerate import PartialState
from peft import PeftModel
from transformers import PreTrainedModel

from data.dataset.losses import Loss, losses
from data.errors import Conflict, NotFound, StorageError
from data.hub.repository import resolve_repo_id
from data.hub.upload import push_folder
from data.progress import PartialProgress, Progress
from data.store.workspace import Workspace
from evaluation.samples.build import index_samples
from evaluation.samples.store import SampleSet
from evaluation.training_metrics import read_metrics
from training.evaluate import EvaluationResult, evaluate_into
from training.inputs.dataset import PageDatasetFolder, open_dataset
from training.loop.checkpoints import checkpoint_path, last_good, verify
from training.loop.run_training import TrainingSetup
from training.models.device import compute_dtype
from training.models.export import export_model
from training.models.loading import LoadedModel, load_model
from training.models.model_card import write_model_card
from training.models.provenance import read_provenance
from training.models.trainable import choose_trainable
from training.models.trained_weights import load_trained_weights
from training.options.assessment import evaluation_of_training
from training.options.config import TrainingConfig
from training.options.run_folder import RunFolder, RunState


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingResult:
    """The result of a finished training."""

    folder: Path
    best_step: int | None
    metrics: Mapping[str, float | int | None]
    evaluation: EvaluationResult
    dataset_losses: tuple[Loss, ...]
    """What the dataset lost of its source, as far as that is a warning."""

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form: the `result` of a job."""
        return {
            **self.evaluation.as_dict(),
            "best_step": self.best_step,
            "metrics": dict(self.metrics),
            "dataset_losses": [asdict(loss) for loss in self.dataset_losses],
        }


def export_run(setup: TrainingSetup, state: RunState, workspace: Workspace, progress: Progress) -> RunState:
    """Export the best checkpoint if load_best_model_at_end is set, else the last one.

    Raises:
        StorageError: the best checkpoint, or every one, is damaged; or the disk is full.
    """
    exported = replace(state, phase="exported")
    if setup.arguments.should_save:
        loaded, model = setup.loaded, setup.trainable.model
        if setup.arguments.world_size > 1:
            loaded, model = _load_again(setup, workspace)
        # Always read from the disk: the process that resumes a trained run holds the base's weights.
        load_trained_weights(model, _select_checkpoint(setup.folder, state, progress))
        export_model(model, loaded, setup.folder.model, read_provenance(setup.folder.path))
        setup.folder.write_state(exported)
    PartialState().wait_for_everyone()
    return exported


def _load_again(
    setup: TrainingSetup, workspace: Workspace
) -> tuple[LoadedModel, PreTrainedModel | PeftModel]:
    """Load the base again: after a training on several GPUs each process may hold a part of the model."""
    source, revision, config = setup.loaded.source, setup.loaded.revision, setup.config
    loaded = load_model(source, revision, workspace, compute_dtype(config.bf16))
    return loaded, choose_trainable(loaded.model, config.train, config.router, config.lora).model


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
    folder: RunFolder,
    dataset: PageDatasetFolder,
    state: RunState,
    workspace: Workspace,
    progress: Progress,
    is_main_process: bool,
) -> TrainingResult:
    """Evaluate the exported model on the final split, write its card, and publish it if push_to_hub is set.

    Args:
        state: phase exported, or finished.
        is_main_process: of several processes the one that writes.

    Raises:
        Stopped: the listener asked to stop; the texts and files made so far are kept.
        HubError, Unavailable: the model cannot be published; all else is done.
    """
    if state.phase == "exported":
        _require_same_dataset(config, dataset, workspace, folder)
        evaluation = evaluation_of_training(config, final_split(dataset))
        scoring = PartialProgress(progress, 0.0, 0.97)
        evaluate_into(folder.path, evaluation, workspace, scoring, state.best_step)
        progress.begin("Sorting the samples", 0.97, 1.0)
        state = replace(state, phase="finished")
        if is_main_process:
            samples = SampleSet(
                collection="models",
                name=config.output,
                predictions=folder.predictions,
                dataset=config.dataset,
                split=evaluation.split,
                fingerprint=dataset.fingerprint,
            )
            index_samples(samples, workspace, progress)
            write_model_card(folder, dataset.manifest, workspace)
            folder.write_state(state)
    if is_main_process:
        _publish(config, folder, state, progress)
    latest = read_metrics(folder.path).latest
    if latest["step"] is not None:  # back from the evaluation's samples to the training's steps
        progress.advance(int(latest["step"]), int(latest["step"]), "steps")
    result = EvaluationResult.read(folder.path)
    lost = tuple(loss for loss in losses(dataset.manifest) if loss.is_warning)
    return TrainingResult(
        folder=folder.path, best_step=state.best_step, metrics=latest, evaluation=result, dataset_losses=lost
    )


def _require_same_dataset(
    config: TrainingConfig, dataset: PageDatasetFolder, workspace: Workspace, folder: RunFolder
) -> None:
    """Refuse to score the model on another dataset that has the name now. Raises Conflict."""
    try:
        is_same = open_dataset(workspace, config.dataset).fingerprint == dataset.fingerprint
    except NotFound:
        is_same = False
    if not is_same:
        raise Conflict(
            f"The dataset {config.dataset!r} was deleted or replaced while the training in {config.output!r} "
            f"read it. The finished model is in {folder.model}, without scores.",
            hint="Bring the dataset back and resume, or evaluate the model on another one.",
            fields={"dataset": "was deleted or replaced"},
        )


def final_split(dataset: PageDatasetFolder) -> str:
    """Return the split that finished models are evaluated on."""
    return "test" if dataset.has("test") else "validation"


def _publish(config: TrainingConfig, folder: RunFolder, state: RunState, progress: Progress) -> None:
    if not config.push_to_hub:
        return
    repository = resolve_repo_id(config.hub_model_id, config.output)
    if state.published != repository:
        progress.begin("Publishing")
        repo_id, private = config.hub_model_id, config.hub_private_repo
        push_folder(folder.model, config.output, "model", progress, repo_id=repo_id, private=private)
        folder.write_state(replace(state, published=repository))
