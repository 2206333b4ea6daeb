"""A study whose worker, runner and web server are killed at random ends with the report of a calm one."""

import os
import random
import signal
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from data.store.workspace import Workspace
from tests.services import Service
from tests.web_ui.studies.test_study_jobs import PLAN, wait_study

pytestmark = pytest.mark.slow

KILLS = 6
SEED = 7
READERS: dict[str, Any] = {
    **PLAN,
    "axes": {"training.reads": ["pages", "text"], "training.learning_rate": [0.001, 0.0001]},
    "blank_pages": False,
}
VICTIMS = ("web_ui.jobs.worker", "run-jobs", "gunicorn")
"""Words in the command lines of worker, runner and web server."""


def run(folder: Path, disturb: bool) -> tuple[str, int]:
    """Run the study in a workspace of its own; return its table, and how many processes were killed."""
    workspace = Workspace.create(folder / "workspace")
    services = [Service(role=role, workspace=workspace.root) for role in ("cpu", "gpu")]
    for service in services:
        service.start()
    gpu, chance, num_killed = services[1], random.Random(SEED), 0
    try:
        gpu.call("POST", "/api/studies", READERS)
        while disturb and num_killed < KILLS and not _has_ended(gpu):
            time.sleep(chance.uniform(0.5, 3))
            victims = [each for words in VICTIMS for service in services for each in service.processes(words)]
            if victims:
                os.kill(chance.choice(victims).pid, signal.SIGKILL)
                num_killed += 1
        study = wait_study(gpu, "rates")
        assert (study["num_failed"], [cell["state"] for cell in study["cells"]]) == (0, ["done"] * 4)
        gpu.wait_until(lambda: gpu.call("GET", "/api/studies/rates")["num_sorting"] == 0, "sorted")
        address = f"http://127.0.0.1:{gpu.port}/api/studies/rates/files/table.md"
        with urllib.request.urlopen(address, timeout=30) as answer:
            return answer.read().decode(), num_killed
    finally:
        for service in services:
            service.stop()


def _has_ended(gpu: Service) -> bool:
    study = gpu.wait_until(lambda: gpu.call("GET", "/api/studies/rates"), "an answer")
    return bool(study["num_ended"] == study["num_jobs"])


def test_kills_change_nothing_in_the_report(tmp_path: Path) -> None:
    for name in ("calm", "disturbed"):
        (tmp_path / name).mkdir()
    calm, _ = run(tmp_path / "calm", disturb=False)
    disturbed, num_killed = run(tmp_path / "disturbed", disturb=True)
    assert num_killed == KILLS
    assert disturbed == calm
    assert "## Pages against text" in calm
