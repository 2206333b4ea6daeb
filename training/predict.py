"""The prediction stage: pictures, PDFs, texts or a page dataset -> one line of JSON each."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from accelerate import PartialState

from data.errors import SourceError
from data.progress import Progress
from data.store.workspace import Workspace
from training.generation.generate_text import Items, Prediction, generate_batch
from training.generation.input_files import InputFiles, UnreadableInput
from training.generation.prediction_log import PredictionLog
from training.generation.summarizer import Summarizer, load_summarizer
from training.inputs.dataset import PageSample, open_dataset
from training.options.config import PredictionConfig

PREDICTIONS = "predictions.jsonl"
NUM_EXAMPLES = 3
MAX_NAMED = 5


@dataclass(frozen=True, slots=True)
class PredictionResult:
    """Where the predictions lie, and what to know of them."""

    path: Path
    num_samples: int
    num_failed: int
    """Inputs that could not be read; their lines say why."""
    num_looping: int
    num_cut: int

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form that a job's outcome carries."""
        with self.path.open("rb") as lines:
            examples = [json.loads(line) for line in islice(lines, NUM_EXAMPLES)]
        counts = {
            name: getattr(self, name) for name in ("num_samples", "num_failed", "num_looping", "num_cut")
        }
        return {"path": str(self.path), **counts, "examples": examples}


def predict(config: PredictionConfig, workspace: Workspace, progress: Progress) -> PredictionResult:
    """Summarise inputs that a model has not seen. What cannot be read gets a line with its error; texts that
    loop are marked.

    Raises:
        NotFound, InvalidInput, SourceError: the inputs, the dataset or the model cannot be used, or no input
            can be read.
        Stopped: the listener asked to stop; the texts written so far are kept.
    """
    path = workspace.predictions / (config.output or PREDICTIONS)
    dataset = open_dataset(workspace, config.dataset) if config.dataset else None
    files = None if dataset else InputFiles.find(config.inputs, workspace)
    samples = dataset.split(config.split).first(config.max_samples) if dataset else None
    max_num_pages = (
        max(samples.num_pages()) if samples else 1
    )  # of files, those that are too long are refused one by one
    summarizer = load_summarizer(
        config, dataset.mode if dataset else config.mode, max_num_pages, workspace, progress
    )
    items: Items[PageSample | UnreadableInput]
    if files:
        items = files.as_page_inputs(summarizer.rendering, summarizer.page_capacity, config.max_pages)
        read: list[Any] = [files.fingerprint, summarizer.rendering.model_dump(mode="json"), config.max_pages]
    elif dataset and samples:
        items = samples
        read = [dataset.fingerprint, config.split, config.max_samples]
    log = PredictionLog(path, summarizer.work_digest(*read))
    log.run(items, summarizer.decoding.batch_size, lambda batch: _predict_batch(summarizer, batch), progress)
    processes, predictions = PartialState(), log.predictions
    if processes.is_main_process:
        _warn_failed_predictions(predictions, config, progress)
        log.finish(_record)
    processes.wait_for_everyone()
    return PredictionResult(
        path,
        num_samples=len(predictions),
        num_failed=sum(prediction.error is not None for prediction in predictions),
        num_looping=sum(prediction.looping for prediction in predictions),
        num_cut=sum(prediction.cut for prediction in predictions),
    )


def _predict_batch(summarizer: Summarizer, batch: Sequence[PageSample | UnreadableInput]) -> list[Prediction]:
    samples = [item for item in batch if isinstance(item, PageSample)]
    made = iter(
        generate_batch(summarizer.model, summarizer.collator, samples, summarizer.decoding) if samples else []
    )
    return [
        Prediction(document_id=item.document_id, reference="", num_pages=0, text="", error=item.error)
        if isinstance(item, UnreadableInput)
        else next(made)
        for item in batch
    ]


def _warn_failed_predictions(
    predictions: Sequence[Prediction], config: PredictionConfig, progress: Progress
) -> None:
    """Warn of what the result's counts are about. Raises SourceError when no input could be read."""
    failed = [prediction for prediction in predictions if prediction.error is not None]
    if len(failed) == len(predictions):
        raise SourceError(
            f"None of the inputs can be read. {failed[0].error}", fields={"inputs": "cannot be read"}
        )
    marked = {
        "inputs could not be read": failed,
        "texts repeat themselves": [prediction for prediction in predictions if prediction.looping],
        f"texts were cut at max_length={config.max_length}": [
            prediction for prediction in predictions if prediction.cut
        ],
        "documents go on past the pages that were read": [
            prediction for prediction in predictions if prediction.num_pages_left_out
        ],
    }
    for what, some in marked.items():
        if some:
            named = ", ".join(prediction.document_id for prediction in some[:MAX_NAMED])
            progress.message(
                f"{len(some):,} of {len(predictions):,} {what}: "
                f"{named}{', ...' if len(some) > MAX_NAMED else ''}.",
                "warning",
            )


def _record(prediction: Prediction) -> dict[str, Any]:
    return {
        "input": prediction.document_id,
        "num_pages": prediction.num_pages,
        "num_pages_left_out": prediction.num_pages_left_out,
        "summary": prediction.text,
        "num_tokens": prediction.num_tokens,
        "cut": prediction.cut,
        "looping": prediction.looping,
        "error": prediction.error,
    }
