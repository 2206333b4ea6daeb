"""All jobs of a workspace, listed fast: a job is read again only after one of its small files changed."""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from data.errors import NotFound
from data.store.events import EVENTS
from web_ui.jobs.job import (
    CONTROL,
    FINAL_STATES,
    ID_PATTERN,
    OUTCOME,
    QUEUE,
    REQUEST,
    STATE,
    STATES_WITH_WORKER,
    Job,
)
from web_ui.jobs.snapshot import last_progress, load_job

Item = TypeVar("Item")
_FILES = (REQUEST, STATE, CONTROL, QUEUE, OUTCOME)
"""The files of a job that decide its snapshot."""
Signature = tuple[tuple[int, int, int] | None, ...]


class JobIndex:
    """Snapshots of jobs by id. A job in a final state is read once; for others the file signatures are
    compared."""

    def __init__(self, jobs: Path) -> None:
        self._jobs = jobs
        self._snapshots: dict[str, tuple[Signature, Job]] = {}

    def page(
        self, kind: str | None, state: str | None, offset: int, limit: int, search: str | None = None
    ) -> tuple[list[Job], int]:
        """Return a page of the matching jobs, newest first, with progress, and the number of all matching
        jobs."""
        jobs = [
            job
            for job in self.all()
            if kind in (None, job.kind) and state in (None, job.state) and _matches(job, search)
        ]
        jobs.sort(key=lambda job: (job.created, job.id), reverse=True)
        page = jobs[offset : offset + limit]
        return list(_existing_jobs(self._with_progress, page)), len(jobs)

    def all(self) -> list[Job]:
        """Return every job, without progress, unordered."""
        names = {entry.name for entry in os.scandir(self._jobs) if ID_PATTERN.fullmatch(entry.name)}
        for gone in self._snapshots.keys() - names:
            self._snapshots.pop(gone, None)
        return list(_existing_jobs(self._snapshot, names))

    def _with_progress(self, job: Job) -> Job:
        """Add the progress and, for a running job, the running time: they change without a new file."""
        folder = self._jobs / job.id
        return (
            load_job(folder)
            if job.state in STATES_WITH_WORKER
            else replace(job, progress=last_progress(folder / EVENTS))
        )

    def _snapshot(self, name: str) -> Job:
        known = self._snapshots.get(name)
        if known and known[1].state in FINAL_STATES and known[1].error is None:
            return known[1]
        folder = f"{self._jobs}/{name}"
        signature = tuple(file_signature(f"{folder}/{file}") for file in _FILES)
        if known is None or known[0] != signature:
            known = (signature, load_job(Path(folder), progress=False))
            self._snapshots[name] = known
        return known[1]


def _existing_jobs(load: Callable[[Item], Job], items: Iterable[Item]) -> Iterator[Job]:
    """Load jobs, without those that have been deleted since they were listed."""
    for item in items:
        with suppress(NotFound):
            yield load(item)


def _matches(job: Job, search: str | None) -> bool:
    if search is None:
        return True
    texts = (job.title, job.id, *(str(job.config.get(name, "")) for name in ("dataset", "model")))
    return any(search.lower() in text.lower() for text in texts)


def file_signature(path: str) -> tuple[int, int, int] | None:
    """Return values that change whenever the file does; None: there is no such file."""
    try:
        stat = os.stat(path)  # noqa: PTH116 - thousands of calls per list; making a Path takes longer
    except OSError:
        return None
    return stat.st_ino, stat.st_ctime_ns, stat.st_size  # no program can set ctime
