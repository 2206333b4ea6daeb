"""The two services as containers: built, started, used, killed, stopped."""

import functools
import http.server
import json
import os
import signal
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docker.conftest import NAME, Engine
from tests.services import OPENER, Client, free_port

pytestmark = [pytest.mark.docker, pytest.mark.slow]

CPU_FILE, GPU_FILE = "docker-compose.cpu.yml", "docker-compose.gpu.yml"
CPU_IMAGE, GPU_IMAGE, CPU_CONTAINER = (
    f"{NAME}-cpu:latest",
    f"{NAME}-gpu:latest",
    f"{NAME}-dataset-generator-cpu",
)
SIZE_LIMIT_MB = 900
JOB = {
    "source": {"kind": "sample", "length": "article"},
    "max_samples": 800,
    "seed": 5,
    "rendering": {"mode": "small"},
    "shard_rows": 100,
}

SCRIPTS = {
    "Latin": "The quick brown fox",
    "Greek": "Η γρήγορη αλεπού",
    "Cyrillic": "Быстрая лиса",
    "Chinese": "敏捷的狐狸跳过",
    "Japanese": "すばやい狐が跳ぶ",
    "Korean": "빠른 여우가",
    "Arabic": "الثعلب السريع",
    "Hebrew": "השועל המהיר",
    "Devanagari": "तेज़ लोमड़ी",
    "Thai": "สุนัขจิ้งจอก",
    "Emoji": "🦊🐕👍🏽👩‍🔬",
}


@pytest.fixture(scope="module")
def service(engine: Engine) -> Iterator[tuple[Engine, Client]]:
    port = free_port()
    engine.environment["DEEPSYNTH_CPU_PORT"] = str(port)
    # Build first with the network of the host; the build of the script then reuses the layers.
    engine.docker("build", "--network", "host", "-f", "Dockerfile.cpu", "-t", CPU_IMAGE, ".")
    try:
        answer = engine.script("start-dataset-generation.sh", "--docker")
        assert f"The dataset service is ready: http://127.0.0.1:{port}" in answer
        yield engine, Client(port)
    finally:
        engine.compose(CPU_FILE, "down", "--volumes", "--rmi", "all", check=False)


def test_image_is_small_and_has_no_torch(service: tuple[Engine, Client]) -> None:
    engine, _ = service
    assert int(engine.docker("image", "inspect", "-f", "{{.Size}}", CPU_IMAGE).stdout) / 1e6 < SIZE_LIMIT_MB
    program = "import importlib.util, os; print(importlib.util.find_spec('torch'), os.getuid())"
    assert engine.docker("exec", CPU_CONTAINER, "python", "-c", program).stdout.split() == ["None", "1000"]


def test_the_health_check_uses_no_proxy(service: tuple[Engine, Client]) -> None:
    engine, _ = service
    kind, *command = json.loads(
        engine.docker("inspect", "-f", "{{json .Config.Healthcheck.Test}}", CPU_CONTAINER).stdout
    )
    assert kind == "CMD"
    engine.docker("exec", "-e", "http_proxy=http://127.0.0.1:9", CPU_CONTAINER, *command)


def test_a_job_killed_with_its_container_ends_with_the_same_bytes(service: tuple[Engine, Client]) -> None:
    engine, client = service
    client.run_job("/api/dataset/generate", JOB | {"name": "undisturbed"})

    killed = client.call("POST", "/api/dataset/generate", JOB | {"name": "killed"})
    client.wait_job(
        killed["id"],
        lambda job: job["state"] == "running" and job["progress"] and job["progress"]["done"] > 0,
    )
    pid = engine.docker("inspect", "-f", "{{.State.Pid}}", CPU_CONTAINER).stdout.strip()
    before = engine.docker("inspect", "-f", "{{.RestartCount}}", CPU_CONTAINER).stdout.strip()
    kill_from_the_host(int(pid))
    job = client.wait_job(killed["id"])
    assert job["state"] == "succeeded", job
    assert int(engine.docker("inspect", "-f", "{{.RestartCount}}", CPU_CONTAINER).stdout) > int(before)
    assert job["attempts"] == 2
    listing = "cd /workspace/datasets/{} && find . -name '*.parquet' | sort | xargs sha256sum"
    shards = [
        engine.docker("exec", CPU_CONTAINER, "sh", "-c", listing.format(name)).stdout
        for name in ("undisturbed", "killed")
    ]
    assert shards[0].count("parquet") > 3
    assert shards[0] == shards[1]


