"""The trainings and evaluations of a workspace in one row each, from the files of their jobs."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from data.errors import StorageError
from data.store.events import EVENTS
from evaluation.measures.registry import MEASURES
from evaluation.scores import PairedDifference
from web_ui.api.experiment_schemas import Experiment, ExperimentScore
from web_ui.catalog.loss_curve import LossCurve
from web_ui.jobs.annotations import Annotations, read_annotations
from web_ui.jobs.job import Job
from web_ui.jobs.stages import STAGES

KINDS: Final = frozenset(kind for kind, stage in STAGES.items() if stage.scores)
"""The kinds of jobs that score a model."""
_METRICS: Final = ("train_loss", "eval_loss", "rougeL", "gpu_memory_reserved_gb")
_BATCH: Final = ("per_device_train_batch_size", "gradient_accumulation_steps")


def experiment(job: Job, folder: Path) -> Experiment:
    """Return the row of a job whose kind is one of KINDS. A damaged value is left out of it."""
    config = job.config
    result: Mapping[str, Any] = job.result or {}
    found = result.get("metrics")
    own = found if isinstance(found, dict) else {}
    wanted = () if own else _METRICS  # a training that has ended with success has them all in its result
    curve = LossCurve.read(folder / EVENTS, wanted) if job.kind == "training" else LossCurve()
    metrics = {**curve.latest, **own}
    batch, accumulated = (_number(config, name) for name in _BATCH)
    return Experiment(
        id=job.id,
        kind=job.kind,
        title=job.title,
        state=job.state,
        desired=job.desired,
        created=job.created,
        run_s=job.run_s,
        annotations=annotations_of(folder),
        dataset=_text(config, "dataset"),
        split=_text(config, "split"),
        model=_text(config, "model"),
        preset=_text(config, "preset"),
        blank_pages=config.get("blank_pages") is True,
        learning_rate=_number(config, "learning_rate"),
        num_train_epochs=_number(config, "num_train_epochs"),
        batch_size=int(batch * accumulated) if batch and accumulated else None,
        seed=_integer(config, "seed"),
        step=_integer(metrics, "step") or max(curve.steps, default=None),
        train_loss=_number(metrics, "train_loss"),
        eval_loss=_number(metrics, "eval_loss"),
        validation_rouge_l=_number(metrics, "rougeL"),
        score=score_of(job),
        gpu_memory_gb=_number(metrics, "gpu_memory_reserved_gb"),
        loss_steps=curve.steps,
        loss_values=curve.values,
    )


def annotations_of(folder: Path) -> Annotations:
    """Return what is noted about a job; nothing if that file is damaged: the next change of it says so."""
    try:
        return read_annotations(folder)
    except StorageError:
        return Annotations()


def score_of(job: Job) -> ExperimentScore | None:
    """Return the score that a job made; None: it has none, or its result is damaged."""
    result: Mapping[str, Any] = job.result or {}
    table, intervals = result.get("table"), result.get("intervals")
    rows = [row for row in table if isinstance(row, dict)] if isinstance(table, list) else []
    rouge_l = _number(rows[0], "rougeL") if rows else None
    if rouge_l is None:
        return None
    low, high = _ends(intervals)
    leads = (_number(row, "rougeL") for row in rows if row.get("name") == "lead-3")
    return ExperimentScore(
        split=_text(result, "split"),
        num_samples=_integer(result, "num_samples"),
        rouge_l=rouge_l,
        low=low,
        high=high,
        lead_3=next(leads, None),
    )


def difference_to_lead_3(job: Job) -> PairedDifference | None:
    """Return the paired difference of a job's score to lead-3; None: it has none, or its result is
    damaged."""
    found = (job.result or {}).get("differences")
    try:
        return PairedDifference(**found["lead-3"]) if isinstance(found, dict) else None
    except (KeyError, TypeError):
        return None


def mean_measures(job: Job) -> dict[str, float]:
    """Return the means of the measures beside ROUGE of a job's model; none where its result is damaged."""
    found = (job.result or {}).get("measures")
    model = found.get("model") if isinstance(found, dict) else None
    estimates = model if isinstance(model, dict) else {}
    means = {
        key: _number(estimate, "mean") for key, estimate in estimates.items() if isinstance(estimate, dict)
    }
    return {key: mean for key, mean in means.items() if key in MEASURES and mean is not None}


def _ends(intervals: object) -> tuple[float | None, float | None]:
    """Return the ends of the model's interval, the first one of a result."""
    first = intervals[0] if isinstance(intervals, list) and intervals else None
    ends = first.get("rougeL") if isinstance(first, dict) else None
    if not isinstance(ends, list) or len(ends) != 2:
        return None, None
    low, high = (_number({"end": end}, "end") for end in ends)
    return low, high


def _text(values: Mapping[str, Any], name: str) -> str | None:
    value = values.get(name)
    return value if isinstance(value, str) else None


def _number(values: Mapping[str, Any], name: str) -> float | None:
    value = values.get(name)
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if is_number else None  # type: ignore[arg-type]


def _integer(values: Mapping[str, Any], name: str) -> int | None:
    value = _number(values, name)
    return None if value is None else int(value)
