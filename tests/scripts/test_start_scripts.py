"""The start scripts choose native or Docker, check the machine before a start, and explain faults."""

import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from tests.scripts.conftest import ROOT, Machine, executable
from web_ui.jobs.locks import try_lock

ENGINE, ENGINE_WITH_GPU = "Server Version: 28", '{"Runtimes": {"nvidia": {}, "runc": {}}}'
GPU = "NVIDIA H100, 81559 MiB"
ONE_SERVICE = ("start-dataset-generation.sh", "start-model-training.sh")


@contextmanager
def taken(port: str) -> Iterator[None]:
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", int(port)))
        other.listen()
        yield


@pytest.mark.parametrize("script", ["start-all.sh", *ONE_SERVICE])
def test_help_names_every_option(machine: Machine, script: str) -> None:
    answer = machine.run(script, "--help")
    assert answer.returncode == 0
    for option in ("--native", "--docker", "--cpu", "--status", "--logs", "--stop", "Exit codes"):
        assert option in answer.stdout
    assert "#" not in answer.stdout
    assert "set -e" not in answer.stdout


@pytest.mark.parametrize(
    ("script", "arguments"),
    [
        ("start-all.sh", ["--dokcer"]),
        ("start-all.sh", ["--native", "--docker"]),
        ("start-all.sh", ["--docker", "--cpu"]),
        ("start-all.sh", ["--demo", "--docker"]),
        ("start-model-training.sh", ["--demo"]),
    ],
)
def test_wrong_usage_is_refused(machine: Machine, script: str, arguments: list[str]) -> None:
    machine.has("engine", ENGINE_WITH_GPU)
    assert machine.run(script, *arguments).returncode == 2
    assert not machine.started


@pytest.mark.parametrize(
    ("name", "value"),
    [("DEEPSYNTH_CPU_PORT", "abc"), ("DEEPSYNTH_GPU_PORT", "65536"), ("DEEPSYNTH_HEALTH_WAIT_S", "long")],
)
def test_a_wrong_setting_is_refused_with_its_name(machine: Machine, name: str, value: str) -> None:
    done = machine.run("start-all.sh", "--native", **{name: value})
    assert (done.returncode, machine.started) == (2, False), done.stdout
    assert f"error: {name} must be" in done.stdout
    assert f"not '{value}'" in done.stdout


def test_without_docker_both_services_run_natively(machine: Machine) -> None:
    cpu_port, gpu_port = machine.environment["DEEPSYNTH_CPU_PORT"], machine.environment["DEEPSYNTH_GPU_PORT"]
    run_folder, elsewhere = (
        machine.folder / "workspace/run",
        {"DEEPSYNTH_CPU_PORT": "1", "DEEPSYNTH_GPU_PORT": "2"},
    )
    try:
        with ThreadPoolExecutor() as pool:
            starting = pool.submit(machine.run, "start-all.sh")
            while not (run_folder / "cpu.pid").exists() and not starting.done():
                time.sleep(0.01)
            second = machine.run("start-all.sh", "--cpu", **elsewhere)
        first = starting.result()
        assert first.returncode == 0, first.stdout
        assert "No NVIDIA GPU with a working driver" in first.stdout
        assert f"dataset service is ready: http://127.0.0.1:{cpu_port}" in first.stdout
        assert f"training service is ready: http://127.0.0.1:{gpu_port}" in first.stdout
        assert "Waiting for another script that does the same (start.lock)" in second.stdout
        assert second.stdout.count("already running: http://127.0.0.1:") == 2, second.stdout
        assert f"Open http://127.0.0.1:{cpu_port}/benchmarks" in second.stdout
        assert (
            f"dataset service: running, http://127.0.0.1:{cpu_port}"
            in machine.run("start-all.sh", "--status", **elsewhere).stdout
        )
        assert "GET /api/health" in machine.run("start-all.sh", "--logs").stdout
        lock = try_lock(run_folder / "start.lock")
        assert lock is not None  # no service has inherited the lock
        os.close(lock)

        # the pids in this copy belong to services of another workspace
        shutil.copytree(run_folder, machine.folder / "other/run")
        other = {"DEEPSYNTH_WORKSPACE": str(machine.folder / "other")}
        assert "port is in use" in re.sub(r" \d+", "", machine.run("start-all.sh", **other).stdout)
        assert machine.run("start-all.sh", "--stop", **other).stdout.count("not running") == 2
    finally:
        assert machine.run("start-all.sh", "--stop").stdout.count("Stopped the") == 2
    assert (
        machine.run("start-all.sh", "--status").stdout
        == "dataset service: not running\ntraining service: not running\n"
    )


