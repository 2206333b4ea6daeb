"""Jobs that wait for others: a job starts when all jobs that its request names in `after` have succeeded."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from data.errors import Conflict
from web_ui.jobs.attempt import read_control, read_state, write_state
from web_ui.jobs.job import REQUEST, Job, State, now
from web_ui.jobs.locks import try_lock


def queue_order(jobs: Iterable[Job]) -> list[Job]:
    """Return jobs in the order in which a runner starts them: those moved to the front, the latest move
    first, then the others, oldest first."""
    oldest_first = sorted(jobs, key=lambda job: (job.created, job.id))
    return sorted(oldest_first, key=lambda job: job.moved_to_front or "", reverse=True)


def awaited_jobs(job: Job, jobs: Mapping[str, Job]) -> list[Job]:
    """Return the jobs that must still succeed before a queued job starts, without those that were deleted.

    Args:
        job: a queued job.
        jobs: the jobs of the workspace, by id; at least those that it names.
    """
    if job.attempts:
        return []
    return [jobs[each] for each in job.after if each in jobs and jobs[each].state != State.SUCCEEDED]


def require_possible(job: Job, jobs: Mapping[str, Job]) -> None:
    """Refuse to let a queued job wait for a job that cannot succeed any more. Raises Conflict.

    Args:
        job: a queued job.
        jobs: every job of the workspace, by id.
    """
    deleted = [each for each in job.after if each not in jobs and not job.attempts]
    if deleted:
        raise Conflict(
            f"Not started: job {deleted[0]}, which this job waits for, was deleted.", hint="Start a new job."
        )
    for awaited in awaited_jobs(job, jobs):
        named = f"{awaited.title} (job {awaited.id}), which this job waits for,"
        if awaited.state == State.CANCELLED:
            raise Conflict(f"Not started: {named} was cancelled.", hint="Start a new job.")
        if awaited.state == State.FAILED and awaited.desired is None:
            raise Conflict(
                f"Not started: {named} has failed.",
                hint="Resume that job; when it has succeeded, resume this one.",
            )


def require_devices(job: Job, num_devices: int) -> None:
    """Refuse a job that needs more devices than its runner has. Raises Conflict."""
    wanted = job.num_devices(num_devices)
    if wanted > num_devices:
        there = "1 device" if num_devices == 1 else f"{num_devices} devices"
        raise Conflict(
            f"Not started: the job needs {wanted} GPUs, and this service has {there}.",
            hint="Run it again with a smaller num_gpus, or with 0 for all.",
        )


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
