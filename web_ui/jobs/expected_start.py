"""When waiting jobs are expected to start: from the time left of running jobs, and from how long jobs like
those in front of them took."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf, isfinite
from statistics import median
from typing import Any, Final, get_args

from web_ui.jobs.job import STATES_WITH_WORKER, Job, State
from web_ui.jobs.stages import STAGES, Role
from web_ui.jobs.store import JobStore
from web_ui.jobs.waiting import awaited_jobs, queue_order

STARTABLE_STATES: Final = frozenset({State.QUEUED, State.PAUSED, State.INTERRUPTED, State.FAILED})
_IGNORED_SETTINGS: Final = frozenset({"name", "output", "seed", "learning_rate", "publish"})
"""Settings that change a job's result and hardly its duration."""
_NUM_LIKE_JOBS: Final = 5


@dataclass(frozen=True, slots=True)
class QueuePosition:
    """Where a waiting job is in the queue of its runner."""

    place: int
    """1: the next one."""
    starts_in_s: float | None
    """None: not known."""


def is_waiting(job: Job) -> bool:
    """Say whether a job waits for a runner, for its first start or for the next one."""
    return job.desired == "run" and job.state in STARTABLE_STATES


def read_queue(store: JobStore) -> dict[str, QueuePosition]:
    """Return the positions of all waiting jobs, by their id."""
    jobs = store.all()
    waiting = [job for job in queue_order(jobs) if is_waiting(job)]
    if not waiting:
        return {}
    statuses = [store.runner_status(role) for role in get_args(Role)]
    running = {job.id: store.get(job.id) for job in jobs if job.state in STATES_WITH_WORKER}
    starts = expected_starts(
        jobs, running, {status.role: status.num_slots for status in statuses if status.alive}
    )
    places: Counter[str | None] = Counter()
    positions: dict[str, QueuePosition] = {}
    for job in waiting:
        places[job.role] += 1
        positions[job.id] = QueuePosition(places[job.role], starts.get(job.id))
    return positions


def expected_starts(
    jobs: Sequence[Job], running: Mapping[str, Job], num_slots: Mapping[str, int]
) -> dict[str, float]:
    """Return in how many seconds each waiting job is expected to start, by its id. Jobs of which that is not
    known are left out. The queue is played through as the runners do: a free slot takes the first job that
    may start.

    Args:
        jobs: every job of the workspace.
        running: the jobs that have a worker, with their progress, by id.
        num_slots: how many jobs the living runner of a role runs at a time; without the role: no runner.
    """
    known = {job.id: job for job in jobs}
    durations = known_durations(jobs)
    ends = {job.id: _time_left_s(job, durations) for job in running.values()}
    free = {role: _free_times(role, slots, running, ends) for role, slots in num_slots.items()}
    waiting = [
        job
        for job in queue_order(jobs)
        if is_waiting(job)
        and job.role in free
        and job.num_devices(num_slots[job.role]) <= num_slots[job.role]
    ]
    starts: dict[str, float] = {}
    while waiting:
        start_s, place = min(
            (max(_devices_free_s(job, free[str(job.role)]), _awaited_end_s(job, known, ends)), place)
            for place, job in enumerate(waiting)
        )
        if not isfinite(start_s):
            break
        job = waiting.pop(place)
        starts[job.id] = start_s
        ends[job.id] = start_s + _duration_s(job, durations)
        slots = sorted(free[str(job.role)])
        num_devices = job.num_devices(len(slots))
        free[str(job.role)] = [ends[job.id]] * num_devices + slots[num_devices:]
    return starts


def _fits(job: Job, num_slots: Mapping[str, int]) -> bool:
    """Say whether the runner of a job is alive and has devices enough."""
    slots = num_slots.get(str(job.role), 0)
    return 0 < job.num_devices(slots) <= slots


def _free_times(
    role: str, num_slots: int, running: Mapping[str, Job], ends: Mapping[str, float]
) -> list[float]:
    """Return in how many seconds each slot of a role is free; infinity: not known."""
    own = [job for job in running.values() if job.role == role]
    taken = sorted(ends[job.id] for job in own for _ in range(job.num_devices(num_slots)))[:num_slots]
    return taken + [0.0] * (num_slots - len(taken))


def _devices_free_s(job: Job, free: Sequence[float]) -> float:
    """Return in how many seconds as many devices are free as a job takes."""
    return sorted(free)[job.num_devices(len(free)) - 1]


def _awaited_end_s(job: Job, known: Mapping[str, Job], ends: Mapping[str, float]) -> float:
    return max((ends.get(awaited.id, inf) for awaited in awaited_jobs(job, known)), default=0.0)


def _time_left_s(job: Job, durations: Mapping[str, float]) -> float:
    left_s = (job.progress or {}).get("eta_s")
    return float(left_s) if left_s is not None else _duration_s(job, durations)


def _duration_s(job: Job, durations: Mapping[str, float]) -> float:
    """Return how long a job still runs by the jobs like it; infinity: there are none, it took longer, or it
    runs until somebody stops it."""
    if job.kind in STAGES and STAGES[job.kind].holds_device:
        return inf
    left_s = durations.get(likeness(job.kind, job.config), inf) - job.run_s
    return left_s if left_s > 0 else inf


def known_durations(jobs: Sequence[Job]) -> dict[str, float]:
    """Return the median running time in seconds of the last jobs that succeeded, by their likeness."""
    times_s: dict[str, list[float]] = {}
    for job in sorted(jobs, key=lambda job: job.ended or "", reverse=True):
        if job.state == State.SUCCEEDED:
            times_s.setdefault(likeness(job.kind, job.config), []).append(job.run_s)
    return {likeness: median(found[:_NUM_LIKE_JOBS]) for likeness, found in times_s.items()}


def likeness(kind: str, config: Mapping[str, Any]) -> str:
    """Return a text that is equal for jobs which take about as long."""
    settings = {name: config[name] for name in sorted(config.keys() - _IGNORED_SETTINGS)}
    return f"{kind} {settings}"