def test_a_service_that_does_not_start_is_shown_with_its_log(machine: Machine) -> None:
    machine.has("broken")
    answer = machine.run(ONE_SERVICE[0], "--native")
    assert answer.returncode == 1
    assert "what the service last said" in answer.stdout
    assert str(machine.folder / "workspace/run/cpu.log") in answer.stdout


@pytest.mark.parametrize("fault", ["of another folder", "without its Python"])
def test_a_virtual_environment_of_another_folder_or_without_python_is_created_again(
    machine: Machine, fault: str
) -> None:
    venv, python = machine.folder / ".venv", machine.state / "python"
    if fault == "of another folder":
        (venv / "pyvenv.cfg").write_text(
            "command = /usr/bin/python3 -m venv /where/it/was/copied/from/.venv\n"
        )
    else:
        (venv / "bin" / "python").unlink()
    executable(
        python,
        f'#!/bin/bash\n[ "$1" = -c ] && exit 0\necho "asked: $*"\n[ "$*" != "-m venv --clear {venv}" ]\n',
    )
    done = machine.run("start-dataset-generation.sh", "--native", PYTHON=str(python))
    assert (done.returncode, machine.started) == (3, False), done.stdout
    assert f"asked: -m venv --clear {venv}\nerror: python -m venv failed" in done.stdout


def test_a_folder_reached_through_a_link_keeps_its_virtual_environment(machine: Machine) -> None:
    machine.folder.rename(machine.state / "behind")
    machine.folder.symlink_to(machine.state / "behind")
    done = machine.run("start-dataset-generation.sh", "--native", PYTHON="/nowhere")
    assert done.returncode == 0, done.stdout
    machine.run("start-dataset-generation.sh", "--stop")
    assert "Installing" not in done.stdout


def test_with_docker_and_a_gpu_both_run_in_containers(machine: Machine) -> None:
    machine.has("engine", ENGINE_WITH_GPU)
    machine.has("gpu", GPU)
    for _ in range(2):  # the second start finds its own containers on the ports
        answer = machine.run("start-all.sh")
        assert answer.returncode == 0, answer.stdout
        assert f"GPU: {GPU}" in answer.stdout
    for role in ("cpu", "gpu"):
        assert f"docker-compose.{role}.yml build" in machine.docker_calls
        assert f"docker-compose.{role}.yml up -d --wait" in machine.docker_calls

    status = machine.run(ONE_SERVICE[0], "--status").stdout
    assert (
        status == "dataset service: running, healthy, http://127.0.0.1:5999, container "
        "deepsynth-dataset-generator-cpu\n"
    )
    assert "what the service last said" in machine.run(ONE_SERVICE[0], "--logs").stdout
    assert "volume deepsynth-workspace" in machine.run(ONE_SERVICE[0], "--stop").stdout
    assert machine.run(ONE_SERVICE[0], "--status").stdout == "dataset service: not running\n"


@pytest.mark.parametrize(
    ("gpu", "engine", "reason"),
    [
        (None, ENGINE_WITH_GPU, "no NVIDIA GPU with a working driver"),
        (GPU, ENGINE, "NVIDIA container toolkit is not installed"),
    ],
)
def test_without_a_gpu_for_containers(machine: Machine, gpu: str | None, engine: str, reason: str) -> None:
    machine.has("engine", engine)
    if gpu:
        machine.has("gpu", gpu)
    asked = machine.run("start-all.sh", "--docker")
    assert asked.returncode == 3
    assert reason in asked.stdout
    assert "--native" in asked.stdout
    assert not machine.started

    with taken(machine.environment["DEEPSYNTH_CPU_PORT"]):  # stops the start after the choice of the mode
        left_open = machine.run("start-all.sh")
    assert "Running without containers, although Docker answers" in left_open.stdout
    assert reason in left_open.stdout
    assert not machine.started

    assert machine.run(ONE_SERVICE[0]).returncode == 0  # datasets need no GPU
    assert "docker-compose.cpu.yml up" in machine.docker_calls


