"""The Compose files keep their promised names, give the tests others, and pass every setting on."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.machine import require
from web_ui.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = Path(sys.executable).parent / "docker-compose"
FILES = {"cpu": "docker-compose.cpu.yml", "gpu": "docker-compose.gpu.yml"}
DOCKERFILES = {"cpu": "Dockerfile.cpu", "gpu": "Dockerfile"}
BUILD_SETTINGS = ("DEEPSYNTH_BASE_IMAGE", "PIP_INDEX_URL", "PIP_FIND_LINKS", "DEEPSYNTH_UID")


def rendered(role: str, **environment: str) -> dict[str, Any]:
    """Return a Compose file as Compose understands it, with the settings of neither this machine nor its
    .env."""
    require(COMPOSE.exists(), "no Docker Compose")
    command = [str(COMPOSE), "--env-file", "/dev/null", "-f", FILES[role], "config", "--format", "json"]
    answer = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    return dict(json.loads(answer.stdout))


def names(role: str, **environment: str) -> set[str]:
    document = rendered(role, **environment)
    (service,) = document["services"].values()
    volumes = [volume["name"] for volume in document["volumes"].values()]
    return {document["name"], service["container_name"], service["image"], *volumes}


def test_names_are_the_promised_ones() -> None:
    volumes = {"deepsynth-workspace", "deepsynth-cache"}
    assert names("cpu") == {"deepsynth", "deepsynth-dataset-generator-cpu", "deepsynth-cpu:latest"} | volumes
    assert names("gpu") == {"deepsynth-training", "deepsynth-trainer-gpu", "deepsynth-gpu:latest"} | volumes


@pytest.mark.parametrize("role", FILES)
def test_another_name_shares_nothing_with_the_first_installation(role: str) -> None:
    others = names(role, DEEPSYNTH_NAME="second")
    assert not others & names(role)
    assert all(name.startswith("second") for name in others)


@pytest.mark.parametrize("role", FILES)
def test_every_setting_is_passed_on_or_documented_as_native(role: str) -> None:
    operations = (ROOT / "docs" / "operations.md").read_text()
    native = next(line for line in operations.splitlines() if line.startswith("| without containers only |"))
    settings = {str(field.alias) for field in Settings.model_fields.values()} | {
        "HF_ENDPOINT",
        "HF_HUB_OFFLINE",
        "RAY_ADDRESS",
    }
    wanted = {name: "1234" for name in settings if f"`{name}`" not in native}
    passed = next(iter(rendered(role, **wanted)["services"].values()))["environment"]
    assert {name for name in wanted if "1234" not in (passed.get(name) or "")} == {
        "DEEPSYNTH_PUBLISHED_ON_LOOPBACK"
    }
    assert passed["DEEPSYNTH_PUBLISHED_ON_LOOPBACK"] == "1"
    for name in wanted:
        assert f"`{name}`" in operations, name


@pytest.mark.parametrize("role", FILES)
def test_build_arguments_reach_the_dockerfile(role: str) -> None:
    service = next(iter(rendered(role, **dict.fromkeys(BUILD_SETTINGS, "1234"))["services"].values()))
    arguments = service["build"]["args"]
    assert sorted(arguments.values()) == ["1234"] * len(BUILD_SETTINGS)
    assert all(f"ARG {name}" in (ROOT / DOCKERFILES[role]).read_text() for name in arguments)


@pytest.mark.parametrize("role", FILES)
def test_containers_are_bounded_and_published_on_this_machine_only(role: str) -> None:
    service = next(iter(rendered(role)["services"].values()))
    assert [port["host_ip"] for port in service["ports"]] == ["127.0.0.1"]
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["logging"]["options"].keys() == {"max-size", "max-file"}
    assert "ProxyHandler({})" in (ROOT / DOCKERFILES[role]).read_text()
