"""The prediction stage: pictures, PDFs, texts or a page dataset -> one line of JSON each."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data.errors import Stopped
from data.progress import Progress
from data.store.files import write_bytes
from data.store.workspace import Workspace
from training.config import PredictionConfig
from training.dataset import open_dataset
from training.generate_text import PageSequence, Prediction, generate_texts
from training.inputs import read_inputs
from training.reader import open_reader, require_positions


@dataclass(frozen=True, slots=True)
class PredictionResult:
    """Where the predictions lie."""

    path: Path
    predictions: tuple[Prediction, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form that a job's outcome carries."""
        return {
            "path": str(self.path),
            "num_samples": len(self.predictions),
            "num_looping": sum(prediction.looping for prediction in self.predictions),
            "examples": [_record(prediction) for prediction in self.predictions[:3]],
        }


def predict(config: PredictionConfig, workspace: Workspace, progress: Progress) -> PredictionResult:
    """Summarise inputs that a model has not seen; texts that loop are marked and counted.

    Raises:
        NotFound, InvalidInput, SourceError: an input, the dataset or the model cannot be used.
        Stopped: the listener asked to stop; nothing is written.
    """
    dataset = open_dataset(workspace, config.dataset) if config.dataset else None
    reader = open_reader(config, dataset.mode if dataset else config.mode, workspace, progress)
    samples: PageSequence
    if dataset:
        samples = stored = dataset.split(config.split).first(config.max_samples)
        most_pages, field = max(stored.num_pages()), "dataset"
    else:
        samples = given = read_inputs(config.inputs, reader.mode, workspace)
        most_pages, field = max(len(sample.pages) for sample in given), "inputs"
    require_positions(reader.model, reader.collator.encoder, most_pages, field)

    def before_batch(done: int) -> None:
        progress.advance(done, len(samples), "samples")
        if progress.should_stop():
            raise Stopped

    predictions = tuple(generate_texts(reader.model, reader.collator, samples, reader.decoding, before_batch))
    progress.advance(len(samples), len(samples), "samples")
    if looping := [prediction.sample.document_id for prediction in predictions if prediction.looping]:
        progress.message(f"{len(looping)} texts repeat themselves: {', '.join(looping[:5])}.", "warning")
    path = workspace.predictions / config.output
    lines = [json.dumps(_record(prediction), ensure_ascii=False) + "\n" for prediction in predictions]
    write_bytes(path, "".join(lines).encode())
    return PredictionResult(path, predictions)


def _record(prediction: Prediction) -> dict[str, Any]:
    return {
        "input": prediction.sample.document_id,
        "num_pages": len(prediction.sample.pages),
        "summary": prediction.text,
        "num_tokens": prediction.num_tokens,
        "cut": prediction.cut,
        "looping": prediction.looping,
    }
