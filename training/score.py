"""Score a model on a page dataset by real generation: the evaluation stage, and what trainings use for theirs."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from transformers import PreTrainedModel

from data.errors import Stopped
from data.progress import Progress
from data.store.files import storage_error, write_bytes, write_json
from data.store.workspace import Workspace
from evaluation.evaluate import evaluate
from evaluation.report import Report, Subject, write_report
from training.collate import Collator
from training.config import EvaluationConfig
from training.dataset import PageDataset, open_dataset
from training.generate_text import Decoding, Prediction, generate_together
from training.reader import open_reader, require_positions

PREDICTIONS = "predictions.jsonl"


@dataclass(frozen=True, slots=True)
class EvaluationResult:
    """Where an evaluation lies, and its table."""

    folder: Path
    report: Report
    samples: tuple[Prediction, ...]
    """The first predictions, to look at."""

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form that a job's outcome carries."""
        return {
            "folder": str(self.folder),
            "table": [{"name": name, **scores} for name, scores in self.report.table()],
            "intervals": self.report.intervals(),
            "num_samples": self.report.rouge.num_samples,
            "num_looping": self.report.num_looping,
            "examples": [prediction_record(prediction) for prediction in self.samples],
        }


def score(config: EvaluationConfig, workspace: Workspace, progress: Progress) -> EvaluationResult:
    """Evaluate a model on one split: predictions, then ROUGE with intervals, with the lead baselines beside it.

    Raises:
        NotFound, InvalidInput: there is no such dataset, split or model, or the model cannot read its pages.
        Stopped: the listener asked to stop.
    """
    dataset = open_dataset(workspace, config.dataset)
    samples = dataset.split(config.split).first(config.max_samples)
    reader = open_reader(config, dataset.mode, workspace, progress)
    require_positions(reader.model, reader.collator.encoder, max(samples.num_pages()), "dataset")
    folder = workspace.evaluations / (config.output or _default_output(config))
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise storage_error(folder, error) from error
    write_json(folder / "evaluation_config.json", config.model_dump(mode="json"))
    subject = Subject(config.model, config.dataset, config.split, dataset.benchmark)
    collator = Collator(reader.collator.encoder, config.blank_pages)
    report, predictions = score_samples(reader.model, collator, samples, reader.decoding, subject, progress)
    write_report(folder, report)
    write_predictions(folder / PREDICTIONS, predictions)
    return EvaluationResult(folder, report, tuple(predictions[:3]))


def score_samples(
    model: PreTrainedModel, collator: Collator, samples: PageDataset, decoding: Decoding, subject: Subject, progress: Progress
) -> tuple[Report, list[Prediction]]:
    """Generate for each sample and compare with its summary.

    Raises:
        Stopped: the listener asked to stop.
    """

    def before_batch(done: int) -> None:
        progress.advance(done, len(samples), "samples")
        if progress.should_stop():
            raise Stopped

    predictions = generate_together(model, collator, samples, decoding, before_batch)
    progress.advance(len(samples), len(samples), "samples")
    texts, references = [p.text for p in predictions], [p.sample.summary for p in predictions]
    return evaluate(subject, texts, references, [p.sample.text for p in predictions]), predictions


def prediction_record(prediction: Prediction) -> dict[str, Any]:
    """Return the JSON form of one prediction beside its reference."""
    return {
        "document_id": prediction.sample.document_id,
        "prediction": prediction.text,
        "reference": prediction.sample.summary,
        "num_tokens": prediction.num_tokens,
        "cut": prediction.cut,
        "looping": prediction.looping,
    }


def write_predictions(path: Path, predictions: Sequence[Prediction], step: int | None = None) -> None:
    """Write one JSON object a line, atomically; `step` says after which optimizer step they were made."""
    extra = {} if step is None else {"step": step}
    lines = [json.dumps({**prediction_record(prediction), **extra}, ensure_ascii=False) for prediction in predictions]
    write_bytes(path, "".join(line + "\n" for line in lines).encode())


def _default_output(config: EvaluationConfig) -> str:
    name = config.model.strip("/.~").replace("/", "-")
    return f"{name}-{config.dataset}-{config.split}{'-blank' if config.blank_pages else ''}"
