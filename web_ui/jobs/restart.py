"""Restarts after a worker crash (no outcome.json): at once, after a delay, or not at all.

The delays outlast short faults of the machine that crash every worker, for example packages that are being
replaced.
"""

import signal
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import Any

from data.errors import StorageError, Unavailable
from data.store.events import EVENTS, EventLog
from web_ui.jobs.job import LOG, JobState, RestartDelay, State
from web_ui.jobs.process import boot_id
from web_ui.jobs.snapshot import last_progress

RESTART_DELAYS_S = (0.0, 0.0, 5.0, 30.0, 120.0)
"""Delay of the next start, by the number of crashes in a row without new progress. With one more the job
fails."""


def state_after_crash(folder: Path, state: JobState, exit_code: int | None) -> tuple[State, dict[str, Any]]:
    """Return the state after a worker crash, and the values of `JobState` to change."""
    progress = last_progress(folder / EVENTS)
    # Without a unit, no work has been counted yet.
    done, unit = (progress["done"], progress["unit"]) if progress and progress["unit"] else (-1, "")
    is_further = done > state.reached.get(unit, -1)
    stalled = 0 if is_further else state.stalled + 1
    reached = state.reached | ({unit: done} if is_further else {})
    values: dict[str, Any] = {"stalled": stalled, "reached": reached}
    if stalled < len(RESTART_DELAYS_S):
        wait = RestartDelay(until_s=monotonic() + RESTART_DELAYS_S[stalled], boot_id=boot_id())
        return State.INTERRUPTED, values | {"wait": wait, "ended": None}
    error = Unavailable(
        f"The worker ended without a result {stalled} times in a row, each time at the same place "
        f"({_describe_exit(exit_code)}).",
        hint=f"{_hint(exit_code)}, then resume the job. The log is {folder / LOG}.",
    )
    return State.FAILED, values | {"error": error.as_dict()}


def log_crash(folder: Path, state: JobState) -> None:
    """Add an event to an interrupted job: how its worker ended and when it restarts. The caller holds the
    job's lock."""
    wait_s = RESTART_DELAYS_S[state.stalled]
    text = f"The worker ended without a result ({_describe_exit(state.exit_code)})."
    if wait_s:
        text += (
            f" {state.stalled} times in a row at the same place: the job is tried again in {wait_s:g} s, "
            "or when it is resumed."
        )
    with suppress(StorageError):  # the state, which matters, is already written
        log = EventLog(folder / EVENTS)
        try:
            log.append("message", text=text, level="warning")
        finally:
            log.close()


def _describe_exit(exit_code: int | None) -> str:
    if exit_code is None:
        return "exit code unknown"
    if exit_code >= 0:
        return f"exit code {exit_code}"
    try:
        return f"killed by {signal.Signals(-exit_code).name}"
    except ValueError:  # real-time signals have no name
        return f"killed by signal {-exit_code}"


def _hint(exit_code: int | None) -> str:
    if exit_code == -signal.SIGKILL:
        return "Often the machine ran out of memory: use a smaller configuration or free memory"
    return "Read the log, fix the cause"
