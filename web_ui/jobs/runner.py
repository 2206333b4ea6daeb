"""The runner: a process beside the web server that starts and watches the workers of one role.

It may be killed at any moment: its whole state is in the job folders, and the next runner adopts the running
workers.
"""

import logging
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread

from data.errors import Conflict, DeepSynthError, StorageError
from data.store.files import storage_error
from data.store.workspace import Workspace
from web_ui.jobs.attempt import Attempt, read_state, request_stop, start_attempt, watch_attempt
from web_ui.jobs.delivery import DeliveryQueue
from web_ui.jobs.delivery_record import forget_start
from web_ui.jobs.devices import Device, free_devices, role_devices, visible_devices
from web_ui.jobs.heartbeat import HEARTBEAT_S, wake_runners, write_heartbeat
from web_ui.jobs.idle import IDLE_MOVES, move_idle_job, read_earliest_start_s, recover_state
from web_ui.jobs.index import JobIndex
from web_ui.jobs.job import STATES_WITH_WORKER, Job, State, now
from web_ui.jobs.locks import try_lock
from web_ui.jobs.stages import STAGES_NAME, Role
from web_ui.jobs.waiting import awaited_jobs, end_unstarted, queue_order, require_devices, require_possible
from web_ui.jobs.webhook import Webhook

LOGGER = logging.getLogger("deepsynth.jobs")
POLL_S = 0.2
SCAN_INTERVAL_S = 3.0
TRASH_MIN_AGE_S = TRASH_INTERVAL_S = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RunnerOptions:
    """Options of a runner. Times are in seconds.

    `devices` has one entry per slot, see `devices.py`.
    `save_on_stop_s` is for containers, which end with the runner: time for the workers to save; 0: the
    workers keep running. `webhook` is told of every ending; None: nobody is.
    """

    devices: tuple[Device, ...]
    stages: str = STAGES_NAME
    cancel_grace_s: float = 10.0
    poll_s: float = POLL_S
    save_on_stop_s: float = 0.0
    webhook: Webhook | None = None


def run_jobs(workspace: Workspace, role: Role, stop: Event, options: RunnerOptions | None = None) -> None:
    """Run the jobs of a role until `stop` is set. The workers keep running, unless `save_on_stop_s` is set,
    and the next runner adopts them.

    Raises:
        Conflict: another runner serves this role and workspace.
        StorageError: the workspace is not writable.
    """
    options = options or RunnerOptions(devices=role_devices(role))
    with _role_lock(workspace, role):
        runner = Runner(workspace, role, options)
        values = {"role": role, "pid": os.getpid(), "slots": len(options.devices)}
        LOGGER.info("runner started", extra={"values": values})
        while not stop.wait(options.poll_s):
            runner.tick()
        if options.save_on_stop_s:
            runner.save_jobs(options.save_on_stop_s)
        runner.close()
        LOGGER.info("runner stopped", extra={"values": {"role": role, "left_running": list(runner.attempts)}})


