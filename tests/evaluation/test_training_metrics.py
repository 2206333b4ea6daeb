"""metrics.json and metrics_history.json: exact keys, complete files, resume, and a cost that stays linear."""

import json
import math
import subprocess
import sys
from pathlib import Path

import pytest

from data.errors import StorageError
from evaluation.training_metrics import KEYS, TrainingMetrics, read_metrics


def test_files_hold_every_key_with_null_where_unknown(tmp_path: Path) -> None:
    TrainingMetrics(tmp_path).record(10, {"train_loss": 2.5, "learning_rate": 5e-5})
    latest = json.loads((tmp_path / "metrics.json").read_text())
    assert tuple(latest) == KEYS
    assert (latest["step"], latest["train_loss"], latest["gpu_memory_allocated_gb"]) == (10, 2.5, None)
    assert [tuple(record) for record in json.loads((tmp_path / "metrics_history.json").read_text())] == [KEYS]


def test_latest_keeps_values_that_a_later_record_lacks(tmp_path: Path) -> None:
    metrics = TrainingMetrics(tmp_path)
    metrics.record(10, {"eval_loss": 2.0, "rouge1": 0.4})
    metrics.record(20, {"train_loss": 1.0})
    metrics.flush()
    files = read_metrics(tmp_path)
    assert (files.latest["rouge1"], files.latest["train_loss"], files.latest["step"]) == (0.4, 1.0, 20)
    assert files.history[1]["rouge1"] is None


def test_best_loss_and_perplexity_follow_from_eval_loss(tmp_path: Path) -> None:
    metrics = TrainingMetrics(tmp_path)
    for step, loss in enumerate([2.0, 1.0, 3.0]):
        metrics.record(step, {"eval_loss": loss})
    assert metrics.latest["best_eval_loss"] == 1.0
    assert metrics.latest["perplexity"] == pytest.approx(math.exp(3.0))


def test_not_a_number_becomes_null(tmp_path: Path) -> None:
    metrics = TrainingMetrics(tmp_path)
    metrics.record(1, {"train_loss": float("nan"), "grad_norm": float("inf"), "eval_loss": 1000.0})
    assert (metrics.latest["train_loss"], metrics.latest["grad_norm"], metrics.latest["perplexity"]) == (
        None,
        None,
        None,
    )


def test_unknown_key_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="loss_train"):
        TrainingMetrics(tmp_path).record(1, {"loss_train": 1.0})


def test_resume_drops_records_after_the_checkpoint(tmp_path: Path) -> None:
    metrics = TrainingMetrics(tmp_path)
    for step, loss in [(10, 2.0), (20, 1.5), (30, 0.5)]:
        metrics.record(step, {"eval_loss": loss})
    metrics.flush()
    resumed = TrainingMetrics(tmp_path, resume_step=20)
    assert (resumed.latest["step"], resumed.latest["best_eval_loss"]) == (20, 1.5)
    resumed.record(30, {"eval_loss": 1.0})
    resumed.flush()
    assert [(r["step"], r["best_eval_loss"]) for r in read_metrics(tmp_path).history] == [
        (10, 2.0),
        (20, 1.5),
        (30, 1.0),
    ]


def test_a_new_training_starts_empty(tmp_path: Path) -> None:
    TrainingMetrics(tmp_path).record(10, {"eval_loss": 2.0})
    TrainingMetrics(tmp_path)
    assert read_metrics(tmp_path).history == []
    assert read_metrics(tmp_path).latest == dict.fromkeys(KEYS)


def test_reading_before_the_first_record(tmp_path: Path) -> None:
    assert read_metrics(tmp_path).history == []


def test_damaged_history_is_not_overwritten_by_a_resume(tmp_path: Path) -> None:
    (tmp_path / "metrics_history.json").write_text('{"step": 1}')
    with pytest.raises(StorageError, match="must be a list"):
        TrainingMetrics(tmp_path, resume_step=1)


def test_a_long_history_is_not_rewritten_for_each_record(tmp_path: Path) -> None:
    history = tmp_path / "metrics_history.json"
    history.write_text(json.dumps([{**dict.fromkeys(KEYS), "step": step} for step in range(20_000)]))
    metrics = TrainingMetrics(tmp_path, resume_step=20_000)
    files = set()
    for step in range(300):
        metrics.record(20_001 + step, {"train_loss": 1.0})
        files.add(history.stat().st_ino)
    assert len(files) < 60
    metrics.flush()
    assert len(json.loads(history.read_text())) == 20_300


def test_the_module_imports_no_heavy_library() -> None:
    heavy = {"torch", "numpy", "evaluate", "nltk", "rouge_score"}
    script = f"import sys, evaluation.training_metrics, evaluation.report; print({heavy} & set(sys.modules))"
    assert (
        subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, check=True
        ).stdout.strip()
        == "set()"
    )
