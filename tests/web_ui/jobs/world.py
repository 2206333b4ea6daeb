"""A workspace with its store and runner processes, and functions that wait for states of jobs."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from data.store.workspace import Workspace
from tests.web_ui.jobs.tiny_stages import STAGES, CountConfig
from web_ui.jobs.job import ENDED_STATES, Job
from web_ui.jobs.process import JOB_VARIABLE, ProcessIdentity, job_processes
from web_ui.jobs.store import JobStore

ROOT = Path(__file__).parents[3]
TIMEOUT_S = 90.0


class World:
    """A workspace under test."""

    def __init__(self, folder: Path) -> None:
        self.workspace = Workspace.create(folder)
        self.store = JobStore(self.workspace, STAGES)
        self.log = folder.parent / "runner.log"  # outside, so that a test may make the workspace read-only
        self.runners: list[subprocess.Popen[bytes]] = []

    def start_runner(self, *arguments: str, **environment: str) -> "subprocess.Popen[bytes]":
        command = [
            sys.executable,
            "-m",
            "tests.web_ui.jobs.tiny_runner",
            str(self.workspace.root),
            *arguments,
        ]
        with self.log.open("ab") as log:
            runner = subprocess.Popen(command, cwd=ROOT, env=os.environ | environment, stdout=log, stderr=log)
        self.runners.append(runner)
        return runner

    def submit(self, name: str, **values: Any) -> str:
        return self.store.create("count", CountConfig(name=name, **values)).id

    def wait_for(self, is_true: Callable[[], Any], what: str) -> None:
        deadline = time.monotonic() + TIMEOUT_S
        while not is_true():
            assert time.monotonic() < deadline, (
                f"timeout while waiting for {what}\n{self.log.read_text()[-3000:]}"
            )
            time.sleep(0.02)

    def wait_for_state(self, job_id: str, *states: str) -> Job:
        self.wait_for(
            lambda: self.store.get(job_id).state in states,
            f"{job_id} to be {' or '.join(states)}: {self.store.get(job_id)}",
        )
        return self.store.get(job_id)

    def wait_for_end(self, job_id: str) -> Job:
        return self.wait_for_state(job_id, *ENDED_STATES)

    def wait_for_steps(self, job_id: str, num_steps: int = 1) -> Job:
        def has_counted() -> bool:
            progress = self.store.get(job_id).progress
            return progress is not None and progress["done"] >= num_steps

        self.wait_for(has_counted, f"{job_id} to make {num_steps} steps")
        return self.store.get(job_id)

    def processes(self, job_id: str) -> list[ProcessIdentity]:
        return job_processes(self.workspace.jobs / job_id)

    def close(self) -> None:
        for runner in self.runners:
            runner.kill()
            runner.wait()
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                if process.environ().get(JOB_VARIABLE, "").startswith(str(self.workspace.root)):
                    process.kill()
