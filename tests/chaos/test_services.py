"""Processes of the real service are killed: the dataset still has the same bytes."""

import hashlib
import os
import random
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from data.config import DatasetConfig
from data.generate import generate
from data.progress import Silent
from data.store.workspace import Workspace
from tests.chaos.crowd import Crowd
from tests.services import Service

NUM_SAMPLES = 800
DATASET = {
    "name": "victim",
    "source": {"kind": "sample", "length": "brief"},
    "rendering": {"mode": "micro"},
    "max_samples": NUM_SAMPLES,
    "shard_rows": 50,
}


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    monkeypatch.setenv("DEEPSYNTH_MAX_CHANGES_PER_MINUTE", "0")
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    service = Service(role="cpu", workspace=workspace)
    service.start()
    yield service
    service.stop()


def digests(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def generate_undisturbed(root: Path) -> Path:
    return generate(DatasetConfig.model_validate(DATASET), Workspace.create(root), Silent()).folder


@pytest.mark.slow
def test_kills_of_web_server_runner_worker_and_service_do_not_change_the_dataset(
    service: Service, tmp_path: Path
) -> None:
    chance = random.Random(3)
    job_id = service.call("POST", "/api/dataset/generate", DATASET)["id"]
    for words in (
        "gunicorn",
        "web_ui.jobs.worker",
        "run-jobs",
        "gunicorn",
        "serve --role",
        "web_ui.jobs.worker",
    ):
        time.sleep(chance.uniform(0.5, 1.5))
        victims = service.processes(words)
        for victim in victims if words == "gunicorn" else victims[:1]:
            kill(victim)
        if words == "serve --role":
            assert service.process is not None
            service.process.wait()
            service.wait_until(
                lambda: not service.processes("gunicorn") and not service.processes("run-jobs"), "gone"
            )
            service.start()
    job = service.wait_job(job_id)
    assert job["state"] == "succeeded", job["error"]
    assert digests(service.workspace / "datasets" / "victim") == digests(
        generate_undisturbed(tmp_path / "other")
    )
    assert service.processes("web_ui.jobs.worker") == []


@pytest.mark.slow
def test_many_clients_get_only_documented_answers_and_no_job_is_lost(service: Service) -> None:
    crowd = Crowd(service)
    crowd.call(300)
    crowd.cancel_all()
    assert crowd.unexpected() == {}
    assert crowd.missing_or_stuck() == []


def kill(process: psutil.Process) -> None:
    with suppress(ProcessLookupError):
        os.kill(process.pid, signal.SIGKILL)
