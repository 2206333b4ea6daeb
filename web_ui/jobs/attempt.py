"""One attempt of a job, as the runner sees it: start, watch and signal the worker, and record how it ended.

The runner takes the lock on request.json and passes it to the worker, already held. While any process of the
job runs, nobody else can take the lock.
"""

import logging
import os
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, time
from typing import Any

from data.errors import StorageError
from data.store.events import EVENTS
from data.store.files import TEMPORARY_SUFFIX, write_json
from web_ui.jobs import process
from web_ui.jobs.devices import devices_of
from web_ui.jobs.job import (
    CONTROL,
    LOG,
    OUTCOME,
    REQUEST,
    STATE,
    Control,
    Desired,
    JobState,
    Outcome,
    State,
    now,
    read_json_file,
)
from web_ui.jobs.locks import locked, try_lock
from web_ui.jobs.redaction import child_environment
from web_ui.jobs.restart import log_crash, state_after_crash
from web_ui.jobs.stages import Role

LOGGER = logging.getLogger("deepsynth.jobs")
STATE_BY_OUTCOME = {"succeeded": State.SUCCEEDED, "failed": State.FAILED, "stopped": State.PAUSED}
"""Status in outcome.json -> the state of the job after the attempt."""


@dataclass(slots=True, kw_only=True)
class Attempt:
    """A worker that runs, or ran when it was last checked.

    `child`: None for a worker that an earlier runner started. `cancelled_s`: when this runner asked the
    worker to cancel, in seconds of the monotonic clock.
    """

    folder: Path
    state: JobState
    output_key: tuple[str, str]
    child: "subprocess.Popen[bytes] | None" = None
    cancelled_s: float | None = None


def start_attempt(
    folder: Path, output_key: tuple[str, str], role: Role, device: str | None, stages: str
) -> Attempt | None:
    """Start a worker for a queued job. None if the job is deleted, locked, or no longer to be started.

    Raises:
        StorageError: the state or the log cannot be written.
    """
    lock = try_lock(folder / REQUEST)
    if lock is None:
        return None
    try:
        state = read_state(folder)
        if state.state != State.QUEUED or desired_of(read_control(folder)) not in ("run", None):
            return None
        state = state.moved(
            State.RUNNING, attempts=state.attempts + 1, role=role, device=device, worker=None,
            started=state.started or now(),
            ended=None, exit_code=None, error=None, wait=None,
        )  # fmt: skip
        write_state(folder, state)
        child = _spawn(folder, state, lock, stages)
        attempt = Attempt(folder=folder, state=state, output_key=output_key, child=child)
    finally:
        os.close(lock)
    _remember_worker(attempt)
    return attempt


def watch_attempt(attempt: Attempt, grace_s: float) -> bool:
    """Carry out the user's request on a running worker. Returns False once the end of the attempt is
    recorded."""
    if _has_ended(attempt):
        return not settle_attempt(attempt)
    if attempt.state.worker is None:
        _remember_worker(attempt)
    desired = desired_of(read_control(attempt.folder))
    wanted = State.PAUSING if desired == "pause" else State.RUNNING
    if wanted != attempt.state.state and desired != "cancel":
        _move_attempt(attempt, wanted)
    if desired == "cancel" and attempt.state.worker:
        _cancel(attempt, attempt.state.worker, grace_s)
    return True


def request_stop(attempt: Attempt) -> None:
    """Ask the worker to save and end. The next runner queues the job again."""
    if attempt.state.worker:
        process.send(attempt.state.worker, signal.SIGTERM)


def settle_attempt(attempt: Attempt) -> bool:
    """Record how an attempt ended. Returns False while a process of the job still runs. Raises StorageError
    if the state cannot be written; the next call tries again."""
    if _kill_leftovers(attempt):
        return False  # a killed process may live for a moment, and not all of them hold the lock
    lock = try_lock(attempt.folder / REQUEST)
    if lock is None:
        return not (attempt.folder / REQUEST).exists()
    try:
        _remove_temporary_files(attempt.folder)
        to, values = _final_move(attempt)
        _move_attempt(attempt, to, **values)
        if to == State.INTERRUPTED:
            log_crash(attempt.folder, attempt.state)
    finally:
        os.close(lock)
    return True


def read_state(folder: Path) -> JobState:
    """Read state.json. Raises StorageError if it is damaged."""
    return read_json_file(folder / STATE, JobState) or JobState()


def read_control(folder: Path) -> Control | None:
    """Read the user's request. None if control.json is damaged; the job's snapshot reports the damage."""
    try:
        return read_json_file(folder / CONTROL, Control) or Control()
    except StorageError:
        return None


def desired_of(control: Control | None) -> Desired | None:
    return control.desired if control else None


def write_state(folder: Path, state: JobState) -> None:
    """Replace state.json and log the new state."""
    write_json(folder / STATE, state.model_dump(mode="json"))
    values: dict[str, Any] = {"job_id": folder.name, "state": state.state, "attempt": state.attempts}
    if state.error:
        values["error"] = state.error.get("message")
    LOGGER.info("job %s", state.state, extra={"values": values})


