"""The training stage: page dataset -> fine-tuned model, measured while it trains and scored at the end."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import nn
from transformers import TrainingArguments

from data.cores import num_cores
from data.errors import InvalidInput, StorageError
from data.hub import repository_name
from data.progress import Progress, Silent
from data.store.workspace import Workspace
from data.upload import push_folder
from evaluation.report import Report, Subject, write_report
from evaluation.training_metrics import read_metrics
from training.arguments import training_arguments
from training.checkpoints import checkpoint_path, last_good
from training.collate import Collator
from training.config import TrainingConfig
from training.dataset import PageDataset, PageDatasetFolder, open_dataset
from training.export import export_model
from training.features import FeatureCache, accept_features
from training.first_batch import report_first_batch
from training.fitting import Fitting, fit
from training.generate_text import Prediction
from training.memory import estimate, fit_sentence
from training.model import PAGE_MODES, LoadedModel, load_model
from training.model_card import write_model_card
from training.out_of_memory import run_until_it_fits
from training.reader import compute_device, encoder_for, require_mode, require_positions, wrong_mode
from training.run_folder import RunFolder, RunState, open_run
from training.score import prediction_record, score_samples, write_predictions
from training.trainable import choose_trainable
from training.trainer import load_weights


@dataclass(frozen=True, slots=True)
class TrainingResult:
    """What a finished training left."""

    folder: Path
    best_step: int | None
    metrics: Mapping[str, float | int | None]
    report: Report
    samples: tuple[Prediction, ...]
    """The first predictions of the final evaluation, to look at."""

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form that a job's outcome carries."""
        return {
            "folder": str(self.folder),
            "best_step": self.best_step,
            "metrics": dict(self.metrics),
            "table": [{"name": name, **scores} for name, scores in self.report.table()],
            "intervals": self.report.intervals(),
            "examples": [prediction_record(prediction) for prediction in self.samples],
        }


@dataclass(frozen=True, slots=True)
class _Task:
    """A training as asked for: its samples and where it writes, before anything large is loaded."""

    config: TrainingConfig
    workspace: Workspace
    dataset: PageDatasetFolder
    training: PageDataset
    validation: PageDataset
    final: PageDataset
    """What the finished model is scored on."""
    final_split: str
    folder: RunFolder

    @property
    def most_pages(self) -> int:
        return max(max(split.num_pages()) for split in (self.training, self.validation, self.final))


def train(config: TrainingConfig, workspace: Workspace, progress: Progress) -> TrainingResult:
    """Fine-tune a model on a page dataset, or go on with the same training where it was interrupted.

    Raises:
        DeepSynthError: the request cannot be carried out; what can be known without the weights is said before they are loaded.
        Stopped: the listener asked to stop; a checkpoint of the last step is saved.
    """
    dataset = open_dataset(workspace, config.dataset)
    final = "test" if dataset.has("test") else "validation"
    training, validation, scored = (dataset.split(name) for name in ("train", "validation", final))
    _require_summaries(training)
    if config.push_to_hub:
        repository_name(config.hub_model_id, config.output)  # refuses a missing token before hours of training
    torch.set_num_threads(min(torch.get_num_threads(), num_cores()))
    folder = RunFolder(workspace.model(config.output))
    arguments = training_arguments(config, folder.checkpoints)
    if not arguments.should_save:
        progress = Silent()  # one process of several speaks for all
    with arguments.main_process_first():
        open_run(config, dataset.fingerprint, workspace)
    task = _Task(config, workspace, dataset, training, validation, scored.first(config.num_test_samples), final, folder)
    _say_what_fits(task, progress)
    return run_until_it_fits(lambda attempted: _attempt(attempted, task, progress), config, progress)


def _attempt(config: TrainingConfig, task: _Task, progress: Progress) -> TrainingResult:
    """Train from the last checkpoint on with the batch sizes of `config`, which may be smaller than those asked for."""
    arguments = training_arguments(config, task.folder.checkpoints)
    loaded = _load(config, task.dataset, arguments, task.workspace, progress)
    collator = Collator(encoder_for(loaded, task.dataset.mode, config.prompt, config.max_length), config.blank_pages)
    require_positions(loaded.model, collator.encoder, task.most_pages, "dataset")
    if arguments.should_save:
        report_first_batch(task.folder.path, task.training, collator, config.per_device_train_batch_size, progress)
    chosen = choose_trainable(loaded.model, config.train)
    if config.cache_features:
        collator = replace(collator, features=_feature_cache(loaded, task, arguments, progress))
    fitting = Fitting(config, task.folder, loaded, chosen, collator, arguments)
    state = task.folder.require_state()
    if state.phase == "training":
        state = fit(fitting, state, task.training, task.validation, progress)
    return _finish(fitting, state, task, progress)


