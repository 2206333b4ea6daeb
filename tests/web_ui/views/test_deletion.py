"""Deleting datasets and models over HTTP: whole or not at all, never while a job needs them, never anything
else."""

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from flask.testing import FlaskClient

from data.store.files import write_json
from data.store.workspace import Workspace
from data.store.writer import hold_writer_lock
from tests.machine import other_disk
from tests.web_ui.conftest import SAMPLE, TINY_CONFIG
from training.inputs.dataset import open_dataset
from web_ui.jobs.store import JobStore

TRAVERSALS = [
    "..",
    "../jobs",
    "..%2fjobs",
    "%2e%2e%2fjobs",
    "....//jobs",
    "demo%2f..%2fdemo",
    "/etc",
    "%2fetc",
    ".",
    "de%00mo",
    "linked",
    "out",
]


@pytest.fixture
def model(workspace: Workspace) -> Path:
    folder = workspace.model("mine")
    (folder / "model").mkdir(parents=True)
    write_json(folder / "model" / "config.json", TINY_CONFIG)
    return folder


def conflict(client: FlaskClient, path: str) -> str:
    answer = client.delete(path)
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (409, "conflict"), answer.text
    return str(answer.get_json()["error"]["message"])


def test_a_deleted_dataset_is_gone_and_its_name_free(
    client: FlaskClient, dataset: Path, workspace: Workspace
) -> None:
    workspace.latest_page("demo").write_bytes(b"page")
    assert len(open_dataset(workspace, "demo").split("train"))
    assert list(workspace.arrow_cache("demo").rglob("*.arrow"))
    answer = client.delete("/api/datasets/demo")
    assert (answer.status_code, answer.data) == (204, b"")
    gone = (dataset, workspace.latest_page("demo"), workspace.arrow_cache("demo"))
    assert (any(path.exists() for path in gone), list(workspace.trash.iterdir())) == (False, [])
    assert (
        client.get("/api/datasets/demo").status_code == client.delete("/api/datasets/demo").status_code == 404
    )
    assert client.post("/api/dataset/generate", json={**SAMPLE, "seed": 7}).status_code == 202


def test_a_damaged_dataset_can_be_deleted(client: FlaskClient, dataset: Path) -> None:
    (dataset / "manifest.json").write_text("{")
    assert client.delete("/api/datasets/demo").status_code == 204


def test_a_deleted_model_is_gone(client: FlaskClient, model: Path, workspace: Workspace) -> None:
    assert client.delete("/api/models/mine").status_code == 204
    assert (model.exists(), list(workspace.trash.iterdir())) == (False, [])
    error = client.delete("/api/models/mine").get_json()["error"]
    assert (error["code"], error["hint"]) == ("not_found", "None exists yet.")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/dataset/generate", SAMPLE),
        ("/api/model/train", {"dataset": "demo"}),
        ("/api/model/find-lr", {"dataset": "demo"}),
        ("/api/model/evaluate", {"dataset": "demo", "model": "tiny"}),
        ("/api/model/predict", {"dataset": "demo", "model": "tiny"}),
    ],
)
def test_a_dataset_that_a_job_needs_stays_until_the_job_is_gone(
    client: FlaskClient, dataset: Path, workspace: Workspace, path: str, body: dict[str, Any]
) -> None:
    job = client.post(path, json=body).get_json()
    assert job["id"] in conflict(client, "/api/datasets/demo")
    assert (dataset / "manifest.json").exists()
    JobStore(workspace).delete(job["id"])
    assert client.delete("/api/datasets/demo").status_code == 204


def test_what_a_command_writes_stays(
    client: FlaskClient, dataset: Path, model: Path, workspace: Workspace
) -> None:
    with hold_writer_lock(workspace, "dataset", "demo"), hold_writer_lock(workspace, "model", "mine"):
        conflict(client, "/api/datasets/demo")
        conflict(client, "/api/models/mine")
    assert (
        client.delete("/api/datasets/demo").status_code
        == client.delete("/api/models/mine").status_code
        == 204
    )


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/model/train", {"output": "mine"}),
        ("/api/model/train", {"model": "mine", "output": "other"}),
        ("/api/model/train", {"model": "{models}/mine/model", "output": "other"}),
        ("/api/model/evaluate", {"model": "mine"}),
    ],
)
def test_a_model_that_a_job_needs_stays(
    client: FlaskClient, dataset: Path, model: Path, workspace: Workspace, path: str, body: dict[str, str]
) -> None:
    values = {name: value.format(models=workspace.models) for name, value in body.items()}
    job = client.post(path, json={"dataset": "demo", **values}).get_json()
    assert job["id"] in conflict(client, "/api/models/mine")
    assert model.exists()


def test_jobs_on_others_do_not_hold_a_dataset_or_model(
    client: FlaskClient, dataset: Path, model: Path
) -> None:
    client.post("/api/dataset/generate", json={**SAMPLE, "name": "mine"})
    client.post("/api/model/train", json={"dataset": "demo", "output": "demo"})
    assert client.delete("/api/models/mine").status_code == 204


@pytest.mark.parametrize("kind", ["datasets", "models"])
def test_nothing_else_is_deleted(
    client: FlaskClient, dataset: Path, model: Path, workspace: Workspace, kind: str
) -> None:
    (workspace.root / kind / "linked").symlink_to({"datasets": dataset, "models": model}[kind])
    (workspace.root / kind / "out").symlink_to(workspace.root.parent)
    before = sorted(workspace.root.rglob("*"))
    answers = {name: client.delete(f"/api/{kind}/{name}").status_code for name in TRAVERSALS}
    assert {name: status for name, status in answers.items() if status not in (400, 404, 405, 422)} == {}
    assert sorted(workspace.root.rglob("*")) == before


@pytest.mark.parametrize(("kind", "name"), [("datasets", "demo"), ("models", "mine")])
def test_what_lies_on_another_disk_is_deleted(
    client: FlaskClient, dataset: Path, model: Path, workspace: Workspace, kind: str, name: str
) -> None:
    with TemporaryDirectory(dir=other_disk(workspace.root)) as elsewhere:
        shutil.copytree(workspace.root / kind, elsewhere, dirs_exist_ok=True)
        shutil.rmtree(workspace.root / kind)
        (workspace.root / kind).symlink_to(elsewhere)
        assert client.delete(f"/api/{kind}/{name}").status_code == 204
        assert [path.name for path in Path(elsewhere).rglob("*")] == [".trash"]
        assert client.get(f"/api/{kind}").get_json()[kind] == []
