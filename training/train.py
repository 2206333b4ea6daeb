"""The training stage: page dataset -> fine-tuned model, measured while it trains and scored at the end."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from peft import PeftModel
from transformers import TrainingArguments

from data.errors import InvalidInput
from data.progress import Progress, Silent
from data.store.workspace import Workspace
from evaluation.report import Report, Subject, write_report
from evaluation.training_metrics import read_metrics
from training.arguments import training_arguments
from training.checkpoints import checkpoint_path
from training.collate import Collator
from training.config import TrainingConfig
from training.dataset import PageDataset, PageDatasetFolder, open_dataset
from training.first_batch import report_first_batch
from training.fitting import Fitting, fit
from training.generate_text import Prediction
from training.model import PAGE_MODES, LoadedModel, load_model
from training.reader import compute_device, encoder_for, require_mode, wrong_mode
from training.run_folder import RunFolder, RunState, open_run
from training.score import prediction_record, score_samples, write_predictions
from training.trainable import choose_trainable, merge_adapter
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
            "examples": [prediction_record(prediction) for prediction in self.samples],
        }


def train(config: TrainingConfig, workspace: Workspace, progress: Progress) -> TrainingResult:
    """Fine-tune a model on a page dataset, or go on with the same training where it was interrupted.

    Raises:
        DeepSynthError: the request cannot be carried out; what can be known without the weights is said before they are loaded.
        Stopped: the listener asked to stop; a checkpoint of the last step is saved.
    """
    dataset = open_dataset(workspace, config.dataset)
    training, validation, final = (dataset.split(name) for name in ("train", "validation", _final_split(dataset)))
    _require_summaries(training)
    torch.set_num_threads(min(torch.get_num_threads(), len(os.sched_getaffinity(0))))
    arguments = training_arguments(config, RunFolder(workspace.model(config.output)).checkpoints)
    if not arguments.should_save:
        progress = Silent()  # one process of several speaks for all
    with arguments.main_process_first():
        folder, state = open_run(config, dataset.fingerprint, workspace)
    loaded = _load(config, dataset, arguments, workspace, progress)
    collator = Collator(encoder_for(loaded, dataset.mode, config.prompt, config.max_length), config.blank_pages)
    _require_positions(loaded, collator, (training, validation, final))
    if arguments.should_save:
        report_first_batch(folder.path, training, collator, config.per_device_train_batch_size, progress)
    fitting = Fitting(config, folder, loaded, choose_trainable(loaded.model, config.train), collator, arguments)
    if state.phase == "training":
        state = fit(fitting, state, training, validation, progress)
    return _finish(fitting, state, final.first(config.num_test_samples), _final_split(dataset), progress)


def _finish(fitting: Fitting, state: RunState, samples: PageDataset, split: str, progress: Progress) -> TrainingResult:
    """Restore the best weights, score them on samples that the training never saw, and leave a model to use."""
    config, folder, model = fitting.config, fitting.folder, fitting.chosen.model
    if state.best_step is not None:
        load_weights(model, checkpoint_path(folder.checkpoints, state.best_step))
        progress.message(f"The best weights, of step {state.best_step}, are restored.")
    subject = Subject(config.output, config.dataset, split)
    report, predictions = score_samples(model.to(compute_device()), fitting.collator, samples, fitting.decoding(), subject, progress)
    write_report(folder.path, report)
    write_predictions(folder.predictions, predictions, state.best_step)
    _export(fitting)
    folder.write_state(replace(state, phase="finished"))
    return TrainingResult(folder.path, state.best_step, read_metrics(folder.path).latest, report, tuple(predictions[:3]))


def _export(fitting: Fitting) -> None:
    """Leave the finished model as a folder that loads by itself."""
    model = fitting.chosen.model
    plain = merge_adapter(model) if isinstance(model, PeftModel) else model
    plain.save_pretrained(fitting.folder.model, save_original_format=False)
    fitting.loaded.tokenizer.save_pretrained(fitting.folder.model)


def _load(
    config: TrainingConfig, dataset: PageDatasetFolder, arguments: TrainingArguments, workspace: Workspace, progress: Progress
) -> LoadedModel:
    if config.model == "tiny" and dataset.mode not in PAGE_MODES["tiny"]:
        raise wrong_mode(config.model, PAGE_MODES["tiny"], dataset.mode)
    progress.message(f"Loading {config.model}.")
    loaded = load_model(config.model, config.revision, workspace, torch.bfloat16 if arguments.bf16 else torch.float32)
    require_mode(loaded, dataset.mode)
    return loaded


def _final_split(dataset: PageDatasetFolder) -> str:
    """Return the split of the final evaluation; the report names it."""
    return "test" if dataset.has("test") else "validation"


def _require_summaries(training: PageDataset) -> None:
    if not any(summary.strip() for summary in training.summaries()):
        raise InvalidInput(
            "All summaries of the training split are empty, so there is nothing to learn.",
            hint="Check the column mapping that the dataset was made with.",
            fields={"dataset": "has no summaries"},
        )


def _require_positions(loaded: LoadedModel, collator: Collator, splits: tuple[PageDataset, ...]) -> None:
    """Refuse documents that are longer than the positions that the model knows."""
    encoder = collator.encoder
    limit = loaded.model.config.get_text_config().max_position_embeddings
    most_pages = max(max(split.num_pages()) for split in splits)
    needed = len(encoder.question(most_pages)) + encoder.max_length
    if needed > limit:
        raise InvalidInput(
            f"A sample of {most_pages} pages needs {needed:,} tokens with its prompt and summary; {loaded.source} has {limit:,}.",
            hint="Make the dataset with fewer pages per document (rendering.max_pages) or a smaller mode, or lower max_length.",
            fields={"dataset": "has samples with too many pages"},
        )
