"""A Docker engine for the container tests: that of the machine, or an engine that the tests start."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.machine import require

ROOT = Path(__file__).resolve().parents[2]
# of containers, images and volumes: an installation on the same engine is not changed
NAME = "deepsynth-test"
BASE_IMAGE = "python:3.11-slim-bookworm"


@dataclass(frozen=True, slots=True)
class Engine:
    """Runs docker commands on one engine."""

    environment: dict[str, str]

    def docker(
        self, *arguments: str, check: bool = True, timeout_s: float = 900
    ) -> subprocess.CompletedProcess[str]:
        command = ["docker", *arguments]
        answer = subprocess.run(
            command,
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout_s,
        )
        if check and answer.returncode != 0:
            pytest.fail(
                f"{' '.join(command)} ended with "
                f"{answer.returncode}:\n{answer.stdout[-2000:]}\n{answer.stderr[-3000:]}"
            )
        return answer

    def script(self, name: str, *arguments: str) -> str:
        """Run a start script and return its output."""
        command = [str(ROOT / name), *arguments]
        answer = subprocess.run(
            command, env=self.environment, capture_output=True, text=True, check=False, timeout=900
        )
        if answer.returncode != 0:
            pytest.fail(
                f"{' '.join(command)} ended with "
                f"{answer.returncode}:\n{answer.stdout[-2000:]}\n{answer.stderr[-3000:]}"
            )
        return answer.stdout

    def compose(self, file: str, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        return self.docker("compose", "-f", str(ROOT / file), *arguments, check=check)


def answers(environment: dict[str, str]) -> bool:
    return (
        subprocess.run(["docker", "info"], env=environment, capture_output=True, check=False).returncode == 0
    )


def with_compose(folder: Path, environment: dict[str, str]) -> dict[str, str]:
    """Use the Compose of the dev dependencies if the docker client has none."""
    if (
        subprocess.run(
            ["docker", "compose", "version"], env=environment, capture_output=True, check=False
        ).returncode
        == 0
    ):
        return environment
    binary = Path(sys.executable).parent / "docker-compose"
    require(binary.exists(), "no Docker Compose")
    plugins = folder / "config" / "cli-plugins"
    plugins.mkdir(parents=True)
    (plugins / "docker-compose").symlink_to(binary)
    return environment | {"DOCKER_CONFIG": str(folder / "config")}


def start_engine(folder: Path, environment: dict[str, str]) -> tuple[subprocess.Popen[bytes], dict[str, str]]:
    socket = f"unix://{folder}/d.sock"
    command = [
        "dockerd",
        "--data-root",
        f"{folder}/data",
        "--exec-root",
        f"{folder}/exec",
        "-H",
        socket,
        "-p",
        f"{folder}/d.pid",
    ]
    log = (folder / "dockerd.log").open("wb")
    process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
    environment = environment | {"DOCKER_HOST": socket}
    for _ in range(60):
        if process.poll() is not None:
            break
        if answers(environment):
            return process, environment
        time.sleep(0.5)
    process.kill()
    process.wait()
    reason = (folder / "dockerd.log").read_text(errors="replace")[-400:]
    require(False, f"dockerd could not start: {reason}")
    raise AssertionError("unreachable")


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    require(shutil.which("docker") is not None, "no docker client: apt-get install docker.io")
    # A socket path has at most 108 bytes; pytest's temporary folders are nearly that long.
    folder = Path(tempfile.mkdtemp(prefix="engine-"))
    own: subprocess.Popen[bytes] | None = None
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("DEEPSYNTH_", "HF_", "PIP_"))
    }
    try:
        if not answers(environment):
            # An engine changes the network rules of the machine: start one only on request.
            require(os.environ.get("DEEPSYNTH_REQUIRE_ALL") == "1", "no Docker engine answers")
            able = os.geteuid() == 0 and all(shutil.which(program) for program in ("dockerd", "debootstrap"))
            require(able, "no Docker engine can be started: root, dockerd and debootstrap are needed")
            own, environment = start_engine(folder, environment)
            make_base_image(folder, environment)
        # Empty values override those of a .env file.
        own_settings = {"DEEPSYNTH_NAME": NAME, "DEEPSYNTH_API_TOKEN": "", "HF_TOKEN": "", "HF_USERNAME": ""}
        environment = with_compose(
            folder, environment | own_settings | {"DOCKER_BUILDKIT": "0", "COMPOSE_BAKE": "false"}
        )
        yield Engine(environment)
    finally:
        if own is not None:
            own.terminate()
            own.wait(60)
        shutil.rmtree(folder, ignore_errors=True)


def make_base_image(folder: Path, environment: dict[str, str]) -> None:
    kept = Path(os.environ.get("DEEPSYNTH_TEST_CACHE", str(folder))) / "base"
    kept.mkdir(parents=True, exist_ok=True)
    script = Path(__file__).with_name("base_image.sh")
    subprocess.run([str(script), str(kept), BASE_IMAGE], env=environment, check=True, timeout=600)
