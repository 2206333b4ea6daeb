"""Links that lead in a circle, and names that no file can have: refused by name; lists go on without them."""

import copy
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from data.store.workspace import Workspace
from tests.web_ui.conftest import SAMPLE

LONG, DEEP = "x" * 300, "/".join(["abc"] * 2000)
DAMAGED_JOB = "20260102-000000-aaaa"
MODEL = {"dataset": "demo", "model": "tiny"}
FILES = {"kind": "files", "path": ""}
FIELDS: list[tuple[str, dict[str, Any], str]] = [
    ("/api/dataset/generate", SAMPLE, "name"),
    ("/api/dataset/generate", {**SAMPLE, "name": "new", "source": FILES}, "source.path"),
    ("/api/dataset/inspect", {"source": FILES}, "source.path"),
    ("/api/dataset/preview", {"config": {**SAMPLE, "source": FILES}}, "source.path"),
    ("/api/model/train", MODEL, "dataset"),
    ("/api/model/train", MODEL, "model"),
    ("/api/model/train", MODEL, "output"),
    ("/api/model/evaluate", MODEL, "model"),
    ("/api/model/evaluate", {**MODEL, "text_model_revision": "x"}, "text_model"),
    ("/api/model/predict", {"model": "tiny", "inputs": [""]}, "inputs.0"),
    ("/api/model/predict", {**MODEL, "split": "test"}, "output"),
    ("/api/model/estimate", MODEL, "model"),
]


@pytest.fixture
def service(make_client: Callable[..., FlaskClient], dataset: Path) -> FlaskClient:
    return make_client(max_changes_per_minute=0, max_unfinished_jobs=10**6)


@pytest.fixture
def circles(workspace: Workspace) -> Workspace:
    """Put links that lead to themselves wherever a name may lead."""
    (workspace.model("run") / "model").mkdir(parents=True)
    (workspace.uploads / "folder").mkdir()
    (workspace.jobs / DAMAGED_JOB).mkdir()
    folders = (workspace.root, workspace.datasets, workspace.models, workspace.uploads, workspace.predictions)
    for folder in (*folders, workspace.uploads / "folder"):
        make_circle(folder / "circle")
    for name in ("request.json", "state.json", "events.jsonl", "log.txt", "outcome.json", "control.json"):
        make_circle(workspace.jobs / DAMAGED_JOB / name)
    make_circle(workspace.jobs / "20260101-000000-aaaa")
    make_circle(workspace.model("run") / "model" / "config.json")
    make_circle(workspace.model("run") / "metrics.json")
    return workspace


def make_circle(path: Path) -> None:
    path.symlink_to(path.name)


def with_value(body: dict[str, Any], field: str, value: str) -> dict[str, Any]:
    changed = copy.deepcopy(body)
    if field == "inputs.0":
        changed["inputs"] = [value]
    elif field == "source.path":
        changed.get("config", changed)["source"]["path"] = value
    else:
        changed[field] = value
    return changed


@pytest.mark.parametrize(("path", "body", "field"), FIELDS)
def test_a_value_that_leads_into_a_circle_or_is_too_long_is_refused(
    path: str, body: dict[str, Any], field: str, service: FlaskClient, circles: Workspace
) -> None:
    values = ["circle", f"/{LONG}", f"/{DEEP}", "upload:circle", f"upload:{LONG}", f"./{LONG}", "~nobody/x"]
    values += [str(circles.root / name) for name in ("circle", "models/circle", LONG, DEEP, "circle/x")]
    for value in [*values, f"owner/{LONG}", LONG, DEEP, "/\ud800", "\ud800"]:
        answer = service.post(path, json=with_value(body, field, value))
        if answer.status_code not in (200, 202):  # some of them are a good name of something new
            assert answer.status_code == 422, (value[:50], answer.text)
            assert len(answer.get_json()["error"]["message"]) < 1000


def test_no_address_is_answered_by_a_server_error(service: FlaskClient, circles: Workspace) -> None:
    names = ("circle", LONG, "run", "folder", "~nobody", "20260101-000000-aaaa", DAMAGED_JOB)
    for rule in service.application.url_map.iter_rules():
        for name in names if rule.arguments else ():
            numbers = re.sub(r"<int:\w+>", "1", rule.rule)
            address = re.sub(r"<[^>]+>", name, numbers)
            for method in sorted((rule.methods or set()) - {"OPTIONS", "HEAD", "DELETE"}):
                answer = service.open(
                    address, method=method, data=b"x", content_type="application/octet-stream"
                )
                fault = answer.get_json()["error"] if answer.status_code >= 500 else None
                assert not fault or "run/metrics.json" in fault["message"], (method, address)


def test_lists_go_on_without_circles(service: FlaskClient, circles: Workspace) -> None:
    (circles.uploads / "whole.txt").write_text("A text.")
    uploads = service.get("/api/uploads").get_json()["uploads"]
    assert [upload["name"] for upload in uploads] == ["folder", "whole.txt"]
    assert [each["name"] for each in service.get("/api/datasets").get_json()["datasets"]] == ["demo"]
    assert [each["name"] for each in service.get("/api/models").get_json()["models"]] == ["run"]
    assert [job["id"] for job in service.get("/api/jobs").get_json()["jobs"]] == [DAMAGED_JOB]
    assert service.get("/api/system").status_code == 200


def test_a_job_whose_files_are_circles_can_be_deleted(service: FlaskClient, circles: Workspace) -> None:
    assert service.delete(f"/api/jobs/{DAMAGED_JOB}").status_code == 204
