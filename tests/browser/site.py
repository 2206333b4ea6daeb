"""A running DeepSynth for a browser: web server and runners as the processes that users start, on a free
port."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
READY_S = 60.0
CHROMIUM_OPTIONS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class Site:
    """Processes over one workspace. `web` alone serves the screen; the runners do the jobs."""

    def __init__(self, workspace: Path, environment: Mapping[str, str] | None = None) -> None:
        """Prepare a site; `environment` comes on top of the tests' own."""
        self.workspace = workspace
        self._environment = environment or {}
        self._port = _free_port()
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def start_web(self) -> None:
        """Start the web server and wait until it answers."""
        bind = [
            "--bind",
            f"127.0.0.1:{self._port}",
            "--worker-class",
            "gthread",
            "--threads",
            "8",
            "--log-level",
            "warning",
        ]
        self._start(
            "web", [sys.executable, "-m", "gunicorn", *bind, "--no-control-socket", "web_ui.app:create_app()"]
        )
        deadline_s = time.monotonic() + READY_S
        while time.monotonic() < deadline_s:
            try:
                urllib.request.urlopen(f"{self.address}/api/health", timeout=5).close()
            except OSError:
                time.sleep(0.1)
            else:
                return
        raise TimeoutError(f"the web server did not answer within {READY_S:.0f} s")

    def start_runner(self, role: str) -> None:
        self._start(
            role,
            [
                sys.executable,
                "-m",
                "web_ui.cli",
                "run-jobs",
                "--role",
                role,
                "--workspace",
                str(self.workspace),
            ],
        )

    def stop(self, name: str) -> None:
        process = self._processes.pop(name)
        process.terminate()
        process.wait(30)

    def stop_all(self) -> None:
        for name in list(self._processes):
            self.stop(name)

    def _start(self, name: str, command: list[str]) -> None:
        own = {
            "DEEPSYNTH_WORKSPACE": str(self.workspace),
            "DEEPSYNTH_PORT": str(self._port),
            "DEEPSYNTH_ROLE": "cpu",
            "OMP_NUM_THREADS": "1",
        }
        kept = {
            key: value for key, value in os.environ.items() if not key.startswith(("DEEPSYNTH_", "HF_TOKEN"))
        }
        self._processes[name] = subprocess.Popen(command, env=kept | own | self._environment, cwd=REPOSITORY)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
