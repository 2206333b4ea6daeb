"""The jobs of one workspace, for all but the runner: create, read, pause, resume, cancel, delete."""

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
from data.store.events import EVENTS, EventSlice, read_events
from data.store.files import move_to_trash, new_folder, storage_error, write_bytes, write_json
from data.store.workspace import Workspace
from web_ui.jobs.annotations import ANNOTATIONS, Annotations, read_annotations
from web_ui.jobs.heartbeat import RunnerStatus, read_runner_status, wake_runners
from web_ui.jobs.index import JobIndex
from web_ui.jobs.job import (
    CONTROL,
    ENDED_STATES,
    ID_PATTERN,
    LOG,
    QUEUE,
    REQUEST,
    STATES_WITH_WORKER,
    Control,
    Desired,
    Job,
    QueuePlace,
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
    """Jobs as folders below `workspace/jobs`. Threads and processes may use it at the same time."""

    def __init__(self, workspace: Workspace, stages: Mapping[str, Stage] = STAGES) -> None:
        self._workspace = workspace
        self._stages = stages
        self._index = JobIndex(workspace.jobs)

    def create(
        self, kind: str, config: Config, idempotency_key: str | None = None, after: tuple[str, ...] = ()
    ) -> Job:
        """Queue a job.

        Args:
            kind: one of `KINDS`.
            config: the configuration of that kind's stage.
            idempotency_key: calls with the same key and the same request return the same job, concurrent
                calls too.
            after: ids of the jobs that must have succeeded before this one starts.

        Raises:
            UnknownName: there is no such kind.
            Conflict: the key was used for another request.
            StorageError: the disk is full or not writable.
        """
        if kind not in self._stages:
            raise UnknownName(
                f"There is no kind of job {kind!r}.", hint=f"Kinds are {', '.join(self._stages)}."
            )
        values = config.model_dump(mode="json")
        if idempotency_key is None:
            return self._create(kind, values, after)
        keys = self._workspace.jobs / KEYS_FOLDER
        keys.mkdir(exist_ok=True)
        with locked(keys):
            key = self._key_file(idempotency_key)
            found = self._find_by_key(key, kind, values, after)
            return found or self._create(kind, values, after, idempotency_key, key)

    def find(
        self, kind: str, config: Config, idempotency_key: str, after: tuple[str, ...] = ()
    ) -> Job | None:
        """Return the job that an earlier `create` made for the key, or None. Raises Conflict as `create`
        does."""
        values = config.model_dump(mode="json")
        return self._find_by_key(self._key_file(idempotency_key), kind, values, after)

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
        """Return a page of the matching jobs, newest first, and the number of all matching jobs.

        `search`: text in the title, the id, or the name of the dataset or model, in any case.
        """
        return self._index.page(kind, state, offset, limit, search)

    def all(self) -> Sequence[Job]:
        """Return every job, without progress, unordered."""
        return self._index.all()

    def unfinished(self) -> Sequence[Job]:
        """Return the jobs that have not ended, without progress, unordered."""
        return tuple(job for job in self.all() if job.state in UNFINISHED_STATES)

    def request_pause(self, job_id: str) -> Job:
        """Ask a job to save and stop. Raises NotFound, or Conflict if the job has ended or is being
        cancelled."""
        return self._write_request(job_id, "pause")

    def request_resume(self, job_id: str) -> Job:
        """Ask a paused, interrupted or failed job to continue from its save. Raises as `request_pause`."""
        return self._write_request(job_id, "run")

    def request_cancel(self, job_id: str) -> Job:
        """Ask a job to stop for good. Raises NotFound, or Conflict if the job has ended."""
        return self._write_request(job_id, "cancel")

    def annotate(self, job_id: str, changes: Mapping[str, Any]) -> Annotations:
        """Change what is noted about a job, and return all of it.

        Args:
            changes: field of `Annotations` -> checked value; other fields stay.

        Raises:
            NotFound: there is no such job.
            StorageError: the file with the notes is damaged, or the disk is full or not writable.
        """
        folder = self._folder(job_id)
        try:
            with locked(folder):
                annotations = read_annotations(folder).model_copy(update=dict(changes))
                write_json(folder / ANNOTATIONS, annotations.model_dump(mode="json"))
        except FileNotFoundError as error:
            raise job_not_found(job_id) from error
        return annotations

    def move_to_front(self, job_id: str) -> Job:
        """Let a job start before all others that wait for the same runner. Raises NotFound, or Conflict if
        the job does not wait."""
        folder = self._folder(job_id)
        try:
            with locked(folder):
                job = load_job(folder)
                if job.state != State.QUEUED:
                    raise Conflict(
                        f"Job {job_id} does not wait ({job.state}).", hint="Only waiting jobs can be moved."
                    )
                write_json(folder / QUEUE, QueuePlace(moved=now()).model_dump(mode="json"))
        except FileNotFoundError as error:
            raise job_not_found(job_id) from error
        wake_runners(self._workspace)
        return load_job(folder)

    def delete(self, job_id: str) -> None:
        """Delete a job that is not running, with its folder. Its output stays.

        Raises:
            NotFound: there is no such job.
            Conflict: its worker runs, or a job waits for it.
        """
        folder = self._folder(job_id)
        self._require_unawaited(job_id)
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
        wake_runners(self._workspace)
        self._forget_key(trashed)
        shutil.rmtree(trashed, ignore_errors=True)

    def events(self, job_id: str, offset: int = 0) -> EventSlice:
        """Read a job's events from a byte offset that an earlier call returned. Raises NotFound."""
        try:
            return read_events(self._folder(job_id) / EVENTS, offset)
        except FileNotFoundError as error:  # deleted since the line above
            raise job_not_found(job_id) from error

    def log(self, job_id: str, offset: int = 0) -> LogSlice:
        """Read the worker's output from a byte offset that an earlier call returned; see `read_log`. Raises
        NotFound."""
        try:
            return read_log(self._folder(job_id) / LOG, offset)
        except FileNotFoundError as error:
            raise job_not_found(job_id) from error

    @property
    def root(self) -> Path:
        """The folder that holds those of the jobs."""
        return self._workspace.jobs

    def folder(self, job_id: str) -> Path:
        """Return a job's folder. Raises NotFound."""
        return self._folder(job_id)

    def runner_status(self, role: Role) -> RunnerStatus:
        """Return the status of the runner of a role."""
        return read_runner_status(self._workspace, role)

    def _folder(self, job_id: str) -> Path:
        folder = self._workspace.jobs / job_id if ID_PATTERN.fullmatch(job_id) else None
        if folder is None or folder.is_symlink() or not folder.is_dir():
            raise job_not_found(job_id)
        return folder

    def _require_unawaited(self, job_id: str) -> None:
        waiting = next((job for job in self.unfinished() if job_id in job.after and not job.attempts), None)
        if waiting:
            raise Conflict(
                f"{waiting.title} (job {waiting.id}) waits for job {job_id}.",
                hint="Cancel that job first, or wait until it has started.",
            )

    def _lock(self, folder: Path) -> int | None:
        """Lock a job so that it cannot start. None if it has no request.json and so cannot start."""
        deadline_s = time.monotonic() + LOCK_WAIT_S
        while (lock := try_lock(folder / REQUEST)) is None and (folder / REQUEST).exists():
            # The runner also holds the lock while it records how the job ended.
            if load_job(folder, progress=False).state in STATES_WITH_WORKER or time.monotonic() > deadline_s:
                raise Conflict(
                    f"Job {folder.name} is running.", hint="Cancel or pause it first, then delete it."
                )
            time.sleep(0.01)
        return lock

    def _create(
        self,
        kind: str,
        values: dict[str, Any],
        after: tuple[str, ...],
        key: str | None = None,
        file: Path | None = None,
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
                after=after,
            )
            if file:
                write_bytes(file, job_id.encode())
            if self._create_folder(request):
                return load_job(self._workspace.jobs / job_id)

    def _create_folder(self, request: Request) -> bool:
        """Create the job's folder atomically. Returns False if the id exists."""
        try:
            with new_folder(self._workspace.jobs / request.id, aside=self._workspace.trash) as draft:
                write_json(draft / REQUEST, request.model_dump(mode="json"))
        except FileExistsError:
            return False
        finally:  # also after a failed fsync: the job exists then
            wake_runners(self._workspace)
        return True

    def _key_file(self, idempotency_key: str) -> Path:
        return self._workspace.jobs / KEYS_FOLDER / hashlib.sha256(idempotency_key.encode()).hexdigest()

    def _forget_key(self, trashed: Path) -> None:
        """Remove the key of a deleted job. If request.json is damaged, the key file stays and names no
        job."""
        with suppress(StorageError):
            request = read_json_file(trashed / REQUEST, Request)
            if request and request.idempotency_key:
                key = self._key_file(request.idempotency_key)
                with suppress(FileNotFoundError), locked(key.parent):
                    if key.read_text() == request.id:
                        key.unlink()

    def _find_by_key(
        self, key: Path, kind: str, values: dict[str, Any], after: tuple[str, ...]
    ) -> Job | None:
        try:
            job = self.get(key.read_text())
        except (FileNotFoundError, NotFound):
            return None  # the key is new, or its job was deleted, or the process ended before the job existed
        if (job.kind, job.config, job.after) != (kind, values, after):
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
        wake_runners(self._workspace)
        return load_job(folder)


def _accepts_request(job: Job, desired: Desired) -> bool:
    """Say whether a request can change the job. A failed job can be resumed; until a runner starts it, it can
    also be paused or cancelled."""
    if job.role is None:  # request.json is damaged: no runner takes the job
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
