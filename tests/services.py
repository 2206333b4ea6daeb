"""The two real services on loopback, as `deepsynth serve` starts them, over one workspace, and a client that
speaks to them."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from typing import Any

import psutil
import pytest

ENDED = {"succeeded", "failed", "cancelled"}
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(slots=True)
class Client:
    """Requests to one service, through restarts of it."""

    port: int = 0
    token: str | None = None

    def diagnosis(self) -> str:
        """Return what may explain that something never came."""
        return ""

    def call(self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None) -> Any:
        """Send a JSON request and return the JSON answer; raise HTTPError, with the answer as a note, for an
        error status."""
        content = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}",
            data=content,
            method=method,
            headers=self._headers() | (headers or {}),
        )
        try:
            with OPENER.open(request, timeout=20) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            error.body = error.read()
            error.add_note(error.body.decode(errors="replace"))
            raise

    def _headers(self) -> dict[str, str]:
        return {"Content-Type": "application/json"} | (
            {"Authorization": f"Bearer {self.token}"} if self.token else {}
        )

    def refused(self, method: str, path: str, body: object = None) -> tuple[int, dict[str, Any]]:
        """Send a request that must be refused; return the status and the error."""
        with pytest.raises(urllib.error.HTTPError) as refusal:
            self.call(method, path, body)
        return refusal.value.code, json.loads(refusal.value.body)["error"]

    def wait_until(self, ready: Callable[[], Any], what: str, limit_s: float = 120) -> Any:
        """Poll, through restarts of the service, until `ready()` is true; return what it returned."""
        deadline = time.monotonic() + limit_s
        while time.monotonic() < deadline:
            try:
                value = ready()
            except (OSError, HTTPException):  # HTTPException: the service ended in the middle of its answer
                value = None
            if value:
                return value
            time.sleep(0.1)
        pytest.fail(f"not {what} within {limit_s} s. {self.diagnosis()}")

    def wait_job(
        self,
        job_id: str,
        ready: Callable[[Any], bool] = lambda job: job["state"] in ENDED,
        limit_s: float = 180,
    ) -> Any:
        """Wait until a job is as `ready` wants it; return the job."""
        seen: list[Any] = [None]

        def look() -> Any:
            seen[0] = self.call("GET", f"/api/jobs/{job_id}")
            return seen[0] if ready(seen[0]) else None

        return self.wait_until(look, f"ready: job {job_id}", limit_s)

    def run_job(self, path: str, body: object, limit_s: float = 180) -> Any:
        """Create a job and wait for its success."""
        job = self.wait_job(self.call("POST", path, body)["id"], limit_s=limit_s)
        assert job["state"] == "succeeded", job["error"]
        return job


@dataclass(slots=True)
class Service(Client):
    """One service: its process, and requests to it."""

    role: str = "cpu"
    workspace: Path = Path()
    variables: dict[str, str] = field(default_factory=dict)
    """Added to the environment."""
    process: "subprocess.Popen[bytes] | None" = None
    log: Path = field(init=False)

    def __post_init__(self) -> None:
        self.port = self.port or free_port()
        self.log = self.workspace.parent / f"{self.role}.log"

    def diagnosis(self) -> str:
        return f"The end of {self.log}:\n{self.log.read_text()[-3000:]}"

    def start(self) -> None:
        command = [
            sys.executable,
            "-m",
            "web_ui.cli",
            "serve",
            "--role",
            self.role,
            "--port",
            str(self.port),
            "--workspace",
            str(self.workspace),
        ]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command,
                stdout=log,
                stderr=log,
                start_new_session=True,
                env={**os.environ, "OMP_NUM_THREADS": "1", **self.variables},
            )
        self.wait_until(lambda: self.call("GET", "/api/health")["role"] == self.role, "healthy", 30)

    def stop(self) -> None:
        """Stop the service and whatever jobs it left running."""
        if self.process is None:
            return
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(40)
        for worker in self.processes("web_ui.jobs.worker"):
            worker.kill()

    def processes(self, words: str) -> list[psutil.Process]:
        """Return this workspace's processes whose command line contains `words`."""
        found = []
        for process in psutil.process_iter(["cmdline"]):
            line = " ".join(process.info["cmdline"] or [])
            if words in line and (str(self.workspace) in line or str(self.port) in line):
                found.append(process)
        return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