def kill_from_the_host(pid: int) -> None:
    """Kill the container's first process, as a crash does. Docker does not restart it after `docker kill`."""
    os.kill(pid, signal.SIGKILL)


def test_ten_scripts_and_emoji_have_glyphs_in_the_image(service: tuple[Engine, Client]) -> None:
    _, client = service
    line = json.dumps({"text": "\n".join(SCRIPTS.values()), "summary": ", ".join(SCRIPTS)})
    request = urllib.request.Request(
        f"http://127.0.0.1:{client.port}/api/uploads/scripts.jsonl", data=line.encode(), method="PUT"
    )
    request.add_header("Content-Type", "application/octet-stream")
    OPENER.open(request, timeout=10).close()
    body = {
        "name": "scripts",
        "source": {"kind": "files", "path": "upload:scripts.jsonl"},
        "columns": {"document": "text", "summary": "summary"},
    }
    (document,) = client.call("POST", "/api/dataset/preview", {"config": body, "num_documents": 1})[
        "documents"
    ]
    assert document["missing_glyphs"] == {}


def test_logs_name_the_job(service: tuple[Engine, Client]) -> None:
    engine, client = service
    job = client.run_job("/api/dataset/generate", JOB | {"name": "logged", "max_samples": 20})
    logs = engine.docker("logs", CPU_CONTAINER)
    assert job["id"] in logs.stdout + logs.stderr


def test_stop_and_down_save_a_running_job_and_keep_the_volume(service: tuple[Engine, Client]) -> None:
    engine, client = service
    job = client.call("POST", "/api/dataset/generate", JOB | {"name": "stopped", "max_samples": 12_000})
    for command in ("stop", "down"):
        client.wait_job(
            job["id"],
            lambda job: job["state"] == "running" and job["progress"] and job["progress"]["done"] > 0,
        )
        started = time.monotonic()
        engine.compose(CPU_FILE, command)
        assert time.monotonic() - started < 30
        if command == "stop":
            assert engine.docker("inspect", "-f", "{{.State.ExitCode}}", CPU_CONTAINER).stdout.strip() in {
                "0",
                "143",
            }
        engine.compose(CPU_FILE, "up", "-d", "--wait")
    job = client.wait_job(job["id"])
    assert job["state"] == "succeeded", job
    assert job["attempts"] == 3


def test_script_shows_and_stops_the_container(service: tuple[Engine, Client]) -> None:
    engine, client = service
    script = "start-dataset-generation.sh"
    assert f"running, healthy, http://127.0.0.1:{client.port}" in engine.script(script, "--status")
    assert "job succeeded" in engine.script(script, "--logs")
    assert f"volume {NAME}-workspace" in engine.script(script, "--stop")
    assert "not running" in engine.script(script, "--status")


@pytest.fixture(scope="module")
def wheel_server() -> Iterator[list[str]]:
    """Serve the folder of PIP_FIND_LINKS, if set, over HTTP. Yields the build arguments that use it."""
    folder = os.environ.get("PIP_FIND_LINKS", "")
    if not Path(folder).is_dir():
        yield []
        return
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=folder)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield ["--build-arg", f"PIP_FIND_LINKS=http://127.0.0.1:{server.server_port}/"]
    server.shutdown()


def test_the_gpu_service_has_torch_and_reports_a_missing_gpu(engine: Engine, wheel_server: list[str]) -> None:
    if Path("/dev/nvidia0").exists():
        pytest.skip("this machine has a GPU; the test needs a machine without one")
    engine.environment["DEEPSYNTH_GPU_PORT"] = str(free_port())
    engine.docker("build", "--network", "host", *wheel_server, "-f", "Dockerfile", "-t", GPU_IMAGE, ".")
    program = "import torch, transformers, os; print(torch.__version__.split('+')[0], os.getuid())"
    assert engine.docker("run", "--rm", GPU_IMAGE, "python", "-c", program).stdout.split() == [
        "2.13.0",
        "1000",
    ]
    answer = engine.compose(GPU_FILE, "up", "-d", "--no-build", check=False)
    engine.compose(GPU_FILE, "down", "--volumes", "--rmi", "all", check=False)
    assert answer.returncode != 0
    assert 'could not select device driver "nvidia"' in answer.stderr
