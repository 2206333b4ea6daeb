"""A study over HTTP with real services: refused whole, run through kills, extended, reported and repeated."""

import json
import os
import signal
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from data.store.workspace import Workspace
from tests.services import Service
from web_ui.cli import main

pytestmark = pytest.mark.slow
PLAN: dict[str, Any] = {
    "name": "rates",
    "dataset": {
        "source": {"kind": "sample", "length": "brief"},
        "max_samples": 120,
        "rendering": {"mode": "micro"},
    },
    "training": {
        "preset": "quick_test", "model": "tiny", "max_steps": 2, "max_length": 16, "eval_steps": 2,
        "save_steps": 2, "per_device_train_batch_size": 2, "gradient_accumulation_steps": 1,
        "num_eval_samples": 2, "num_test_samples": 12,
    },
    "axes": {"training.learning_rate": [0.001, 0.0001]},
}  # fmt: skip


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Service]]:
    workspace = Workspace.create(tmp_path_factory.mktemp("study") / "workspace")
    services = {role: Service(role=role, workspace=workspace.root) for role in ("cpu", "gpu")}
    for service in services.values():
        service.start()
    yield services
    for service in services.values():
        service.stop()


@pytest.fixture(scope="module")
def gpu(services: dict[str, Service]) -> Service:
    return services["gpu"]


def wait_study(service: Service, name: str) -> Any:
    def ended() -> Any:
        study = service.call("GET", f"/api/studies/{name}")
        return study if study["num_ended"] == study["num_jobs"] else None

    return service.wait_until(ended, "ended", 240)


def file_of(service: Service, name: str, file: str) -> bytes:
    address = f"http://127.0.0.1:{service.port}/api/studies/{name}/files/{file}"
    with urllib.request.urlopen(address, timeout=30) as answer:
        content: bytes = answer.read()
    return content


def test_a_plan_with_a_cell_that_cannot_run_queues_nothing(gpu: Service) -> None:
    plan = {**PLAN, "axes": {"dataset.rendering.mode": ["micro", "base"]}}
    status, error = gpu.refused("POST", "/api/studies", plan)
    assert status == 422
    assert "The cell with mode base cannot run" in error["message"]
    assert gpu.call("GET", "/api/jobs")["total"] == 0
    assert gpu.call("GET", "/api/studies") == {"studies": []}


def test_a_study_is_estimated_before_it_begins(gpu: Service) -> None:
    estimate = gpu.call("POST", "/api/studies/estimate", PLAN)
    assert gpu.call("GET", "/api/jobs")["total"] == 0
    assert [estimate[f"num_{each}"] for each in ("datasets", "trainings", "controls", "kept")] == [1, 2, 2, 0]
    assert (estimate["duration_s"], estimate["num_like_none"]) == (None, 5)
    assert 1 < estimate["gpu_memory_gb"] < 3
    assert estimate["sentence"].startswith("1 dataset, 2 trainings, 2 scores with blank pages. Up to ")
    plan = {**PLAN, "axes": {"dataset.rendering.mode": ["base"]}}
    assert gpu.refused("POST", "/api/studies/estimate", plan)[0] == 422


def test_a_study_runs_through_a_killed_worker_and_reports_every_cell(gpu: Service) -> None:
    started = gpu.call("POST", "/api/studies", PLAN)
    assert started["num_jobs"] == 5
    worker = gpu.wait_until(lambda: gpu.processes("web_ui.jobs.worker"), "a worker")[0]
    os.kill(worker.pid, signal.SIGKILL)
    study = wait_study(gpu, "rates")
    assert study["num_failed"] == 0
    for cell in study["cells"]:
        assert cell["state"] == "done"
        assert (cell["reads"], cell["document_tokens"]) == ("pages", 31)
        assert 59 <= cell["text_tokens"] <= 99
        assert None not in (cell["rouge_l"], cell["lead_3"], cell["blank_pages"])
        [run] = cell["runs"]
        assert {run[name]["num_samples"] for name in ("to_lead_3", "to_blank_pages")} == {6}
        assert cell["measures"]["chrf"] >= 0
    [apart] = [cell["to_best"] for cell in study["cells"] if cell["to_best"]]
    assert (apart["num_samples"], apart["difference"] <= 0) == (6, True)
    assert "Best of 2" in study["sentence"]


def test_the_same_plan_again_adds_nothing_and_a_larger_one_adds_its_cells(gpu: Service) -> None:
    before = gpu.call("GET", "/api/jobs")["total"]
    assert gpu.call("POST", "/api/studies", PLAN)["num_jobs"] == 5
    assert gpu.call("GET", "/api/jobs")["total"] == before
    larger = {**PLAN, "axes": {"training.learning_rate": [0.001, 0.0001, 0.01]}, "seeds": [42, 43]}
    estimate = gpu.call("POST", "/api/studies/estimate", {**larger, "blank_pages": False})
    assert (estimate["num_trainings"], estimate["num_kept"], estimate["num_like_none"]) == (4, 3, 0)
    assert estimate["duration_s"] > 0
    assert estimate["sentence"].endswith("by earlier jobs like these.")
    larger = {**PLAN, "axes": {"training.learning_rate": [0.001, 0.0001, 0.01]}}
    assert gpu.call("POST", "/api/studies", larger)["num_jobs"] == 7
    assert [cell["state"] for cell in wait_study(gpu, "rates")["cells"]] == ["done"] * 3
    status, error = gpu.refused("POST", "/api/studies", {**PLAN, "training": {"model": "tiny"}})
    assert (status, error["code"]) == (409, "conflict")