class Runner:
    """The state of a runner in memory: the attempts that it watches, and the queue of the last scan."""

    def __init__(self, workspace: Workspace, role: Role, options: RunnerOptions) -> None:
        self.attempts: dict[str, Attempt] = {}
        self._workspace, self._role, self._options = workspace, role, options
        self._index = JobIndex(workspace.jobs)
        self._queue: list[tuple[Job, float]] = []  # with the earliest start
        self._started = now()
        self._jobs_mtime_ns: int | None = None
        self._logged_errors: dict[str, str] = {}
        self._trash_thread = Thread()
        self._deliveries = open_deliveries(workspace, role, options.webhook)
        self._scanned_s = self._heartbeat_written_s = self._trash_emptied_s = float("-inf")

    def tick(self) -> None:
        """Check the workers, carry out requests, and start queued jobs in free slots."""
        over = self._settle_ended()
        if self._must_scan() or over:
            self._scan_jobs()
        self._fill_slots()
        if time.monotonic() - self._heartbeat_written_s >= HEARTBEAT_S or over:
            self._write_heartbeat()
        if time.monotonic() - self._trash_emptied_s >= TRASH_INTERVAL_S and not self._trash_thread.is_alive():
            self._trash_emptied_s = time.monotonic()
            # a thread, since this may take longer than a heartbeat
            self._trash_thread = Thread(target=self._empty_trash, daemon=True)
            self._trash_thread.start()

    def _empty_trash(self) -> None:
        with self._logging_errors("trash"):
            for trash in self._workspace.trash_folders():
                empty_trash(trash)

    def save_jobs(self, grace_s: float) -> None:
        """Ask the workers to save and end, and wait for them. The next runner continues their jobs."""
        deadline_s = time.monotonic() + grace_s
        for attempt in self.attempts.values():
            request_stop(attempt)
        while self.attempts and time.monotonic() < deadline_s:
            self._settle_ended()
            time.sleep(self._options.poll_s)

    def close(self) -> None:
        """End the deliveries. The next runner continues them."""
        if self._deliveries:
            self._deliveries.close()

    def _settle_ended(self) -> bool:
        over = [job_id for job_id, attempt in self.attempts.items() if not self._is_alive(job_id, attempt)]
        for job_id in over:
            del self.attempts[job_id]
        if over:
            wake_runners(self._workspace)  # another role's job may wait for one that has ended
        return bool(over)

    def _is_alive(self, job_id: str, attempt: Attempt) -> bool:
        with self._logging_errors(job_id):
            return watch_attempt(attempt, self._options.cancel_grace_s)
        return True  # the end could not be recorded; the next tick tries again

    def _must_scan(self) -> bool:
        mtime_ns = self._workspace.jobs.stat().st_mtime_ns
        is_due = mtime_ns != self._jobs_mtime_ns or time.monotonic() - self._scanned_s >= SCAN_INTERVAL_S
        self._jobs_mtime_ns = mtime_ns
        return is_due

    def _scan_jobs(self) -> None:
        self._scanned_s = time.monotonic()
        known = {job.id: job for job in self._index.all()}
        own = [job for job in known.values() if job.role == self._role]
        if self._deliveries:
            self._deliveries.offer(own)
        jobs = [job for job in own if job.id not in self.attempts]
        self._queue = []
        for job in queue_order(jobs):
            with self._logging_errors(job.id):
                self._adopt_or_queue(job, known)

    def _adopt_or_queue(self, job: Job, known: Mapping[str, Job]) -> None:
        folder = self._workspace.jobs / job.id
        state = job.state
        if job.error and job.error["code"] == StorageError.code:
            recover_state(folder)
            state = read_state(folder).state
        while (state, job.desired) in IDLE_MOVES and (moved := move_idle_job(folder)) != state:
            state = moved
        if state in STATES_WITH_WORKER:
            self.attempts[job.id] = Attempt(
                folder=folder, state=read_state(folder), output_key=job.output_key
            )
        elif state == State.QUEUED and _may_start(folder, job, known, len(self._options.devices)):
            self._queue.append((job, read_earliest_start_s(folder) if job.attempts else 0.0))

    def _fill_slots(self) -> None:
        queue, self._queue = self._queue, []
        taken = {attempt.output_key for attempt in self.attempts.values()}
        free = self._free_devices()
        for job, from_s in queue:
            may_start = job.output_key not in taken and time.monotonic() >= from_s
            num_devices = job.num_devices(len(self._options.devices))
            if may_start and num_devices <= len(free):
                self._start(job, visible_devices(free[:num_devices]))
                free = self._free_devices()
            else:
                self._queue.append((job, from_s))
                if may_start:
                    free = []  # a later job must not take the devices that this one waits for
            taken.add(job.output_key)  # a later job must not write to the output of a job that waits

    def _free_devices(self) -> list[Device]:
        return free_devices(
            self._options.devices, [attempt.state.device for attempt in self.attempts.values()]
        )

    def _start(self, job: Job, device: str | None) -> None:
        with self._logging_errors(job.id):
            attempt = start_attempt(
                self._workspace.jobs / job.id, job.output_key, self._role, device, self._options.stages
            )
            if attempt:
                self.attempts[job.id] = attempt
                self._heartbeat_written_s = float("-inf")

    @contextmanager
    def _logging_errors(self, job_id: str) -> Iterator[None]:
        """Log an error of one job's files once and continue: it must not stop the other jobs."""
        try:
            yield
        except (DeepSynthError, OSError) as error:
            if self._logged_errors.get(job_id) != str(error):
                LOGGER.error("job files", extra={"values": {"job_id": job_id, "error": str(error)}})  # noqa: TRY400
            self._logged_errors[job_id] = str(error)
        else:
            self._logged_errors.pop(job_id, None)

    def _write_heartbeat(self) -> None:
        self._heartbeat_written_s = time.monotonic()
        with self._logging_errors("heartbeat"):
            write_heartbeat(
                self._workspace, self._role, self._started, len(self._options.devices), tuple(self.attempts)
            )


def _may_start(folder: Path, job: Job, known: Mapping[str, Job], num_devices: int) -> bool:
    """Say whether the jobs that a queued job waits for have succeeded. If one cannot, or if this runner has
    too few devices for the job, the job has failed."""
    try:
        require_possible(job, known)
        require_devices(job, num_devices)
    except Conflict as error:
        end_unstarted(folder, error)
        return False
    return not awaited_jobs(job, known)


def open_deliveries(workspace: Workspace, role: Role, webhook: Webhook | None) -> DeliveryQueue | None:
    """Return the queue of a webhook. None: no webhook is set, which is remembered for a later one."""
    if webhook:
        return DeliveryQueue(workspace, role, webhook)
    forget_start(workspace, role)
    return None


@contextmanager
def _role_lock(workspace: Workspace, role: Role) -> Iterator[None]:
    path = workspace.runners / f"{role}.lock"
    try:
        path.touch()
    except OSError as error:
        raise storage_error(path, error) from error
    lock = try_lock(path)
    if lock is None:
        raise Conflict(
            f"Another runner for role {role} works on {workspace.root}.",
            hint="Stop that runner first, or use it.",
        )
    try:
        yield
    finally:
        os.close(lock)


def empty_trash(trash: Path) -> None:
    """Remove what has been in the trash for TRASH_MIN_AGE_S: replaced models, and the rest of deletions and
    creations that were interrupted."""
    for path in list(trash.iterdir()):
        with suppress(FileNotFoundError):  # the runner of the other role empties the trash too
            moved_s = path.lstat().st_ctime  # a rename does not change the folder's st_mtime
            if time.time() - moved_s <= TRASH_MIN_AGE_S:
                continue
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink()