def _finish(fitting: Fitting, state: RunState, task: _Task, progress: Progress) -> TrainingResult:
    """Restore the best weights, score them on samples that the training never saw, and leave a model to use."""
    if fitting.arguments.world_size > 1:
        fitting = _loaded_whole(fitting, task, progress)
    config, folder, model = fitting.config, fitting.folder, fitting.chosen.model
    _restore_weights(model, folder, state, progress)
    subject = Subject(config.output, config.dataset, task.final_split, task.dataset.benchmark)
    nn.Module.to(model, compute_device())
    report, predictions = score_samples(model, fitting.collator, task.final, fitting.decoding(), subject, progress)
    if fitting.arguments.should_save:
        write_report(folder.path, report)
        write_predictions(folder.predictions, predictions, state.best_step)
        export_model(model, fitting.loaded, folder.model)
        write_model_card(folder, task.dataset.manifest, fitting.loaded)
        _publish(config, folder, progress)
        folder.write_state(replace(state, phase="finished"))
    latest = read_metrics(folder.path).latest
    if latest["step"] is not None:
        progress.advance(int(latest["step"]), int(latest["step"]), "steps")  # the scoring counted samples; a training is its steps
    return TrainingResult(folder.path, state.best_step, latest, report, tuple(predictions[:3]))


def _restore_weights(model: nn.Module, folder: RunFolder, state: RunState, progress: Progress) -> None:
    """Load what the training settled on: its best step where that is wanted, else its last. Always from the disk, since the process
    that finishes a training need not be the one that trained, and then holds the base's weights.

    Raises:
        StorageError: no checkpoint is whole.
    """
    if state.best_step is not None:
        load_weights(model, checkpoint_path(folder.checkpoints, state.best_step))
        progress.message(f"The best weights, of step {state.best_step}, are restored.")
        return
    last = last_good(folder.checkpoints, state.run, lambda text: progress.message(text, "warning"))
    if last is None:
        raise StorageError(
            f"The training in {folder.path} is over, but none of its checkpoints is whole.",
            hint="Restore its checkpoints folder from a backup, or train again under another output name.",
        )
    load_weights(model, last.path)


def _loaded_whole(fitting: Fitting, task: _Task, progress: Progress) -> Fitting:
    """Load the base into a fresh model: several processes may each hold a part of the one that trained."""
    loaded = _load(fitting.config, task.dataset, fitting.arguments, task.workspace, progress)
    chosen = choose_trainable(loaded.model, fitting.config.train)
    if fitting.collator.features:
        accept_features(loaded.model)
    return replace(fitting, loaded=loaded, chosen=chosen)


def _publish(config: TrainingConfig, folder: RunFolder, progress: Progress) -> None:
    if config.push_to_hub:
        push_folder(folder.model, config.output, "model", progress, repo_id=config.hub_model_id, private=config.hub_private_repo)


def _feature_cache(loaded: LoadedModel, task: _Task, arguments: TrainingArguments, progress: Progress) -> FeatureCache:
    accept_features(loaded.model)
    dtype = torch.bfloat16 if arguments.bf16 else torch.float32
    cache = FeatureCache.open(task.workspace, loaded.model, task.dataset.page_size_px, dtype)
    num_pages = sum(task.training.num_pages()) + sum(task.validation.num_pages())
    cache.require_room(num_pages)
    progress.message(
        f"The encoder's output for {num_pages:,} pages is kept in {cache.folder} (up to {cache.size_bytes(num_pages) / 1e9:.2f} GB)."
    )
    return cache


def _say_what_fits(task: _Task, progress: Progress) -> None:
    if torch.cuda.is_available():
        expected = estimate(task.config, task.dataset.mode, task.most_pages)
        memory_gb = torch.cuda.get_device_properties(0).total_memory / 1e9
        progress.message(fit_sentence(expected, memory_gb), "info" if expected.fits(memory_gb) else "warning")


def _load(
    config: TrainingConfig, dataset: PageDatasetFolder, arguments: TrainingArguments, workspace: Workspace, progress: Progress
) -> LoadedModel:
    if config.model == "tiny" and dataset.mode not in PAGE_MODES["tiny"]:
        raise wrong_mode(config.model, PAGE_MODES["tiny"], dataset.mode)
    progress.message(f"Loading {config.model}.")
    loaded = load_model(config.model, config.revision, workspace, torch.bfloat16 if arguments.bf16 else torch.float32)
    require_mode(loaded, dataset.mode)
    return loaded


def _require_summaries(training: PageDataset) -> None:
    if not any(summary.strip() for summary in training.summaries()):
        raise InvalidInput(
            "All summaries of the training split are empty, so there is nothing to learn.",
            hint="Check the column mapping that the dataset was made with.",
            fields={"dataset": "has no summaries"},
        )
