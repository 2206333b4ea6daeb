"""Rounds of faults in one workspace: each round submits a job and causes a fault at a random moment.

At the end every job must have ended as its user wanted, with every step done once, by one worker at a time.
"""

import json
import os
import random
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from data.errors import Conflict, NotFound, StorageError
from data.store.events import EVENTS
from data.store.files import read_json
from tests.chaos.small_disk import SmallDisk
from tests.web_ui.jobs.world import World
from web_ui.jobs.job import CONTROL, ENDED_STATES, LOG, OUTCOME, REQUEST, STATE
from web_ui.jobs.process import job_processes

FAULTS = (
    "worker SIGKILL",
    "worker SIGTERM",
    "worker SIGSTOP, SIGCONT",
    "runner SIGKILL",
    "runner SIGTERM",
    "runner SIGSTOP, SIGCONT",
    "runner and worker SIGKILL",
    "everything SIGKILL (reboot)",
    "two more runners",
    "garbage in state.json",
    "garbage in control.json",
    "garbage in events.jsonl",
    "garbage in log.txt",
    "garbage in outcome.json",
    "garbage in request.json",
    "deaf worker, cancel",
    "clock that jumps",
    "pause, resume, cancel at once",
    "delete",
)
DISK_FAULTS = ("full disk", "read-only disk")
"""Faults that need a separate disk for the workspace."""
NUM_STEPS = 40
TIMEOUT_S = 120.0
GARBAGE = (
    b"",
    b"{",
    b"[]",
    b'{"state": "running", "att',
    b"\x00\xff\xfe",
    b'{"state": 7, "desired": 7, "attempt": "one"}',
)


@dataclass(slots=True)
class Tally:
    """Results of the rounds of one fault. `jobs`: job id -> name of its dataset."""

    rounds: int = 0
    jobs: dict[str, str] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)
    stuck: list[str] = field(default_factory=list)


