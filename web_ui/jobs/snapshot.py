"""The snapshot of one job, read from the files of its folder. A damaged file becomes the job's error."""

import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Any

from data.errors import NotFound, StorageError
from data.store.events import EVENTS
from data.store.workspace import Workspace
from web_ui.jobs.job import (
    CONTROL,
    ENDED_STATES,
    OUTCOME,
    QUEUE,
    REQUEST,
    STATE,
    STATES_WITH_WORKER,
    AnyJsonFile,
    Control,
    Job,
    JobProgress,
    JobState,
    Outcome,
    QueuePlace,
    Request,
    State,
    read_json_file,
)
from web_ui.jobs.process import age_s, boot_id
from web_ui.jobs.stages import RESULT_PATHS

TAIL_BYTES = 1 << 16
LOG_LIMIT_BYTES = 1 << 18


@dataclass(frozen=True, slots=True)
class LogSlice:
    """Text of a log, and the byte offset after it, where the next read starts."""

    text: str
    next_offset: int


def load_job(folder: Path, progress: bool = True) -> Job:
    """Read a job from its folder.

    Args:
        folder: the job's folder.
        progress: whether to read the last progress event too. Only that file may be large.

    Raises:
        NotFound: there is no such folder.
    """
    faults: list[StorageError] = []
    request = _read_request(folder, faults)
    control = _read(folder / CONTROL, Control, faults) or Control()
    state = _read(folder / STATE, JobState, faults) or JobState(
        state=State.INTERRUPTED if faults else State.QUEUED
    )
    place = _read(folder / QUEUE, QueuePlace, faults)
    is_running = state.state in STATES_WITH_WORKER
    outcome = _read(folder / OUTCOME, Outcome, faults)
    if outcome and outcome.attempt != state.attempts:
        outcome = None  # of an earlier attempt
    error = (outcome.error if outcome and state.state == State.FAILED else None) or state.error
    return Job(
        id=folder.name,
        kind=request.kind if request else "unknown",
        role=request.role if request else state.role if is_running else None,
        title=request.title if request else folder.name,
        after=request.after if request else (),
        state=state.state if request or is_running else State.FAILED,
        desired=None
        if state.state in ENDED_STATES and control.request_id == state.answered
        else control.desired,
        created=request.created if request else _created_from_id(folder.name),
        moved_to_front=place.moved if place else None,
        started=state.started,
        ended=state.ended,
        attempts=state.attempts,
        retry_at=_retry_at(state, control),
        run_s=state.run_s + _current_run_s(state),
        progress=last_progress(folder / EVENTS) if progress else None,
        config=request.config if request else {},
        result=_located(outcome.result, folder) if outcome and state.state == State.SUCCEEDED else None,
        error=faults[0].as_dict() if faults else error,
    )


def earliest_start_s(state: JobState, control: Control | None) -> float:
    """Return the earliest start of a job, in seconds of the monotonic clock; 0: at once.

    A job that its user resumed after it stalled may start at once.
    """
    is_waiting = (
        state.wait is not None and state.wait.boot_id == boot_id() and not state.has_new_request(control)
    )
    return state.wait.until_s if state.wait and is_waiting else 0.0


def job_not_found(job_id: str) -> NotFound:
    return NotFound(
        f"There is no job {job_id!r}.", hint="GET /api/jobs or `deepsynth jobs` lists the jobs that exist."
    )


def read_log(path: Path, offset: int = 0, limit_bytes: int = LOG_LIMIT_BYTES) -> LogSlice:
    """Read at most `limit_bytes` of a log from a byte offset on; a negative offset counts from the end.

    Returns whole UTF-8 characters only.
    """
    if not path.exists():
        return LogSlice("", 0)
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        start = file.seek(min(offset, size) if offset >= 0 else max(size + offset, 0))
        chunk = file.read(limit_bytes)
    if offset < 0:
        whole_from = next((index for index, byte in enumerate(chunk[:4]) if byte & 0xC0 != 0x80), 0)
        start, chunk = start + whole_from, chunk[whole_from:]
    size = _complete_bytes(chunk)
    return LogSlice(chunk[:size].decode(errors="replace"), start + size)


def _complete_bytes(chunk: bytes) -> int:
    """Return the length of `chunk` without a last character of which the writer has not written all bytes."""
    for back in range(1, min(4, len(chunk) + 1)):
        if chunk[-back] >= 0xC0:
            return len(chunk) - (0 if chunk[-back:].decode(errors="ignore") else back)
    return len(chunk)


def last_progress(path: Path) -> dict[str, Any] | None:
    """Return the last progress event in the last TAIL_BYTES of an event log. None if there is none."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - TAIL_BYTES))
            lines = file.read().split(b"\n")
    except OSError:
        return None
    for line in reversed(lines):
        if b'"progress"' in line:
            try:
                event = json.loads(line)
                if isinstance(event, dict) and event.get("kind") == "progress":
                    return JobProgress.model_validate(event).model_dump()
            except (ValueError, RecursionError):  # the event log shows the damaged event; here it is skipped
                continue
    return None


def _read_request(folder: Path, faults: list[StorageError]) -> Request | None:
    request = _read(folder / REQUEST, Request, faults)
    if request is None and not folder.exists():
        raise job_not_found(folder.name)
    if request is None and not faults:
        hint = "Restore the file from a backup, or delete the job."
        faults.append(StorageError(f"Job {folder.name} has no {REQUEST}.", hint=hint))
    return request


def _read(path: Path, kind: type[AnyJsonFile], faults: list[StorageError]) -> AnyJsonFile | None:
    try:
        return read_json_file(path, kind)
    except StorageError as error:
        faults.append(error)
        return None


def _located(result: dict[str, Any] | None, folder: Path) -> dict[str, Any] | None:
    """Return a result with the paths that its files have now."""
    if result is None:
        return None
    workspace = Workspace(folder.parents[1])
    given = {key: result[key] for key in RESULT_PATHS if isinstance(result.get(key), str) and result[key]}
    return {**result, **{key: str(workspace.located(path)) for key, path in given.items()}}


def _retry_at(state: JobState, control: Control) -> str | None:
    wait_s = earliest_start_s(state, control) - monotonic()
    if wait_s <= 0 or state.state not in (State.QUEUED, State.INTERRUPTED):
        return None
    return (datetime.now(UTC) + timedelta(seconds=wait_s)).isoformat(timespec="seconds")


def _current_run_s(state: JobState) -> float:
    if state.state in STATES_WITH_WORKER and state.worker and state.worker.boot_id == boot_id():
        return max(0.0, age_s(state.worker))
    return 0.0


def _created_from_id(job_id: str) -> str:
    day, second = job_id[:8], job_id[9:15]
    return f"{day[:4]}-{day[4:6]}-{day[6:]}T{second[:2]}:{second[2:4]}:{second[4:]}+00:00"
