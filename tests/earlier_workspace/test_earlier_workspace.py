"""A workspace of an earlier version: the present version continues each part and gets the same results.

Datasets, summaries and earlier metrics are compared exactly. Losses and weights may differ in the last bits
between two processors.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from safetensors.numpy import load_file

from tests.earlier_workspace import continuation
from tests.earlier_workspace.archive import ARCHIVE, unpack
from tests.earlier_workspace.commands import ENVIRONMENT, PAUSED_STEP
from tests.services import Service

pytestmark = pytest.mark.slow

LOSS_TOLERANCE = 1e-4
"""As a share of the loss."""
WEIGHT_TOLERANCE = 1e-5

EXPECTED = ARCHIVE.with_name("expected.json")
EXPECTED_WEIGHTS = ARCHIVE.with_name("expected.safetensors")


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return unpack(ARCHIVE, tmp_path_factory.mktemp("earlier"))


@pytest.fixture(scope="module")
def expected() -> dict[str, Any]:
    values: dict[str, Any] = json.loads(EXPECTED.read_text())
    return values


@pytest.fixture
def service(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    service = Service(role="gpu", workspace=workspace)
    service.start()
    yield service
    service.stop()


def assert_continued(
    before: list[dict[str, Any]], after: list[dict[str, Any]], expected: list[dict[str, Any]]
) -> None:
    """Compare losses, and check that the earlier metrics are kept with their times: no step was repeated."""
    assert after[: len(before)] == before
    losses = continuation.select_losses(after)
    assert len(losses) == len(expected)
    for values, wanted in zip(losses, expected, strict=True):
        assert values == pytest.approx(wanted, rel=LOSS_TOLERANCE)


def test_datasets_have_the_same_bytes_made_anew_and_completed(
    workspace: Path, expected: dict[str, Any], tmp_path: Path
) -> None:
    assert continuation.make_whole_again(tmp_path) == expected["whole"]
    assert continuation.dataset_digests(workspace / "datasets" / "whole") == expected["whole"]
    fonts = continuation.installed_fonts_of(tmp_path / "again" / "datasets" / "whole")
    before = {path: path.stat().st_mtime_ns for path in (workspace / "datasets" / "half").glob("*/*.parquet")}
    assert continuation.complete_half(workspace, fonts) == expected["half"]
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_paused_training_continues_after_its_last_step_and_finished_model_writes_the_same_summaries(
    workspace: Path, expected: dict[str, Any]
) -> None:
    before = continuation.training_history(workspace, "paused")
    assert before[-1]["step"] == PAUSED_STEP
    assert continuation.continue_paused_and_predict(workspace) == expected["predictions"]
    assert_continued(before, continuation.training_history(workspace, "paused"), expected["paused"])
    (checkpoint,) = (workspace / "models" / "paused" / "checkpoints").glob("checkpoint-*")
    weights, wanted = load_file(checkpoint / "trained.safetensors"), load_file(EXPECTED_WEIGHTS)
    assert weights.keys() == wanted.keys()
    differences = {name: float(abs(weights[name] - wanted[name]).max()) for name in wanted}
    assert max(differences.values()) < WEIGHT_TOLERANCE, differences


def test_service_lists_the_workspace_and_resumes_its_paused_job(
    service: Service, workspace: Path, expected: dict[str, Any]
) -> None:
    jobs = {job["kind"]: job["state"] for job in service.call("GET", "/api/jobs")["jobs"]}
    assert jobs == {"dataset": "succeeded", "training": "paused"}
    datasets = {
        dataset["name"]: dataset["error"] for dataset in service.call("GET", "/api/datasets")["datasets"]
    }
    assert datasets == {"half": None, "whole": None}
    models = {model["name"]: model for model in service.call("GET", "/api/models")["models"]}
    assert models.keys() == {"finished", "paused", "paused_job"}
    assert models["finished"]["complete"]
    before = continuation.training_history(workspace, "paused_job")
    job = continuation.resume_job(service)
    assert job["state"] == "succeeded", job["error"]
    after = continuation.training_history(workspace, "paused_job")
    assert_continued(before, after, expected["paused_job"])
