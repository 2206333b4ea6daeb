"""What was made from what, both ways: from jobs, and from folders whose jobs are gone."""

import time
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from data.store.files import write_json
from data.store.workspace import Workspace
from tests.web_ui.conftest import TINY_CONFIG
from training.options.run_folder import CONFIG, EVALUATION_CONFIG
from web_ui.jobs.job import REQUEST, Request, now


@pytest.fixture
def model(workspace: Workspace) -> Path:
    """A training by command: it has no job."""
    folder = workspace.model("mine")
    (folder / "model").mkdir(parents=True)
    write_json(folder / "model" / "config.json", TINY_CONFIG)
    write_json(folder / CONFIG, {"dataset": "demo", "model": "tiny"})
    return folder


def lineage(client: FlaskClient, collection: str, name: str) -> dict[str, Any]:
    answer = client.get("/api/lineage", query_string={"collection": collection, "name": name})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.get_json()
    return found


def names(items: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(item["collection"], item["name"]) for item in items]


def test_folders_without_jobs_are_linked_both_ways(
    client: FlaskClient, workspace: Workspace, dataset: Path, model: Path
) -> None:
    scores = workspace.evaluation("scores")
    scores.mkdir()
    write_json(scores / EVALUATION_CONFIG, {"dataset": "demo", "model": str(model / "checkpoints")})
    found = lineage(client, "models", "mine")
    assert names(found["made_from"]) == [("datasets", "demo"), ("models", "tiny")]
    assert names(found["used_by"]) == [("evaluations", "scores")]
    assert all(item["is_stored"] and item["job_id"] is None for item in found["made_from"])
    assert set(names(lineage(client, "datasets", "demo")["used_by"])) == {
        ("models", "mine"),
        ("evaluations", "scores"),
    }
    assert names(lineage(client, "models", "tiny")["used_by"]) == [("models", "mine")]


def test_jobs_are_linked_from_the_dataset_to_the_summaries(
    client: FlaskClient, dataset: Path, model: Path
) -> None:
    bodies: dict[str, dict[str, Any]] = {
        "train": {"dataset": "demo", "model": "mine", "output": "next"},
        "evaluate": {"dataset": "demo", "model": "mine"},
        "predict": {"dataset": "demo", "model": "mine"},
    }
    ids = {
        path: client.post(f"/api/model/{path}", json=body).get_json()["id"] for path, body in bodies.items()
    }
    used = lineage(client, "models", "mine")["used_by"]
    assert {item["job_id"] for item in used} == set(ids.values())
    assert [item["collection"] for item in used] == ["predictions", "evaluations", "models"]  # newest first
    for job_id in ids.values():
        made_from = client.get(f"/api/jobs/{job_id}/lineage").get_json()["made_from"]
        assert names(made_from) == [("datasets", "demo"), ("models", "mine")]
    result = lineage(client, "models", "next")["result"]
    assert (result["job_id"], result["is_stored"]) == (ids["train"], False)


def test_what_is_deleted_is_named_as_gone(client: FlaskClient, dataset: Path, model: Path) -> None:
    dataset.rename(dataset.with_name("other"))
    (gone, _) = lineage(client, "models", "mine")["made_from"]
    assert (gone["name"], gone["is_stored"]) == ("demo", False)


def test_a_model_of_a_private_folder_is_not_named(client: FlaskClient, model: Path) -> None:
    write_json(model / CONFIG, {"dataset": "demo", "model": "/home/somebody/model"})
    assert names(lineage(client, "models", "mine")["made_from"]) == [("datasets", "demo")]


@pytest.mark.parametrize(
    "content", [b"{", b"[]", b'{"dataset": 3, "model": {"a": 1}}', b'{"dataset": "a\\u0000"}']
)
def test_a_damaged_configuration_breaks_no_other_lineage(
    client: FlaskClient, workspace: Workspace, dataset: Path, model: Path, content: bytes
) -> None:
    damaged = workspace.model("damaged")
    damaged.mkdir()
    (damaged / CONFIG).write_bytes(content)
    assert lineage(client, "models", "damaged")["used_by"] == []
    assert names(lineage(client, "datasets", "demo")["used_by"]) == [("models", "mine")]


def test_a_thousand_jobs_are_answered_fast(client: FlaskClient, workspace: Workspace, dataset: Path) -> None:
    for number in range(1000):
        job_id = f"20261101-000000-{number:04x}"
        config = {"dataset": "demo", "model": "tiny", "output": f"run{number}"}
        request = Request(id=job_id, kind="training", role="gpu", created=now(), config=config)
        (workspace.jobs / job_id).mkdir()
        write_json(workspace.jobs / job_id / REQUEST, request.model_dump(mode="json"))
    assert len(lineage(client, "datasets", "demo")["used_by"]) == 1000
    started_s = time.monotonic()
    assert len(lineage(client, "datasets", "demo")["used_by"]) == 1000
    assert time.monotonic() - started_s < 1  # 0.1 s on an idle machine