def test_pages_are_compared_with_text_at_the_same_tokens(gpu: Service) -> None:
    plan = {**PLAN, "name": "readers", "axes": {"training.reads": ["pages", "text", "whole_text"]}}
    assert gpu.call("POST", "/api/studies", plan)["num_jobs"] == 5  # a dataset, three trainings, one control
    study = wait_study(gpu, "readers")
    pages, text, whole = study["cells"]
    assert [cell["state"] for cell in study["cells"]] == ["done"] * 3
    assert pages["document_tokens"] == text["document_tokens"] == 31
    assert whole["document_tokens"] == pytest.approx(pages["text_tokens"])
    assert (pages["blank_pages"] is None, text["blank_pages"], whole["blank_pages"]) == (False, None, None)
    assert [(twins["reads"], twins["num_seeds"]) for twins in study["twins"]] == [
        ("text", 1),
        ("whole_text", 1),
    ]
    difference = study["twins"][0]["rouge_l"]
    assert (difference["num_samples"], difference["relation"]) == (6, "too_few")
    assert 100 * difference["difference"] == pytest.approx(pages["rouge_l"] - text["rouge_l"], abs=1e-3)
    assert difference["low"] <= difference["difference"] <= difference["high"]
    assert "Pages (31 tokens) and cut text (31 tokens) have too few documents" in study["sentence"]
    assert b"## Pages against text" in file_of(gpu, "readers", "table.md")
    for index in gpu.workspace.glob("cache/samples/*.sqlite"):
        index.unlink()
    assert gpu.call("GET", "/api/studies/readers")["num_sorting"] > 0
    again = gpu.wait_until(
        lambda: (found := gpu.call("GET", "/api/studies/readers"))["num_sorting"] == 0 and found, "sorted"
    )
    assert again == study
    assert all(not found["twins"] for found in gpu.call("GET", "/api/studies")["studies"])


def test_the_report_comes_as_files(gpu: Service) -> None:
    assert b"| 0.001 |" in file_of(gpu, "rates", "table.md")
    assert b"\\toprule" in file_of(gpu, "rates", "table.tex")
    assert b"<svg" in file_of(gpu, "rates", "figure.svg")
    assert json.loads(file_of(gpu, "rates", "study.json"))["plan"]["name"] == "rates"
    status, error = gpu.refused("GET", "/api/studies/rates/files/other.txt")
    assert (status, error["hint"][:15]) == (404, "Its files are s")


def test_study_json_repeats_the_study_by_command(
    gpu: Service, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "study.json").write_bytes(file_of(gpu, "rates", "study.json"))
    workspace = ["--workspace", str(gpu.workspace)]
    assert main(["study", "start", "again", "--from", str(tmp_path / "study.json"), *workspace]) == 0
    again = wait_study(gpu, "again")
    first = gpu.call("GET", "/api/studies/rates")
    scores = [[cell["rouge_l"] for cell in study["cells"]] for study in (first, again)]
    assert scores[0] == scores[1]
    assert main(["study", "show", "again", "--out", str(tmp_path / "out"), *workspace]) == 0
    assert "| learning rate | ROUGE-L |" in capsys.readouterr().out
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "study.json", "table.md", "table.tex", "figure.svg", "figure.pdf", "figure.png",
    }  # fmt: skip


def test_a_study_is_cancelled_as_a_whole(gpu: Service) -> None:
    gpu.call("POST", "/api/studies", {**PLAN, "name": "left"})
    assert gpu.call("POST", "/api/studies/left/cancel")["num_changed"] > 0
    study = wait_study(gpu, "left")
    assert {cell["state"] for cell in study["cells"]} == {"failed"}
    assert gpu.refused("POST", "/api/studies/left/dance")[0] == 404
    assert gpu.refused("GET", "/api/studies/none")[0] == 404


def test_an_ended_study_is_deleted_and_its_models_stay(gpu: Service) -> None:
    models = len(gpu.call("GET", "/api/models")["models"])
    address = f"http://127.0.0.1:{gpu.port}/api/studies/left"
    with urllib.request.urlopen(urllib.request.Request(address, method="DELETE"), timeout=30) as answer:
        assert answer.status == 204
    assert {study["name"] for study in gpu.call("GET", "/api/studies")["studies"]} == {
        "again",
        "rates",
        "readers",
    }
    assert len(gpu.call("GET", "/api/models")["models"]) == models
