"""What a study will cost, before its first job: jobs, GPU memory, disk and time."""

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from data.errors import DeepSynthError
from training.options.config import TrainingConfig
from training.options.disk import most_disk_bytes
from training.options.memory import GB, MemoryEstimate, estimate_training_memory
from web_ui.api.checks import dataset_pages, find_model_kind
from web_ui.api.service import Service
from web_ui.jobs.expected_start import known_durations, likeness
from web_ui.jobs.stages import STAGES
from web_ui.studies.plan import Cell, StudyConfig, describe_cell, plan_cells
from web_ui.studies.queue import PlannedJob, check_cells, earlier_record, planned_jobs


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyEstimate:
    """What the jobs of a plan that are still to be queued will cost."""

    num_cells: int
    num_datasets: int
    num_trainings: int
    num_controls: int
    """Scores with blank pages."""
    num_reading_checks: int
    num_kept: int
    """Jobs that the study has already."""
    gpu_memory_gb: float
    """Of the largest training, in GB of 10^9 bytes."""
    largest_cell: str
    """The settings of that training, in words."""
    num_pages: int
    """Pages of a document, for that memory; 1 where the dataset is still to be made."""
    disk_gb: float
    """The most that the trainings take in all, without datasets: checkpoints and finished models."""
    disk_free_gb: float
    duration_s: float | None
    """By earlier jobs like these, shared among the slots that run now; null: some are like none."""
    num_like_none: int
    """Jobs that are like none that has run here."""
    sentence: str
    """All of it in words."""


def estimate_study(config: StudyConfig, service: Service) -> StudyEstimate:
    """Check a plan as its start does, and estimate what it costs.

    Raises:
        InvalidInput: a cell cannot run.
        Conflict: the name belongs to a study with another base.
    """
    cells = plan_cells(config)
    record = earlier_record(config, service.workspace)
    check_cells(cells, service.workspace)
    planned = list(planned_jobs(cells))
    new = [job for job in planned if job.key not in record.jobs]
    memory, largest = max(
        ((_memory(cell, service), cell) for cell in cells), key=lambda found: found[0].total_gb
    )
    duration_s, num_like_none = _duration(new, service)
    values = {
        "num_cells": len(cells),
        "num_datasets": _count(new, "dataset"),
        "num_trainings": _count(new, "training"),
        "num_controls": _count(new, "evaluation"),
        "num_reading_checks": _count(new, "reading_check"),
        "num_kept": len(planned) - len(new),
        "gpu_memory_gb": memory.total_gb,
        "largest_cell": describe_cell(largest.settings),
        "num_pages": memory.num_pages,
        "disk_gb": round(sum(_disk_bytes(new, service)) / GB, 2),
        "disk_free_gb": round(shutil.disk_usage(service.workspace.root).free / GB, 2),
        "duration_s": duration_s,
        "num_like_none": num_like_none,
    }
    estimate = StudyEstimate(**values, sentence="")  # type: ignore[arg-type]
    return StudyEstimate(**values, sentence=describe_estimate(estimate))  # type: ignore[arg-type]


def describe_estimate(estimate: StudyEstimate) -> str:
    """Return what a study will cost in words."""
    counts = (
        (estimate.num_datasets, "dataset", "datasets"),
        (estimate.num_trainings, "training", "trainings"),
        (estimate.num_controls, "score with blank pages", "scores with blank pages"),
        (estimate.num_reading_checks, "reading check", "reading checks"),
    )
    new = [f"{number} {one if number == 1 else more}" for number, one, more in counts if number]
    if not new:
        return "The study has all of these jobs already."
    kept = f" {estimate.num_kept} jobs are there already." if estimate.num_kept else ""
    pages = "1 page" if estimate.num_pages == 1 else f"{estimate.num_pages} pages"
    return (
        f"{', '.join(new)}.{kept} Up to {estimate.gpu_memory_gb:.1f} GB of GPU memory, for documents of "
        f"{pages} ({estimate.largest_cell}). Up to {estimate.disk_gb:.1f} GB of disk for checkpoints and "
        f"models, {estimate.disk_free_gb:.1f} GB are free. {_describe_duration(estimate)}"
    )


def _describe_duration(estimate: StudyEstimate) -> str:
    if estimate.duration_s is None:
        unlike = f"{estimate.num_like_none:,} of the jobs are like none that has run here"
        return f"The time is not known: {unlike}."
    minutes = max(1, round(estimate.duration_s / 60))
    hours, rest = divmod(minutes, 60)
    words = f"{hours} h {rest} min" if hours else f"{minutes} min"
    return f"About {words}, by earlier jobs like these."


def _count(jobs: Sequence[PlannedJob], kind: str) -> int:
    return sum(job.kind == kind for job in jobs)


def _memory(cell: Cell, service: Service) -> MemoryEstimate:
    """Return the memory of a cell's training. Its runs differ in the seed only."""
    training = cell.runs[0].training
    kind = find_model_kind(training.model, service.workspace)
    try:
        mode, num_pages = dataset_pages(cell.dataset.name, service.workspace)
    except DeepSynthError:  # still to be made
        mode, num_pages = cell.dataset.rendering.mode, 1
    return estimate_training_memory(training, mode, num_pages, kind)


def _disk_bytes(jobs: Sequence[PlannedJob], service: Service) -> Iterator[int]:
    for job in jobs:
        if isinstance(job.config, TrainingConfig):
            kind = find_model_kind(job.config.model, service.workspace)
            sizes = estimate_training_memory(job.config, kind=kind)
            model_bytes = sizes.num_parameters * (2 if job.config.bf16 else 4)
            yield most_disk_bytes(sizes.num_trainable_parameters, job.config.save_total_limit, model_bytes)


def _duration(jobs: Sequence[PlannedJob], service: Service) -> tuple[float | None, int]:
    """Return how long jobs take on the slots of the living runners, and how many are like no earlier job."""
    known = known_durations(service.jobs.all())
    total_s, num_unknown = 0.0, 0
    for job in jobs:
        duration_s = known.get(likeness(job.kind, job.config.model_dump(mode="json")))
        num_unknown += duration_s is None
        # Jobs of one plan run side by side, as many as there are slots.
        num_slots = service.jobs.runner_status(STAGES[job.kind].role).num_slots or 1
        total_s += (duration_s or 0.0) / num_slots
    return (None if num_unknown else total_s), num_unknown
