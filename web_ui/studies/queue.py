"""A plan becomes jobs: all cells are checked, then each dataset, reading check, training and control is
queued once."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pkgutil import resolve_name
from typing import Any

from data.config import Config
from data.errors import Conflict, NotFound
from data.store.files import move_to_trash
from data.store.workspace import Workspace
from web_ui.api.service import Service
from web_ui.api.submission import queue_job, require_room
from web_ui.jobs.job import ENDED_STATES, FINAL_STATES, Job, now
from web_ui.jobs.stages import STAGES
from web_ui.studies.plan import (
    Cell,
    StudyConfig,
    distinct_datasets,
    distinct_readings,
    naming_cell,
    plan_cells,
)
from web_ui.studies.record import StudyRecord, job_key, read_study, write_study


def queue_study(config: StudyConfig, service: Service) -> StudyRecord:
    """Queue the jobs of a plan, or those that a larger plan of the same name adds.

    Calls with the same plan give the same jobs, also after a process was killed between two of them.

    Raises:
        InvalidInput: a cell cannot run; nothing is queued.
        Conflict: the name belongs to a study with another base.
        TooManyRequests: there is no room for so many jobs.
    """
    cells = plan_cells(config)
    record = earlier_record(config, service.workspace)
    check_cells(cells, service.workspace)
    new = [job for job in planned_jobs(cells) if job.key not in record.jobs]
    require_room(service, len(new))
    record = record.model_copy(update={"plan": config})
    write_study(record, service.workspace)
    jobs = dict(record.jobs)
    for dataset in distinct_datasets(cells):
        _queue_once(service, "dataset", dataset, dataset.name, jobs, ())
    for reading in distinct_readings(cells):
        made = jobs[job_key("dataset", reading.dataset)]
        _queue_once(service, "reading_check", reading, str(reading.output), jobs, (made,))
    for cell in cells:
        made = jobs[job_key("dataset", cell.dataset.name)]
        for run in cell.runs:
            trained = _queue_once(service, "training", run.training, run.training.output, jobs, (made,))
            if run.control:
                _queue_once(
                    service, "evaluation", run.control, str(run.control.output), jobs, (made, trained)
                )
    record = record.model_copy(update={"jobs": jobs})
    write_study(record, service.workspace)
    return record


def check_cells(cells: list[Cell], workspace: Workspace) -> None:
    """Refuse a plan with a cell that cannot run. Raises InvalidInput, which names the cell."""
    planned = {("dataset", cell.dataset.name): cell.dataset.model_dump(mode="json") for cell in cells}
    for cell in cells:
        with naming_cell(cell.settings):
            _check("dataset", cell.dataset, workspace, {})
            if cell.reading:
                _check("reading_check", cell.reading, workspace, planned)
            for run in cell.runs:
                model = {("model", run.training.output): run.training.model_dump(mode="json")}
                _check("training", run.training, workspace, planned)
                if run.control:
                    _check("evaluation", run.control, workspace, {**planned, **model})


def change_study(record: StudyRecord, service: Service, request: Callable[[str], Job]) -> int:
    """Send a request (pause, resume or cancel) to each job of a study that takes it. Returns how many."""
    changed = 0
    for job in study_jobs(record, service):
        if job.state not in FINAL_STATES:
            with suppress(Conflict):  # it takes no such request now: a failed job can only be resumed
                request(job.id)
                changed += 1
    return changed


def delete_study(record: StudyRecord, service: Service) -> None:
    """Delete a study. Its jobs, datasets and models stay.

    Raises:
        Conflict: some of its jobs have not ended.
        StorageError: the disk does not allow it.
    """
    unfinished = [job for job in study_jobs(record, service) if job.state not in ENDED_STATES]
    if unfinished:
        raise Conflict(
            f"{len(unfinished)} jobs of {record.plan.name} have not ended.", hint="Cancel the study first."
        )
    move_to_trash(service.workspace.study(record.plan.name), service.workspace.trash)


def study_jobs(record: StudyRecord, service: Service) -> Iterator[Job]:
    """Yield the jobs of a study that were not deleted."""
    for job_id in record.jobs.values():
        with suppress(NotFound):
            yield service.jobs.get(job_id)


def earlier_record(config: StudyConfig, workspace: Workspace) -> StudyRecord:
    """Return the record of the study that the plan continues; a new one if there is none. Raises Conflict."""
    from importlib.metadata import version  # noqa: PLC0415 - slow, and rarely needed

    try:
        earlier = read_study(config.name, workspace)
    except NotFound:
        return StudyRecord(plan=config, created=now(), version=version("deepsynth"))
    if (earlier.plan.dataset, earlier.plan.training) != (config.dataset, config.training):
        raise Conflict(
            f"There is a study {config.name!r} with another base.",
            hint="Choose another name; axes, values and seeds may be added under this one.",
            fields={"name": "belongs to another study"},
        )
    return earlier


@dataclass(frozen=True, slots=True)
class PlannedJob:
    """A job of a plan."""

    kind: str
    config: Config
    output: str

    @property
    def key(self) -> str:
        """Under which a study keeps its id."""
        return job_key(self.kind, self.output)


def planned_jobs(cells: list[Cell]) -> Iterator[PlannedJob]:
    """Yield each job of the cells once: datasets, reading checks, then each training with its control."""
    for dataset in distinct_datasets(cells):
        yield PlannedJob("dataset", dataset, dataset.name)
    for reading in distinct_readings(cells):
        yield PlannedJob("reading_check", reading, str(reading.output))
    for run in (run for cell in cells for run in cell.runs):
        yield PlannedJob("training", run.training, run.training.output)
        if run.control:
            yield PlannedJob("evaluation", run.control, str(run.control.output))


def _queue_once(
    service: Service, kind: str, config: Config, output: str, jobs: dict[str, str], after: tuple[str, ...]
) -> str:
    """Queue a job of a study, and keep its id in `jobs`; return the id."""
    key = job_key(kind, output)
    if key not in jobs:
        jobs[key] = queue_job(service, kind, config, after, f"study-{key}").id
    return jobs[key]


def _check(kind: str, config: Config, workspace: Workspace, planned: dict[Any, Any]) -> None:
    check = STAGES[kind].check
    if check:
        resolve_name(check)(config, workspace, planned)
