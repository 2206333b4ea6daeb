"""One attempt of a job, as the runner sees it: start its worker, watch and signal it, and settle how it
ended.

The worker's lock on request.json is passed to it already held, so that there is no moment at which a worker
lives unseen: if the lock can be had, no process of the job is left.
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
from data.store.files import TEMPORARY_SUFFIX, write_json
from web_ui.jobs import process
from web_ui.jobs.job import (
    CONTROL,
    EVENTS,
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
"""The state that an attempt's outcome leads to."""


@dataclass(slots=True, kw_only=True)
class Attempt:
    """A worker that lives, or did when last seen. `child` is None for one adopted from an earlier runner."""

    folder: Path
    state: JobState
    output_key: tuple[str, str]
    child: "subprocess.Popen[bytes] | None" = None
    cancelled_s: float | None = None


def start_attempt(
    folder: Path, output_key: tuple[str, str], role: Role, device: str | None, stages: str
) -> Attempt | None:
    """Start a worker for a queued job; None when the job is gone, held, or no longer wanted.

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
    """Carry out what the user wants of a living worker. Returns False once the attempt is settled and
    over."""
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
    """Tell the worker to save and end; its job is queued again by the next runner."""
    if attempt.state.worker:
        process.send(attempt.state.worker, signal.SIGTERM)


def settle_attempt(attempt: Attempt) -> bool:
    """Write down how an attempt ended; False while a process of it is still there.

    Raises:
        StorageError: the state cannot be written; the next call tries again.
    """
    killed = process.kill_job(attempt.folder) if attempt.child or attempt.state.worker else 0
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
    if killed:
        LOGGER.warning(
            "left-over processes ended",
            extra={"values": {"job_id": attempt.folder.name, "processes": killed}},
        )
    return True


def read_state(folder: Path) -> JobState:
    """Read the state. Raises StorageError when it is damaged."""
    return read_json_file(folder / STATE, JobState) or JobState()


def read_control(folder: Path) -> Control | None:
    """Read what the user wants; None when the file is damaged, which is shown on the job."""
    try:
        return read_json_file(folder / CONTROL, Control) or Control()
    except StorageError:
        return None


def desired_of(control: Control | None) -> Desired | None:
    return control.desired if control else None


def write_state(folder: Path, state: JobState) -> None:
    """Replace state.json and say so in the log."""
    write_json(folder / STATE, state.model_dump(mode="json"))
    values = {
        "job_id": folder.name,
        "state": state.state,
        "attempt": state.attempts,
        "error": (state.error or {}).get("message"),
    }
    LOGGER.info(
        "job %s",
        state.state,
        extra={"values": {name: value for name, value in values.items() if value is not None}},
    )


def _move_attempt(attempt: Attempt, to: State, **values: Any) -> None:
    state = attempt.state.moved(to, **values)
    write_state(attempt.folder, state)
    attempt.state = state


def _spawn(folder: Path, state: JobState, lock: int, stages: str) -> "subprocess.Popen[bytes]":
    environment = child_environment() | {process.JOB_VARIABLE: str(folder), "PYTHONUNBUFFERED": "1"}
    if state.device is not None:
        environment["CUDA_VISIBLE_DEVICES"] = state.device
    command = [
        sys.executable,
        "-m",
        "web_ui.jobs.worker",
        str(folder),
        "--attempt",
        str(state.attempts),
        "--stages",
        stages,
    ]
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
            process.kill_job(attempt.folder)  # the worker is gone, its children hold the lock
    if worker:
        _write_worker(attempt, worker)


def _write_worker(attempt: Attempt, worker: process.ProcessIdentity) -> None:
    attempt.state = attempt.state.model_copy(update={"worker": worker})
    with suppress(StorageError):  # the worker is found again without it
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


def _cancel(attempt: Attempt, worker: process.ProcessIdentity, grace_s: float) -> None:
    if attempt.cancelled_s is None:
        attempt.cancelled_s = monotonic()
        process.send(worker, signal.SIGTERM)
    elif monotonic() - attempt.cancelled_s > grace_s:
        process.kill_group(worker)


def _final_move(attempt: Attempt) -> tuple[State, dict[str, Any]]:
    """Say to which state an ended attempt leads, and with which values."""
    state, control = attempt.state, read_control(attempt.folder)
    exit_code = attempt.child.returncode if attempt.child else None
    values = {
        "exit_code": exit_code,
        "run_s": state.run_s + _worker_run_s(attempt),
        "worker": None,
        "answered": control.request_id if control else state.answered,
        "ended": now(),
    }
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
        to, more = state_after_crash(attempt.folder, state, exit_code)
        return to, values | more
    to = STATE_BY_OUTCOME[outcome.status]
    return to, values | ({"ended": None, "stalled": 0} if to == State.PAUSED else {})


def _worker_run_s(attempt: Attempt) -> float:
    """Return for how long the worker ran; of one that ended unseen, until the last sign of it."""
    worker = attempt.state.worker
    if worker is None or worker.boot_id != process.boot_id():
        return 0.0
    unseen_s = (
        0.0
        if attempt.child
        else time() - max(_modified_s(attempt.folder / name) for name in (OUTCOME, EVENTS, LOG))
    )
    return max(0.0, process.age_s(worker) - max(0.0, unseen_s))


def _modified_s(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _remove_temporary_files(folder: Path) -> None:
    """Remove the half-written files of writers that are gone."""
    with locked(folder):
        for path in folder.glob(f".*{TEMPORARY_SUFFIX}"):
            path.unlink(missing_ok=True)
