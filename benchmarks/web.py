"""Measure the web service: the time to its first answer, its memory, and GET /api/jobs with 1,000 jobs.

    python benchmarks/web.py [--num-jobs 1000] [--requests 500]

The last column compares each address with GET /api/health of the same run, which is meaningful on a busy
machine too.
"""

import argparse
import http.client
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import psutil

from data.config import DatasetConfig, SampleSource
from data.store.events import EVENTS, EventLog
from data.store.files import write_json
from data.store.workspace import Workspace
from web_ui.jobs.job import OUTCOME, STATE, JobState, Outcome, State, now
from web_ui.jobs.store import JobStore

STATES = (State.SUCCEEDED, State.SUCCEEDED, State.FAILED, State.PAUSED, State.RUNNING)
LIMITS = {"ready_s": 1.0, "memory_mb": 120.0, "p99_ms": 50.0}


def main() -> int:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--num-jobs", type=int, default=1000)
    options.add_argument("--requests", type=int, default=500)
    values = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        fill(Workspace.create(Path(folder)), values.num_jobs)
        with service(Path(folder)) as (port, ready_s, process):
            memory_mb = max(child.memory_info().rss for child in psutil.Process(process.pid).children()) / 1e6
            print(
                f"ready after {ready_s:.2f} s (limit {LIMITS['ready_s']:.0f} s), {memory_mb:.0f} MB (limit "
                f"{LIMITS['memory_mb']:.0f} MB)"
            )
            print_answers(port, values.num_jobs, values.requests)
            memory_mb = max(child.memory_info().rss for child in psutil.Process(process.pid).children()) / 1e6
            print(f"after all requests {memory_mb:.0f} MB")
    return 0


def fill(workspace: Workspace, num_jobs: int) -> None:
    """Fill a workspace with jobs in all states, each with some events."""
    store = JobStore(workspace)
    for number in range(num_jobs):
        job = store.create("dataset", DatasetConfig(name=f"set-{number}", source=SampleSource()))
        folder, state = workspace.jobs / job.id, STATES[number % len(STATES)]
        write_json(folder / STATE, JobState(state=state, attempts=1, started=now()).model_dump(mode="json"))
        log = EventLog(folder / EVENTS)
        for done in range(0, 1000, 50):
            log.append(
                "progress", done=done, total=1000, unit="samples", counts={"kept": done}, rate=99.0, eta_s=1.0
            )
        log.close()
        if state in (State.SUCCEEDED, State.FAILED):
            status = "succeeded" if state == State.SUCCEEDED else "failed"
            write_json(
                folder / OUTCOME,
                Outcome(attempt=1, status=status, ended=now(), result={"num_kept": 1000}).model_dump(
                    mode="json"
                ),
            )


@contextmanager
def service(workspace: Path) -> Iterator[tuple[int, float, "subprocess.Popen[bytes]"]]:
    """Run the web server as `deepsynth serve` does; yield its port, the seconds until its first answer, and
    its process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    environment = os.environ | {"DEEPSYNTH_WORKSPACE": str(workspace), "DEEPSYNTH_PORT": str(port)}
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "--worker-class",
        "gthread",
        "--threads",
        "8",
        "--bind",
        f"127.0.0.1:{port}",
    ]
    start_s = time.perf_counter()
    process = subprocess.Popen(
        [*command, "--log-level", "warning", "--no-control-socket", "web_ui.app:create_app()"],
        env=environment,
    )
    try:
        while not answers(port):
            time.sleep(0.01)
        yield port, time.perf_counter() - start_s, process
    finally:
        process.terminate()
        process.wait()


def answers(port: int) -> bool:
    """Return whether the service answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/api/health")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def print_answers(port: int, num_jobs: int, requests: int) -> None:
    """Time each address over one kept connection; print the median, the 99th percentile and the ratio to the
    first address."""
    paths = (
        "/api/health",
        "/api/jobs",
        "/api/jobs?state=running",
        f"/api/jobs?limit={num_jobs}",
        "/api/system",
        "/jobs",
        "/metrics",
    )
    base_ms = 0.0
    print(
        f"{'GET':28}{'median ms':>12}{'p99 ms':>12}{'to health':>12}   ({num_jobs} jobs, {requests} requests "
        "each)"
    )
    for path in paths:
        times_ms = timed(port, path, requests)
        base_ms = base_ms or median(times_ms)
        p99_ms = sorted(times_ms)[int(0.99 * len(times_ms))]
        print(f"{path:28}{median(times_ms):12.2f}{p99_ms:12.2f}{median(times_ms) / base_ms:12.1f}")


def timed(port: int, path: str, requests: int) -> list[float]:
    """Return the milliseconds of each request, after five that are not counted."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    times_ms = []
    for number in range(requests + 5):
        start_s = time.perf_counter()
        connection.request("GET", path)
        content = connection.getresponse().read()
        if number >= 5:
            times_ms.append((time.perf_counter() - start_s) * 1000)
    if path.startswith("/api"):
        json.loads(content)
    connection.close()
    return times_ms


if __name__ == "__main__":
    sys.exit(main())
