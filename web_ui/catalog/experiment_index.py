"""All experiments of a workspace, answered fast: a row is made again only after a file of its job changed,
and a page that knows an earlier answer gets only the rows that changed since."""

import secrets
from dataclasses import dataclass
from threading import Lock
from typing import Any

from data.errors import NotFound
from data.store.events import EVENTS
from web_ui.catalog.experiments import KINDS, experiment
from web_ui.jobs.annotations import ANNOTATIONS
from web_ui.jobs.index import file_signature
from web_ui.jobs.job import FINAL_STATES, STATES_WITH_WORKER, Job
from web_ui.jobs.store import JobStore


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    job: Job
    """As the job store holds it: it is another object after a change."""
    signatures: tuple[Any, ...]
    number: int
    """Of the change that made this row."""
    text: str
    """The row as JSON."""


@dataclass(frozen=True, slots=True)
class ExperimentsSince:
    """The rows that changed, as JSON, and the revision that names this state."""

    revision: str
    is_whole: bool
    rows: list[str]


class ExperimentIndex:
    """Rows by job id. Threads may use it at the same time."""

    def __init__(self, jobs: JobStore) -> None:
        self._jobs = jobs
        self._lock = Lock()
        self._rows: dict[str, _Row] = {}
        self._number = 0
        self._series = secrets.token_hex(8)
        """Part of each revision; another one after a deletion, when all rows are sent again."""

    def since(self, known: str) -> ExperimentsSince:
        """Return the rows that changed since the revision `known`; all of them if it names no state of this
        index. Newest jobs first."""
        with self._lock:
            self._update()
            series, _, number = known.partition("-")
            is_whole = series != self._series or not number.isdecimal() or int(number) > self._number
            after = -1 if is_whole else int(number)
            changed = [row for row in self._rows.values() if row.number > after]
            changed.sort(key=lambda row: (row.job.created, row.job.id), reverse=True)
            return ExperimentsSince(f"{self._series}-{self._number}", is_whole, [row.text for row in changed])

    def _update(self) -> None:
        jobs = {job.id: job for job in self._jobs.all() if job.kind in KINDS}
        for gone in self._rows.keys() - jobs.keys():
            del self._rows[gone]
            self._series = secrets.token_hex(8)
        stale = [job for job in jobs.values() if self._is_stale(job)]
        self._number += bool(stale)
        for job in stale:
            self._read(job)

    def _is_stale(self, job: Job) -> bool:
        row = self._rows.get(job.id)
        return row is None or row.job is not job or row.signatures != self._signatures(job)

    def _signatures(self, job: Job) -> tuple[Any, ...]:
        names = (ANNOTATIONS,) if job.state in FINAL_STATES else (ANNOTATIONS, EVENTS)
        return tuple(file_signature(f"{self._jobs.root}/{job.id}/{name}") for name in names)

    def _read(self, job: Job) -> None:
        signatures = self._signatures(job)  # before the files: a change while they are read is seen next time
        try:
            shown = self._jobs.get(job.id) if job.state in STATES_WITH_WORKER else job
        except NotFound:  # deleted since it was listed
            return
        text = experiment(shown, self._jobs.root / job.id).model_dump_json()
        self._rows[job.id] = _Row(job=job, signatures=signatures, number=self._number, text=text)
