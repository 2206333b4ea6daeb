"""All jobs of a workspace, listed fast: a job is read again only when one of its small files was replaced."""

import os
from dataclasses import replace
from pathlib import Path

from web_ui.jobs.job import CONTROL, EVENTS, FINAL, ID_PATTERN, OUTCOME, REQUEST, STATE, Job
from web_ui.jobs.view import last_progress, load_job

Signature = tuple[tuple[int, int, int] | None, ...]


class Shelf:
    """Job views by id. A job that has ended for good never changes; of the others the file times are compared."""

    def __init__(self, jobs: Path) -> None:
        self._jobs = jobs
        self._views: dict[str, tuple[Signature, Job]] = {}

    def page(self, kind: str | None, state: str | None, offset: int, limit: int, search: str | None = None) -> tuple[list[Job], int]:
        """Return one page of the matching jobs, newest first, with their progress, and the number of matching jobs."""
        jobs = [job for job in self.all() if kind in (None, job.kind) and state in (None, job.state) and _is_found(job, search)]
        jobs.sort(key=lambda job: (job.created, job.id), reverse=True)
        page = jobs[offset : offset + limit]
        return [replace(job, progress=last_progress(self._jobs / job.id / EVENTS)) for job in page], len(jobs)

    def all(self) -> list[Job]:
        """Return every job, without progress, in no order."""
        names = {entry.name for entry in os.scandir(self._jobs) if ID_PATTERN.fullmatch(entry.name)}
        for gone in self._views.keys() - names:
            self._views.pop(gone, None)
        return [self._view(name) for name in names]

    def _view(self, name: str) -> Job:
        known = self._views.get(name)
        if known and known[1].state in FINAL and known[1].error is None:
            return known[1]
        folder = self._jobs / name
        signature = tuple(_stamp(folder / file) for file in (REQUEST, STATE, CONTROL, OUTCOME))
        if known is None or known[0] != signature:
            known = (signature, load_job(folder, progress=False))
            self._views[name] = known
        return known[1]


def _is_found(job: Job, search: str | None) -> bool:
    texts = (job.title, job.id, *(str(job.config.get(name, "")) for name in ("dataset", "model")))
    return search is None or any(search.lower() in text.lower() for text in texts)


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_ino, stat.st_mtime_ns, stat.st_size