class Storm:
    """A workspace under test, and the faults to cause in it."""

    def __init__(self, folder: Path, seed: int, disk: SmallDisk | None = None) -> None:
        self.world = World(folder)
        self.tallies: dict[str, Tally] = {}
        self._disk = disk
        self._random = random.Random(seed)
        actions: tuple[Callable[[str], None], ...] = (
            lambda job: self._signal_worker(job, signal.SIGKILL),
            lambda job: self._signal_worker(job, signal.SIGTERM),
            self._freeze_worker,
            lambda _: self._replace_runner(signal.SIGKILL),
            lambda _: self._replace_runner(signal.SIGTERM),
            lambda _: self._freeze_runner(),
            self._kill_both,
            lambda _: self._reboot(),
            lambda _: self._start_more_runners(),
            lambda job: self._damage(job, STATE),
            lambda job: self._damage(job, CONTROL),
            lambda job: self._damage(job, EVENTS),
            lambda job: self._damage(job, LOG),
            lambda job: self._damage(job, OUTCOME),
            self._damage_request,
            self._cancel,
            lambda _: self._replace_runner(signal.SIGTERM, TINY_RUNNER_CLOCK="jumping"),
            self._change_request_often,
            self._delete,
        )
        self._faults = dict(zip(FAULTS, actions, strict=True))
        if disk:
            self._faults |= dict(
                zip(
                    DISK_FAULTS,
                    (lambda _: self._fill_disk(disk), lambda _: self._lock_disk(disk)),
                    strict=True,
                )
            )

    def run(self, rounds: int) -> dict[str, Tally]:
        """Run the rounds, wait for all jobs, and return the results by fault."""
        self.world.start_runner()
        for number in range(rounds):
            name = list(self._faults)[number % len(self._faults)]
            tally = self.tallies.setdefault(name, Tally())
            tally.rounds += 1
            misbehaviour = "deaf" if "deaf" in name else "none"
            job_id = self.world.submit(f"round{number}", num_steps=NUM_STEPS, misbehaviour=misbehaviour)
            tally.jobs[job_id] = f"round{number}"
            time.sleep(self._random.uniform(0, 1.0))
            self._faults[name](job_id)
            self._keep_runner_alive()
        self._wait_for_jobs()
        return self.tallies

    def close(self) -> None:
        self.world.close()

    def _wait_for_jobs(self) -> None:
        deadline_s = time.monotonic() + TIMEOUT_S + sum(len(tally.jobs) for tally in self.tallies.values())
        waiting = {job_id for tally in self.tallies.values() for job_id in tally.jobs}
        while waiting and time.monotonic() < deadline_s:
            self._keep_runner_alive()
            waiting = {job_id for job_id in waiting if self._is_open(job_id)}
            time.sleep(0.1)
        for tally in self.tallies.values():
            tally.stuck += [job_id for job_id in tally.jobs if job_id in waiting]
            tally.lost += [
                f"{job_id}: {fault}"
                for job_id, name in tally.jobs.items()
                if job_id not in waiting and (fault := self._fault(job_id, name))
            ]

    def _is_open(self, job_id: str) -> bool:
        with suppress(NotFound):
            job = self.world.store.get(job_id)
            is_told = (
                job.state == "failed" and job.error is not None and job.error["code"] == StorageError.code
            )
            if is_told or (job.state == "paused" and job.desired == "pause"):
                with suppress(Conflict):  # as a user would who reads the hint
                    job = self.world.store.request_resume(job_id)
                return True
            return job.state not in ENDED_STATES
        return False

    def _fault(self, job_id: str, name: str) -> str:
        """Return the fault of an ended job; '' if there is none."""
        folder = self.world.workspace.jobs / job_id
        if left := job_processes(folder):
            return f"left processes {left}"
        if not folder.exists():
            return ""  # deleted
        job = self.world.store.get(job_id)
        if half := list(folder.glob(".*")):
            return f"left half files {half}"
        if job.state == "succeeded":
            return _wrong_result(self.world.workspace.dataset(name))
        was_asked = job.state == "cancelled" and job.desired in (None, "cancel")
        return "" if was_asked else f"{job.state}: {job.error}"

    def _keep_runner_alive(self) -> None:
        """Start a runner if none runs, as the supervisor does."""
        if all(runner.poll() is not None for runner in self.world.runners):
            self.world.start_runner()

    def _worker(self, job_id: str) -> int | None:
        processes = job_processes(self.world.workspace.jobs / job_id)
        return processes[0].pid if processes else None

    def _signal_worker(self, job_id: str, number: signal.Signals) -> None:
        if pid := self._worker(job_id):
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def _freeze_worker(self, job_id: str) -> None:
        self._signal_worker(job_id, signal.SIGSTOP)
        time.sleep(0.3)
        self._signal_worker(job_id, signal.SIGCONT)

    def _signal_runners(self, number: signal.Signals) -> None:
        for runner in self.world.runners:
            if runner.poll() is None:
                runner.send_signal(number)

    def _replace_runner(self, number: signal.Signals, **environment: str) -> None:
        self._signal_runners(number)
        for runner in self.world.runners:
            runner.wait()
        self.world.start_runner(**environment)

    def _freeze_runner(self) -> None:
        self._signal_runners(signal.SIGSTOP)
        time.sleep(0.3)
        self._signal_runners(signal.SIGCONT)

    def _kill_both(self, job_id: str) -> None:
        self._signal_runners(signal.SIGKILL)
        self._signal_worker(job_id, signal.SIGKILL)

    def _reboot(self) -> None:
        """Kill all processes, and record the pid of this process, with another boot id, as every worker."""
        self._signal_runners(signal.SIGKILL)
        for folder in self.world.workspace.jobs.iterdir():
            for process in job_processes(folder):
                with suppress(ProcessLookupError):
                    os.kill(process.pid, signal.SIGKILL)
        for runner in self.world.runners:
            runner.wait()
        for path in self.world.workspace.jobs.glob(f"*/{STATE}"):
            with suppress(ValueError):
                path.write_text(_other_boot(path.read_text()))

    def _start_more_runners(self) -> None:
        self.world.start_runner()
        self.world.start_runner()

    def _damage(self, job_id: str, name: str) -> None:
        (self.world.workspace.jobs / job_id / name).write_bytes(self._random.choice(GARBAGE))
        self.world.store.get(job_id)
        self.world.store.list()

    def _damage_request(self, job_id: str) -> None:
        """Damage request.json, and restore it a moment later."""
        path = self.world.workspace.jobs / job_id / REQUEST
        whole = path.read_bytes()
        self._damage(job_id, REQUEST)
        time.sleep(self._random.uniform(0, 0.5))
        path.write_bytes(whole)

    def _cancel(self, job_id: str) -> None:
        with suppress(Conflict):
            self.world.store.request_cancel(job_id)

    def _fill_disk(self, disk: SmallDisk) -> None:
        with disk.filled():
            self._submit_to_full_disk(self.tallies["full disk"])

    def _lock_disk(self, disk: SmallDisk) -> None:
        with disk.read_only():
            self._submit_to_full_disk(self.tallies["read-only disk"])

    def _submit_to_full_disk(self, tally: Tally) -> None:
        """Submit a job to a disk that may refuse it. A refused job must leave no files."""
        before = self.world.store.list()[1]
        name = f"more{before}"
        try:
            tally.jobs[self.world.submit(name, num_steps=NUM_STEPS)] = name
        except StorageError:
            if self.world.store.list()[1] != before:
                tally.lost.append("a refused job exists")
        time.sleep(self._random.uniform(0, 1.0))

    def _change_request_often(self, job_id: str) -> None:
        asks = [self.world.store.request_pause, self.world.store.request_resume]
        with suppress(Conflict):
            for _ in range(4):
                self._random.choice(asks)(job_id)
                time.sleep(self._random.uniform(0, 0.2))
            if self._random.random() < 0.5:
                self.world.store.request_cancel(job_id)

    def _delete(self, job_id: str) -> None:
        """Delete a job: refused while its worker runs, otherwise the folder must be gone."""
        try:
            self.world.store.delete(job_id)
        except Conflict:
            return
        assert not (self.world.workspace.jobs / job_id).exists()


def _other_boot(state: str) -> str:
    document = json.loads(state)
    if isinstance(document, dict) and document.get("worker"):
        document["worker"] = {"pid": os.getpid(), "start_ticks": 1, "boot_id": "the-boot-before"}
    return json.dumps(document)


def _wrong_result(made: Path) -> str:
    is_right = read_json(made / "sum.json") == {"step": NUM_STEPS, "total": sum(range(NUM_STEPS))}
    return _overlap(made / "trace.txt") if is_right else "wrong result"


def _overlap(trace: Path) -> str:
    """Return where steps are out of order. A new worker may repeat the last step of the worker before."""
    done, owner, past = -1, "", set()
    for line in trace.read_text().splitlines():
        pid, step = line.split()
        if pid != owner:
            past.add(owner)
            owner = pid
            if pid in past or int(step) not in (done, done + 1):
                return f"workers overlap at {line!r}"
        elif int(step) != done + 1:
            return f"step out of order: {line!r}"
        done = int(step)
    return ""