def _move_attempt(attempt: Attempt, to: State, **values: Any) -> None:
    state = attempt.state.moved(to, **values)
    write_state(attempt.folder, state)
    attempt.state = state


def _spawn(folder: Path, state: JobState, lock: int, stages: str) -> "subprocess.Popen[bytes]":
    environment = child_environment() | {process.JOB_VARIABLE: str(folder), "PYTHONUNBUFFERED": "1"}
    if state.device is not None:
        environment["CUDA_VISIBLE_DEVICES"] = state.device
    command = [sys.executable, "-m", "web_ui.jobs.worker", str(folder)]
    command += ["--attempt", str(state.attempts), "--stages", stages]
    command += ["--num-processes", str(len(devices_of(state.device)))]
    with (folder / LOG).open("ab") as log:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=environment,
            start_new_session=True,
            pass_fds=(lock,),
        )


def _remember_worker(attempt: Attempt) -> None:
    if attempt.child:
        worker = process.identify(attempt.child.pid)
    else:
        living = process.job_processes(attempt.folder)
        worker = next((found for found in living if process.is_leader(found)), None)
        if living and not worker:
            process.kill_job(attempt.folder)  # the worker has ended, but its children hold the lock
    if worker:
        _write_worker(attempt, worker)


def _write_worker(attempt: Attempt, worker: process.ProcessIdentity) -> None:
    attempt.state = attempt.state.model_copy(update={"worker": worker})
    with suppress(StorageError):  # the next runner finds the worker without the file too
        write_json(attempt.folder / STATE, attempt.state.model_dump(mode="json"))


def _has_ended(attempt: Attempt) -> bool:
    if attempt.child:
        return attempt.child.poll() is not None
    if attempt.state.worker:
        return not process.is_alive(attempt.state.worker)
    lock = try_lock(attempt.folder / REQUEST)
    if lock is not None:
        os.close(lock)
    return lock is not None or not (attempt.folder / REQUEST).exists()


def _kill_leftovers(attempt: Attempt) -> int:
    """Kill what is left of an ended worker. Returns the number of processes."""
    if not (attempt.child or attempt.state.worker):
        return 0
    num_killed = process.kill_job(attempt.folder)
    if num_killed:
        values = {"job_id": attempt.folder.name, "processes": num_killed}
        LOGGER.warning("left-over processes killed", extra={"values": values})
    return num_killed


def _cancel(attempt: Attempt, worker: process.ProcessIdentity, grace_s: float) -> None:
    if attempt.cancelled_s is None:
        attempt.cancelled_s = monotonic()
        process.send(worker, signal.SIGTERM)
    elif monotonic() - attempt.cancelled_s > grace_s:
        process.kill_group(worker)


def _final_move(attempt: Attempt) -> tuple[State, dict[str, Any]]:
    """Return the state after an ended attempt, and the values of `JobState` to change."""
    state, control = attempt.state, read_control(attempt.folder)
    values = _ending(attempt, control)
    try:
        outcome = read_json_file(attempt.folder / OUTCOME, Outcome)
    except StorageError as error:
        return State.FAILED, values | {"error": error.as_dict()}
    if outcome and outcome.attempt != state.attempts:
        outcome = None
    if outcome and outcome.status == "succeeded":
        return State.SUCCEEDED, values
    if desired_of(control) == "cancel":
        return State.CANCELLED, values
    if outcome is None:
        to, more = state_after_crash(attempt.folder, state, values["exit_code"])
        return to, values | more
    to = STATE_BY_OUTCOME[outcome.status]
    return to, values | ({"ended": None, "stalled": 0} if to == State.PAUSED else {})


def _ending(attempt: Attempt, control: Control | None) -> dict[str, Any]:
    """Return the values of `JobState` that every ending changes."""
    return {
        "exit_code": attempt.child.returncode if attempt.child else None,
        "run_s": attempt.state.run_s + _worker_run_s(attempt),
        "worker": None,
        "answered": control.request_id if control else attempt.state.answered,
        "ended": now(),
    }


def _worker_run_s(attempt: Attempt) -> float:
    """Return how long the worker ran, in seconds.

    For a worker that ended while no runner watched: until the last change of its files.
    """
    worker = attempt.state.worker
    if worker is None or worker.boot_id != process.boot_id():
        return 0.0
    ended_ago_s = 0.0
    if not attempt.child:
        ended_ago_s = time() - max(_modified_s(attempt.folder / name) for name in (OUTCOME, EVENTS, LOG))
    return max(0.0, process.age_s(worker) - max(0.0, ended_ago_s))


def _modified_s(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _remove_temporary_files(folder: Path) -> None:
    """Remove the half-written files, and the sockets, of processes that have ended."""
    with locked(folder):
        sockets = [path for path in folder.iterdir() if path.is_socket()]
        for path in [*folder.glob(f".*{TEMPORARY_SUFFIX}"), *sockets]:
            path.unlink(missing_ok=True)
