"""A job without a worker: carry out the user's requests and recover a damaged state.json."""

import os
from pathlib import Path
from typing import Any

from data.errors import StorageError
from web_ui.jobs.attempt import STATE_BY_OUTCOME, desired_of, read_control, read_state, write_state
from web_ui.jobs.job import ENDED_STATES, OUTCOME, REQUEST, JobState, Outcome, State, now, read_json_file
from web_ui.jobs.locks import try_lock
from web_ui.jobs.snapshot import earliest_start_s

IDLE_MOVES = {
    (State.QUEUED, "pause"): State.PAUSED,
    (State.QUEUED, "cancel"): State.CANCELLED,
    (State.PAUSED, "run"): State.QUEUED,
    (State.PAUSED, "cancel"): State.CANCELLED,
    (State.INTERRUPTED, "run"): State.QUEUED,
    (State.INTERRUPTED, None): State.QUEUED,
    (State.INTERRUPTED, "pause"): State.PAUSED,
    (State.INTERRUPTED, "cancel"): State.CANCELLED,
    (State.FAILED, "run"): State.QUEUED,
    (State.FAILED, "pause"): State.PAUSED,
    (State.FAILED, "cancel"): State.CANCELLED,
}
"""Moves of a job without a worker, by its state and by `desired` of control.json (None: control.json is
damaged). A failed job moves only for a request that is newer than the failure."""


def move_idle_job(folder: Path) -> State:
    """Carry out the user's request on a job without a worker, and return the new state.

    Raises:
        StorageError: the state cannot be written.
    """
    state, control = read_state(folder), read_control(folder)
    to = IDLE_MOVES.get((state.state, desired_of(control)))
    if to is None or (state.state == State.FAILED and not state.has_new_request(control)):
        return state.state
    lock = try_lock(folder / REQUEST)
    if lock is None:
        return state.state
    try:
        has_failed = state.state == State.FAILED
        values: dict[str, Any] = {"stalled": 0, "error": None, "ended": None} if has_failed else {}
        if to == State.CANCELLED:
            values = {"ended": now(), "answered": control.request_id if control else state.answered}
        write_state(folder, state.moved(to, **values))
    finally:
        os.close(lock)
    return to


def read_earliest_start_s(folder: Path) -> float:
    """Return the earliest start of a queued job, in seconds of the monotonic clock. See `earliest_start_s`.

    Raises:
        StorageError: the state is damaged.
    """
    return earliest_start_s(read_state(folder), read_control(folder))


def recover_state(folder: Path) -> None:
    """Rebuild a damaged state.json from outcome.json, once no worker runs."""
    lock = try_lock(folder / REQUEST)
    if lock is None:
        return
    try:
        read_state(folder)
    except StorageError:
        write_state(folder, _state_from_outcome(folder))
    finally:
        os.close(lock)


def _state_from_outcome(folder: Path) -> JobState:
    try:
        outcome = read_json_file(folder / OUTCOME, Outcome)
    except StorageError:
        outcome = None
    if outcome is None:
        return JobState(state=State.INTERRUPTED)
    control, state = read_control(folder), STATE_BY_OUTCOME[outcome.status]
    is_answered = control is not None and control.time <= outcome.ended
    return JobState(
        state=state,
        attempts=outcome.attempt,
        ended=outcome.ended if state in ENDED_STATES else None,
        answered=control.request_id if control and is_answered else "",
    )
