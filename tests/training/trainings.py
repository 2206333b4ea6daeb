"""Short trainings of the tiny model, and a listener that can ask them to stop."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from data.progress import Level, Silent
from data.store.files import file_sha256
from training.options.config import Trainable, TrainingConfig
from training.options.trained_info import TrainedWeightsInfo

SHORT: Mapping[str, Any] = {
    "dataset": "brief",
    "model": "tiny",
    "train": "all",
    "max_steps": 4,
    "per_device_train_batch_size": 2,
    "gradient_accumulation_steps": 2,
    "learning_rate": 1e-3,
    "max_length": 16,
    "eval_steps": 2,
    "save_steps": 2,
    "logging_steps": 1,
    "num_eval_samples": 1,
    "num_test_samples": 1,
}


def short_training(**values: Any) -> TrainingConfig:
    """Return a training of four steps."""
    return TrainingConfig(**{**SHORT, **values})


@dataclass
class Listener(Silent):
    """Collects what it gets, and asks to stop after a step."""

    stop_after_step: int | None = None
    texts: list[str] = field(default_factory=list)
    metrics: list[tuple[int, dict[str, float | None]]] = field(default_factory=list)
    checkpoints: list[Path] = field(default_factory=list)
    step: int = 0

    def advance(self, done: int, total: int | None, unit: str, **counts: int) -> None:
        if unit == "steps":
            self.step = done

    def message(self, text: str, level: Level = "info") -> None:
        self.texts.append(text)

    def metric(self, step: int, values: Mapping[str, float | None]) -> None:
        self.metrics.append((step, dict(values)))

    def checkpoint(self, step: int, path: Path) -> None:
        self.checkpoints.append(path)

    def should_stop(self) -> bool:
        return self.step == self.stop_after_step


@dataclass
class StopsWhileScored(Silent):
    """Asks to stop after a number of samples of the final evaluation."""

    after: int
    _is_scoring: bool = False

    def advance(self, done: int, total: int | None, unit: str, **counts: int) -> None:
        self._is_scoring = unit == "samples" and done >= self.after

    def should_stop(self) -> bool:
        return self._is_scoring


@dataclass
class StopsWhileEvaluated(Silent):
    """Asks to stop in the evaluation after a step, not at the step itself."""

    step: int
    num_looks: int = 0
    _at: int = 0

    def advance(self, done: int, total: int | None, unit: str, **counts: int) -> None:
        self._at = done

    def should_stop(self) -> bool:
        self.num_looks += self._at == self.step
        return self.num_looks > 1


def replace_summaries(
    dataset: Path, split: str, change: Callable[[str], str], *, reseal: bool = True
) -> Path:
    """Change the summaries of a split that has one shard, and return its path.

    Args:
        reseal: put the shard's new digest into the manifest.
    """
    [shard], manifest = (dataset / split).glob("*.parquet"), dataset / "manifest.json"
    table, old = pq.read_table(shard), file_sha256(shard)
    column = table.schema.get_field_index("summary")
    texts = pa.array([change(text) for text in table["summary"].to_pylist()])
    pq.write_table(table.set_column(column, table.field(column), texts), shard)
    if reseal:
        manifest.write_text(manifest.read_text().replace(old, file_sha256(shard)))
    return shard


def model_bytes(folder: Path) -> bytes:
    """Return the bytes of the weights of a finished training."""
    return (folder / "model" / "model.safetensors").read_bytes()


def weights_of(base: str, base_weights: str, train: Trainable) -> TrainedWeightsInfo:
    """Return the record of weights that were trained from a base without a revision."""
    return TrainedWeightsInfo(
        base_model_name_or_path=base, revision=None, base_weights=base_weights, train=train
    )
