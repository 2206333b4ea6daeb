"""Jobs that several devices share, with real processes: CPUs stand for GPUs. The results are those of one
device, also after a process was killed."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from data.store.workspace import Workspace
from tests.services import Service
from training.options.config import TrainingConfig
from web_ui.jobs.devices import free_devices, visible_devices
from web_ui.jobs.store import JobStore

pytestmark = pytest.mark.slow

DATASET = {
    "name": "news",
    "source": {"kind": "sample", "length": "brief"},
    "max_samples": 60,
    "rendering": {"mode": "micro"},
}
TRAINING = {
    "dataset": "news", "model": "tiny", "train": "all", "max_steps": 3, "max_length": 24, "eval_steps": 3,
    "save_steps": 1, "logging_steps": 1, "per_device_train_batch_size": 3, "gradient_accumulation_steps": 2,
    "num_eval_samples": 3, "num_test_samples": 3,
}  # fmt: skip


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Service]]:
    workspace = Workspace.create(tmp_path_factory.mktemp("devices") / "workspace")
    variables = {"CUDA_VISIBLE_DEVICES": "first,second"}
    services = {
        role: Service(role=role, workspace=workspace.root, variables=variables) for role in ("cpu", "gpu")
    }
    for service in services.values():
        service.start()
    yield services
    for service in services.values():
        service.stop()


@pytest.fixture(scope="module")
def gpu(services: dict[str, Service]) -> Service:
    """A training service with two devices, and the dataset `news`."""
    job = services["cpu"].call("POST", "/api/dataset/generate", DATASET)
    services["cpu"].wait_job(job["id"])
    return services["gpu"]


def losses(service: Service, output: str) -> list[float]:
    path = Path(service.workspace) / "models" / output / "metrics_history.json"
    history = json.loads(path.read_text())
    return [record["train_loss"] for record in history if record.get("train_loss") is not None]


def texts(service: Service, evaluation: str) -> list[str]:
    path = Path(service.workspace) / "evaluations" / evaluation / "predictions.jsonl"
    return [json.loads(line)["prediction"] for line in path.read_text().splitlines()]


def train(service: Service, output: str, **values: Any) -> str:
    job = service.call("POST", "/api/model/train", {**TRAINING, "output": output, **values})
    return str(job["id"])


@pytest.fixture(scope="module")
def alone(gpu: Service) -> list[float]:
    """The losses of a training on one device."""
    assert gpu.wait_job(train(gpu, "alone"))["state"] == "succeeded"
    return losses(gpu, "alone")


def test_two_devices_train_as_one(gpu: Service, alone: list[float]) -> None:
    job = gpu.wait_job(train(gpu, "shared", num_gpus=2))
    assert (job["state"], job["error"]) == ("succeeded", None)
    assert losses(gpu, "shared") == pytest.approx(alone, rel=1e-4)
    config = json.loads((Path(gpu.workspace) / "models" / "shared" / "training_config.json").read_text())
    assert (config["gradient_accumulation_steps"], config["per_device_train_batch_size"]) == (1, 3)
    assert gpu.processes("web_ui.jobs.peer") == []


@pytest.mark.parametrize("killed", ["web_ui.jobs.peer", "web_ui.jobs.worker"])
def test_a_killed_process_costs_one_restart(gpu: Service, alone: list[float], killed: str) -> None:
    output = f"killed-{killed[-4:]}"
    job_id = train(gpu, output, num_gpus=2)
    checkpoint = Path(gpu.workspace) / "models" / output / "checkpoints" / "checkpoint-1"
    gpu.wait_until(checkpoint.exists, "the first checkpoint", 120)
    for process in gpu.processes(killed):
        os.kill(process.pid, signal.SIGKILL)
    job = gpu.wait_job(job_id)
    assert (job["state"], job["attempts"]) == ("succeeded", 2)
    assert losses(gpu, output) == pytest.approx(alone, rel=1e-4)
    assert gpu.processes("web_ui.jobs.peer") == []


def test_a_pause_stops_all_processes_and_one_device_continues(gpu: Service, alone: list[float]) -> None:
    job_id = train(gpu, "paused", num_gpus=0, max_steps=40)
    checkpoint = Path(gpu.workspace) / "models" / "paused" / "checkpoints" / "checkpoint-1"
    gpu.wait_until(checkpoint.exists, "the first checkpoint", 120)
    gpu.call("POST", f"/api/jobs/{job_id}/pause")
    gpu.wait_until(lambda: gpu.call("GET", f"/api/jobs/{job_id}")["state"] == "paused", "paused", 60)
    assert gpu.processes("web_ui.jobs.peer") == []
    gpu.call("POST", f"/api/jobs/{job_id}/cancel")
    assert gpu.wait_job(job_id)["state"] == "cancelled"
    assert len(alone) == 3


def test_two_devices_score_as_one(gpu: Service, alone: list[float]) -> None:
    assert alone
    values = {
        "model": "alone",
        "dataset": "news",
        "split": "train",
        "max_samples": 5,
        "per_device_eval_batch_size": 2,
    }
    one = gpu.call("POST", "/api/model/evaluate", {**values, "output": "one"})
    two = gpu.call("POST", "/api/model/evaluate", {**values, "output": "two", "num_gpus": 2})
    for job in (one, two):
        assert gpu.wait_job(job["id"])["state"] == "succeeded"
    assert texts(gpu, "one") == texts(gpu, "two")


def test_more_devices_than_there_are_are_refused_with_the_number(gpu: Service) -> None:
    status, error = gpu.refused(
        "POST", "/api/model/train", {**TRAINING, "num_gpus": 3, "gradient_accumulation_steps": 3}
    )
    assert (status, error["fields"]) == (422, {"num_gpus": "at most 2"})
    assert error["message"] == "num_gpus=3: there are 2 devices for jobs here."
    status, error = gpu.refused(
        "POST", "/api/model/train", {**TRAINING, "num_gpus": 2, "gradient_accumulation_steps": 5}
    )
    assert (status, "cannot be divided among num_gpus=2" in error["message"]) == (422, True)


def test_a_job_of_two_devices_is_not_overtaken(gpu: Service) -> None:
    first = train(gpu, "first", max_steps=30)
    both = train(gpu, "both", num_gpus=2)
    last = train(gpu, "last")
    started = {job_id: gpu.wait_job(job_id)["started"] for job_id in (first, both, last)}
    assert started[first] < started[both] < started[last]


def test_a_runner_ends_a_job_that_needs_more_devices_than_it_has(gpu: Service) -> None:
    config = TrainingConfig(dataset="news", output="many", num_gpus=4, gradient_accumulation_steps=4)
    job = gpu.wait_job(JobStore(Workspace(gpu.workspace)).create("training", config).id)
    assert (job["state"], job["attempts"]) == ("failed", 0)
    assert job["error"]["message"] == "Not started: the job needs 4 GPUs, and this service has 2 devices."


def test_the_command_shares_its_work_too(gpu: Service, alone: list[float]) -> None:
    values = {**TRAINING, "num_gpus": 2}
    settings = [
        f"--set={name}={value}" for name, value in values.items() if name not in ("dataset", "model", "train")
    ]
    named = ["--dataset", "news", "--model", "tiny", "--output", "typed", "--workspace", str(gpu.workspace)]
    command = [sys.executable, "-m", "web_ui.cli", "train", *named, "--set=train=all", *settings]

    def run(devices: str) -> "subprocess.CompletedProcess[str]":
        environment = {**os.environ, "CUDA_VISIBLE_DEVICES": devices}
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    refused = run("first")
    assert refused.returncode == 2
    assert "num_gpus=2: there is 1 device for jobs here." in refused.stderr
    assert run("first,second").returncode == 0
    assert losses(gpu, "typed") == pytest.approx(alone, rel=1e-4)


@pytest.mark.parametrize(
    ("jobs", "free"),
    [
        ([], ["0", "1", "2"]),
        (["1"], ["0", "2"]),
        (["0,2"], ["1"]),
        (["7"], ["0", "1"]),  # of an earlier runner with other devices: it takes the place of one
        (["0,1,2", "0"], []),
    ],
)
def test_devices_of_running_jobs_are_not_free(jobs: list[str], free: list[str]) -> None:
    assert free_devices(["0", "1", "2"], jobs) == free


def test_slots_without_devices_are_counted() -> None:
    assert free_devices([None, None], [None]) == [None]
    assert visible_devices([None]) is None
    assert visible_devices(["0", "GPU-1"]) == "0,GPU-1"
