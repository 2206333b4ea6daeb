"""The jobs of one workspace, for everyone but the runner: create, look at, ask to pause, resume or cancel,
delete."""

import hashlib
import os
import secrets
import shutil
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from data.config import Config
from data.errors import Conflict, NotFound, StorageError, UnknownName
from data.store.events import EventSlice, read_events
from data.store.files import move_to_trash, new_folder, storage_error, write_bytes, write_json
from data.store.workspace import Workspace
from web_ui.jobs.heartbeat import RunnerStatus, read_runner_status
from web_ui.jobs.index import JobIndex
from web_ui.jobs.job import (
    CONTROL,
    ENDED_STATES,
    EVENTS,
    ID_PATTERN,
    LOG,
    REQUEST,
    STATES_WITH_WORKER,
    Control,
    Desired,
    Job,
    Request,
    State,
    now,
    read_json_file,
)
from web_ui.jobs.locks import locked, try_lock
from web_ui.jobs.snapshot import LogSlice, job_not_found, load_job, read_log
from web_ui.jobs.stages import STAGES, Role, Stage

KEYS_FOLDER = ".keys"
LOCK_WAIT_S = 2.0
UNFINISHED_STATES = frozenset(State) - ENDED_STATES


class JobStore:
    """Jobs as folders below `workspace/jobs`. Safe to use from many threads and processes at once."""

    def __init__(self, workspace: Workspace, stages: Mapping[str, Stage] = STAGES) -> None:
        self._workspace = workspace
        self._stages = stages
        self._index = JobIndex(workspace.jobs)

    def create(self, kind: str, config: Config, idempotency_key: str | None = None) -> Job:
        """Queue a job.

        Args:
            kind: one of `KINDS`.
            config: the configuration of that kind's stage.
            idempotency_key: the same key with the same request gives the same job, however often and at once
                it comes.

        Raises:
            UnknownName: no such kind.
            Conflict: the key was used for another request.
            StorageError: the disk is full or not writable.
        """
        if kind not in self._stages:
            raise UnknownName(
                f"There is no kind of job {kind!r}.", hint=f"Kinds are {', '.join(self._stages)}."
            )
        values = config.model_dump(mode="json")
        if idempotency_key is None:
            return self._create(kind, values, None)
        keys = self._workspace.jobs / KEYS_FOLDER
        keys.mkdir(exist_ok=True)
        with locked(keys):
            key = self._key_file(idempotency_key)
            return self._find_by_key(key, kind, values) or self._create(kind, values, idempotency_key, key)

    def find(self, kind: str, config: Config, idempotency_key: str) -> Job | None:
        """Return the job that an earlier `create` made for the key; None when there is none. Raises Conflict
        as `create`."""
        return self._find_by_key(self._key_file(idempotency_key), kind, config.model_dump(mode="json"))

    def get(self, job_id: str) -> Job:
        """Return one job. Raises NotFound."""
        return load_job(self._folder(job_id))

    def list(
        self,
        kind: str | None = None,
        state: State | str | None = None,
        offset: int = 0,
        limit: int = 50,
        search: str | None = None,
    ) -> tuple[list[Job], int]:
        """Return one page of the jobs of a kind and state whose names hold `search`, newest first, and how
        many there are in all."""
        return self._index.page(kind, state, offset, limit, search)

    def all(self) -> Sequence[Job]:
        """Return every job, without progress, in no order."""
        return self._index.all()

    def unfinished(self) -> Sequence[Job]:
        """Return the jobs that wait, run or rest, without progress, in no order."""
        return tuple(job for job in self.all() if job.state in UNFINISHED_STATES)

    def request_pause(self, job_id: str) -> Job:
        """Ask a job to save and stop. Raises NotFound, and Conflict for one that has ended or is being
        cancelled."""
        return self._write_request(job_id, "pause")

    def request_resume(self, job_id: str) -> Job:
        """Ask a paused, interrupted or failed job to go on from where it saved. Raises NotFound, Conflict."""
        return self._write_request(job_id, "run")

    def request_cancel(self, job_id: str) -> Job:
        """Ask a job to stop for good. Raises NotFound, and Conflict for one that has ended."""
        return self._write_request(job_id, "cancel")

    def delete(self, job_id: str) -> None:
        """Remove a job that is not running, and everything in its folder; what it made stays.

        Raises:
            NotFound: there is no such job.
            Conflict: its worker lives.
        """
        folder = self._folder(job_id)
        lock = self._lock(folder)
        try:
            with locked(folder):
                trashed = move_to_trash(folder, self._workspace.trash)
        except FileNotFoundError as error:
            raise job_not_found(job_id) from error
        except OSError as error:
            raise storage_error(folder, error) from error
        finally:
            if lock is not None:
                os.close(lock)
        self._notify_runners()
        self._forget_key(trashed)
        shutil.rmtree(trashed, ignore_errors=True)

    def events(self, job_id: str, offset: int = 0) -> EventSlice:
        """Read a job's events from a byte offset that an earlier call returned."""
        try:
            return read_events(self._folder(job_id) / EVENTS, offset)
        except FileNotFoundError as error:  # deleted just now
            raise job_not_found(job_id) from error

    def log(self, job_id: str, offset: int = 0) -> LogSlice:
        """Read what a job's worker printed, from a byte offset that an earlier call returned, or its last
        `-offset` bytes."""
        try:
            return read_log(self._folder(job_id) / LOG, offset)
        except FileNotFoundError as error:
            raise job_not_found(job_id) from error

    def folder(self, job_id: str) -> Path:
        """Return a job's folder. Raises NotFound."""
        return self._folder(job_id)

    def runner_status(self, role: Role) -> RunnerStatus:
        """Say whether a runner for `role` is alive and what it does."""
        return read_runner_status(self._workspace, role)

    def _folder(self, job_id: str) -> Path:
        folder = self._workspace.jobs / job_id if ID_PATTERN.fullmatch(job_id) else None
        if folder is None or folder.is_symlink() or not folder.is_dir():
            raise job_not_found(job_id)
        return folder

    def _lock(self, folder: Path) -> int | None:
        """Lock a job against its start; None for one so damaged that it cannot start."""
        deadline_s = time.monotonic() + LOCK_WAIT_S
        while (lock := try_lock(folder / REQUEST)) is None and (folder / REQUEST).exists():
            # The runner, too, holds the lock for the moment in which it writes down how a job ended.
            if load_job(folder, progress=False).state in STATES_WITH_WORKER or time.monotonic() > deadline_s:
                raise Conflict(
                    f"Job {folder.name} is running.", hint="Cancel or pause it first, then delete it."
                )
            time.sleep(0.01)
        return lock

    def _create(
        self, kind: str, values: dict[str, Any], key: str | None, key_file: Path | None = None
    ) -> Job:
        stage = self._stages[kind]
        while True:
            job_id = f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
            request = Request(
                id=job_id,
                kind=kind,
                role=stage.role,
                created=now(),
                config=values,
                idempotency_key=key,
                title=stage.title.format_map(values),
            )
            if key_file:
                write_bytes(key_file, job_id.encode())
            if self._create_folder(request):
                return load_job(self._workspace.jobs / job_id)

    def _create_folder(self, request: Request) -> bool:
        """Make the job's folder appear whole; False when the id is taken."""
        try:
            with new_folder(self._workspace.jobs / request.id, aside=self._workspace.trash) as draft:
                write_json(draft / REQUEST, request.model_dump(mode="json"))
        except FileExistsError:
            return False
        finally:  # also after a failed fsync: the job exists then
            self._notify_runners()
        return True

    def _key_file(self, idempotency_key: str) -> Path:
        return self._workspace.jobs / KEYS_FOLDER / hashlib.sha256(idempotency_key.encode()).hexdigest()

    def _forget_key(self, trashed: Path) -> None:
        """Remove the key of a deleted job; a job whose request is damaged leaves its key, which then leads
        nowhere."""
        with suppress(StorageError):
            request = read_json_file(trashed / REQUEST, Request)
            if request and request.idempotency_key:
                key = self._key_file(request.idempotency_key)
                with suppress(FileNotFoundError), locked(key.parent):
                    if key.read_text() == request.id:
                        key.unlink()

    def _find_by_key(self, key: Path, kind: str, values: dict[str, Any]) -> Job | None:
        try:
            job = self.get(key.read_text())
        except (FileNotFoundError, NotFound):
            return None  # never used, or its job was deleted, or its maker died before the job appeared
        if (job.kind, job.config) != (kind, values):
            raise Conflict(
                f"This idempotency key belongs to job {job.id}, a different request.",
                hint="Use a new key for a new request.",
            )
        return job

    def _write_request(self, job_id: str, desired: Desired) -> Job:
        folder = self._folder(job_id)
        try:
            with locked(folder):
                job = load_job(folder)
                if job.state == State.CANCELLED and desired == "cancel":
                    return job
                is_being_cancelled = (
                    job.desired == "cancel" and desired != "cancel" and job.state not in ENDED_STATES
                )
                if is_being_cancelled or not _accepts_request(job, desired):
                    raise _refusal(job, desired)
                control = Control(desired=desired, request_id=secrets.token_hex(8), time=now())
                write_json(folder / CONTROL, control.model_dump(mode="json"))
        except FileNotFoundError as error:
            raise job_not_found(job_id) from error
        self._notify_runners()
        return load_job(folder)

    def _notify_runners(self) -> None:
        """Tell the runners to look at once: they watch the time of the jobs folder (and look now and then
        anyway)."""
        with suppress(OSError):
            os.utime(self._workspace.jobs)


def _accepts_request(job: Job, desired: Desired) -> bool:
    """Say whether a request can still change something: a failed job may be resumed, and then, until a runner
    has begun, be stopped."""
    if job.role is None:  # nobody knows who would have to do it
        return False
    return job.state in UNFINISHED_STATES or (
        job.state == State.FAILED and (desired == "run" or job.desired is not None)
    )


def _refusal(job: Job, desired: Desired) -> Conflict:
    words = {"run": "resumed", "pause": "paused", "cancel": "cancelled"}
    if job.state in ENDED_STATES:
        hint = job.error["hint"] if job.error and job.role is None else "Start a new job instead."
        return Conflict(f"Job {job.id} has ended ({job.state}) and cannot be {words[desired]}.", hint=hint)
    return Conflict(
        f"Job {job.id} is being cancelled and cannot be {words[desired]}.", hint="Wait for it to end."
    )