def test_both_services_run_the_same_way(machine: Machine) -> None:
    machine.has("engine", ENGINE)
    machine.has("deepsynth-dataset-generator-cpu", "running, healthy")
    for script, option in (
        ("start-all.sh", "--cpu"),
        ("start-all.sh", "--demo"),
        ("start-model-training.sh", "--native"),
    ):
        answer = machine.run(script, option)
        assert answer.returncode == 1
        assert "./start-all.sh --docker --stop" in answer.stdout
    answer = machine.run("start-model-training.sh")
    assert answer.returncode == 3
    assert "no NVIDIA GPU" in answer.stdout
    assert not machine.started


def test_docker_that_does_not_answer_is_reported_with_the_reason(machine: Machine) -> None:
    answer = machine.run("start-all.sh", "--docker")
    assert answer.returncode == 3
    assert "no Docker engine answers (permission denied)" in answer.stdout


@pytest.mark.parametrize("mode", ["--native", "--docker"])
def test_nothing_starts_when_one_port_is_taken(machine: Machine, mode: str) -> None:
    machine.has("engine", ENGINE_WITH_GPU)
    machine.has("gpu", GPU)
    port = machine.environment["DEEPSYNTH_GPU_PORT"]
    with taken(port):
        answer = machine.run("start-all.sh", mode)
    assert answer.returncode == 1
    assert f"port {port} is in use by another program" in answer.stdout
    assert "DEEPSYNTH_GPU_PORT" in answer.stdout
    assert not machine.started


@pytest.mark.parametrize("mode", ["--native", "--docker"])
def test_a_full_disk_is_reported(machine: Machine, mode: str) -> None:
    machine.has("engine", ENGINE)
    machine.has("free_mb", "900")
    (machine.state / "bin" / "docker").write_text(
        (machine.state / "bin" / "docker").read_text().replace("/nowhere", "/")
    )
    answer = machine.run(ONE_SERVICE[0], mode)
    assert answer.returncode == 3
    assert "only 900 MB are free" in answer.stdout
    assert not machine.started


def test_a_container_that_does_not_start_is_shown_with_its_log(machine: Machine) -> None:
    machine.has("engine", ENGINE)
    machine.has("broken")
    answer = machine.run(ONE_SERVICE[0])
    assert answer.returncode == 1
    assert "what the service last said" in answer.stdout
    assert "nvidia" not in answer.stdout.lower()


def test_the_env_file_sets_variables_that_the_environment_does_not(machine: Machine) -> None:
    machine.has("engine", ENGINE)
    (machine.folder / ".env").write_text(
        "# settings\nDEEPSYNTH_CPU_PORT=1\nexport HF_TOKEN='a token' # "
        'secret\nHF_USERNAME="me"\nOTHER=$(touch ran)`touch ran`\n'
    )
    answer = machine.run(ONE_SERVICE[0])
    assert answer.returncode == 0, answer.stdout
    assert f"http://127.0.0.1:{machine.environment['DEEPSYNTH_CPU_PORT']}/benchmarks" in answer.stdout
    assert "is not set" not in answer.stdout
    assert "chmod 600 .env" in answer.stdout

    del machine.environment["DEEPSYNTH_CPU_PORT"]
    (machine.folder / ".env").chmod(0o600)
    answer = machine.run(ONE_SERVICE[0])
    assert "http://127.0.0.1:1/benchmarks" in answer.stdout
    assert "chmod" not in answer.stdout
    assert not list(machine.state.rglob("ran"))


@pytest.mark.parametrize("document", ["ENHANCED_UI_GUIDE.md", "docs/operations.md"])
def test_the_documented_commands_run(machine: Machine, document: str) -> None:
    (block,) = re.findall(
        r"<!-- tested by the start scripts -->\n```bash\n(.*?)```", (ROOT / document).read_text(), re.DOTALL
    )
    (machine.folder / "workspace" / "run").mkdir(parents=True)
    command = ["bash", "-euo", "pipefail", "-c", block]
    done = subprocess.run(
        command,
        cwd=machine.folder,
        env=machine.environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert machine.run("start-all.sh", "--status").stdout.count("not running") == 2
