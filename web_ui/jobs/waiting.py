"""Jobs that wait for others: a job starts when all jobs that its request names in `after` have succeeded."""

import os
from collections.abc import Mapping
from pathlib import Path

from data.errors import Conflict
from web_ui.jobs.attempt import read_control, read_state, write_state
from web_ui.jobs.job import REQUEST, Job, State, now
from web_ui.jobs.locks import try_lock


def awaited_jobs(job: Job, jobs: Mapping[str, Job]) -> list[Job]:
    """Return the jobs that a queued job still waits for.

    Args:
        job: a queued job.
        jobs: every job of the workspace, by id.

    Raises:
        Conflict: one of them has failed, was cancelled or was deleted, so the job cannot start.
    """
    if job.attempts:
        return []
    return [jobs[each] for each in job.after if _has_still_to_end(each, jobs.get(each))]


def _has_still_to_end(job_id: str, job: Job | None) -> bool:
    if job is None:
        raise Conflict(
            f"Not started: job {job_id}, which this job waits for, was deleted.", hint="Start a new job."
        )
    if job.state == State.CANCELLED:
        raise Conflict(f"Not started: {_named(job)} was cancelled.", hint="Start a new job.")
    if job.state == State.FAILED and job.desired is None:
        raise Conflict(
            f"Not started: {_named(job)} has failed.",
            hint="Resume that job; when it has succeeded, resume this one.",
        )
    return job.state != State.SUCCEEDED


def _named(job: Job) -> str:
    return f"{job.title} (job {job.id}), which this job waits for,"


def end_unstarted(folder: Path, error: Conflict) -> None:
    """Record that a queued job has failed before its first attempt. Raises StorageError."""
    lock = try_lock(folder / REQUEST)
    if lock is None:
        return
    try:
        state, control = read_state(folder), read_control(folder)
        if state.state == State.QUEUED:
            answered = control.request_id if control else state.answered
            write_state(
                folder, state.moved(State.FAILED, ended=now(), answered=answered, error=error.as_dict())
            )
    finally:
        os.close(lock)
