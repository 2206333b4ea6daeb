"""metrics.json (latest values) and metrics_history.json (all values) of one training.

Imports no torch: the web process reads these files.
"""

import json
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from data.errors import StorageError
from data.store.files import read_json, read_json_object, write_bytes, write_json
from data.validation import as_record


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """How the screen and the command line show one value of a training."""

    name: str = ""
    """Its name where the key does not say that it is of validation samples; empty: the key."""
    chart: str = ""
    """Title of its chart; empty: it has none."""
    line: str = ""
    """Label of its line in that chart."""
    tile: str = ""
    """Label of its latest value in a job's overview; empty: it is not shown there."""
    compared: str = ""
    """Title of the chart that compares it between trainings; empty: it is not compared."""


METRICS: Final[Mapping[str, Metric]] = {
    "train_loss": Metric(chart="Loss", line="train", tile="Train loss", compared="Train loss"),
    "eval_loss": Metric(
        name="validation loss",
        chart="Loss",
        line="validation",
        tile="Validation loss",
        compared="Validation loss",
    ),
    "best_eval_loss": Metric(name="best validation loss", tile="Best validation loss"),
    "rouge1": Metric(name="validation ROUGE-1", chart="Validation ROUGE", line="ROUGE-1"),
    "rouge2": Metric(name="validation ROUGE-2", chart="Validation ROUGE", line="ROUGE-2"),
    "rougeL": Metric(
        name="validation ROUGE-L",
        chart="Validation ROUGE",
        line="ROUGE-L",
        tile="Validation ROUGE-L",
        compared="Validation ROUGE-L",
    ),
    "rougeLsum": Metric(name="validation ROUGE-Lsum", chart="Validation ROUGE", line="ROUGE-Lsum"),
    "learning_rate": Metric(
        chart="Learning rate", line="learning rate", tile="Learning rate", compared="Learning rate"
    ),
    "grad_norm": Metric(chart="Gradient norm", line="gradient norm", compared="Gradient norm"),
    "train_samples_per_second": Metric(
        chart="Samples per second", line="samples/s", tile="Samples/s", compared="Samples per second"
    ),
    "train_steps_per_second": Metric(),
    "epoch": Metric(tile="Epoch"),
    "gpu_memory_allocated_gb": Metric(chart="Memory (GB)", line="allocated"),
    "gpu_memory_reserved_gb": Metric(chart="Memory (GB)", line="reserved", tile="GPU memory (GB)"),
    "perplexity": Metric(),
    "num_parameters": Metric(),
    "num_trainable_parameters": Metric(),
    "epoch_time_s": Metric(),
    "total_time_s": Metric(),
    "step": Metric(),
    "total_steps": Metric(),
}
"""The values of a training, by their keys in both files. The screen draws its charts in this order."""
KEYS: Final = tuple(METRICS)
LATEST, HISTORY = "metrics.json", "metrics_history.json"
# Each write of the history writes the whole file. To keep the total time linear in a long training, a write
# waits until the history has grown by the first share, or writing takes at most the second share of the time.
_GROWTH_SHARE = 0.01
_TIME_SHARE = 0.05

Values = Mapping[str, float | None]
Record = dict[str, float | int | None]


@dataclass(frozen=True, slots=True)
class MetricsFiles:
    """The content of the two files: every key of KEYS in each record, null if unknown. `eval_loss` and
    `rouge*` are of validation samples; the test scores are those of the report."""

    latest: Record
    history: list[Record]


class TrainingMetrics:
    """Writes both files. A record of the history holds the values measured at its step; metrics.json holds
    the last known value of each key."""

    def __init__(self, folder: Path, resume_step: int = 0) -> None:
        """Create both files in a training's folder, or continue them from a checkpoint's step (0: a new
        training); later records are dropped.

        Raises:
            StorageError: the folder is not writable, or its history is damaged.
        """
        self._folder = folder
        history = _read_history(folder) if resume_step else []
        kept = [record for record in history if int(record["step"] or 0) <= resume_step]
        self._latest: Record = dict.fromkeys(KEYS)
        for record in kept:
            self._latest.update(_without_nulls(record))
        self._lines = [_encode_record(record) for record in kept]
        self._write_latest()
        self.flush()

    @property
    def latest(self) -> Record:
        """The last known value of each key."""
        return dict(self._latest)

    def record(self, step: int, values: Values) -> None:
        """Store the values measured at an optimizer step.

        `best_eval_loss` and `perplexity` = exp(eval_loss) are computed here. NaN and infinity become null.

        Raises:
            ValueError: a key is not one of KEYS.
            StorageError: the disk is full or not writable.
        """
        if unknown := sorted(set(values) - set(KEYS)):
            raise ValueError(f"unknown training metrics: {', '.join(unknown)}")
        finite = {key: _finite_or_none(value) for key, value in values.items()}
        record: Record = {**dict.fromkeys(KEYS), **self._derived_values(finite), **finite, "step": step}
        self._latest.update(_without_nulls(record))
        self._lines.append(_encode_record(record))
        self._write_latest()
        if self._is_flush_due():
            self.flush()

    def flush(self) -> None:
        """Write the whole history now. Call this with each checkpoint and at the end: `record` may delay the
        write."""
        start_s = time.monotonic()
        write_bytes(self._folder / HISTORY, b"[\n" + b",\n".join(self._lines) + b"\n]\n")
        end_s = time.monotonic()
        self._num_written = len(self._lines)
        self._next_write_s = end_s + (end_s - start_s) / _TIME_SHARE

    def _is_flush_due(self) -> bool:
        has_grown = len(self._lines) - self._num_written >= _GROWTH_SHARE * len(self._lines)
        return has_grown or time.monotonic() >= self._next_write_s

    def _write_latest(self) -> None:
        write_json(self._folder / LATEST, self._latest)

    def _derived_values(self, values: Values) -> Record:
        loss = values.get("eval_loss")
        if loss is None:
            return {}
        best = self._latest["best_eval_loss"]
        perplexity = math.exp(loss) if loss < 700 else None  # e^710 exceeds the largest float
        return {"best_eval_loss": loss if best is None else min(best, loss), "perplexity": perplexity}


def read_metrics(folder: Path) -> MetricsFiles:
    """Read both files of a training's output folder; before the first record: an empty history and nulls.

    Raises:
        StorageError: a file is damaged.
    """
    path = folder / LATEST
    latest = as_record(read_json_object(path), path, Record) if path.exists() else {}
    return MetricsFiles({**dict.fromkeys(KEYS), **latest}, _read_history(folder))


def _read_history(folder: Path) -> list[Record]:
    path = folder / HISTORY
    history = as_record(read_json(path), path, list[Record]) if path.exists() else []
    if not all("step" in record for record in history):
        raise StorageError(
            f"{path} is not a list of training metrics.",
            hint="Move the file away, or start the training with another output name.",
        )
    return history


def _finite_or_none(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _without_nulls(record: Record) -> Record:
    return {key: value for key, value in record.items() if value is not None}


def _encode_record(record: Record) -> bytes:
    return json.dumps(record, allow_nan=False).encode()
