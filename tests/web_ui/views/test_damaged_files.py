"""Files of ours that hold JSON of another shape: the one thing is shown as damaged, with why; lists stay
whole; nothing is answered by a 5xx that says nothing."""

import json
import shutil
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from data.store.events import EVENTS
from data.store.files import write_json
from data.store.workspace import Workspace
from tests.web_ui.conftest import SAMPLE, TINY_CONFIG
from web_ui.jobs.job import CONTROL, OUTCOME, STATE, Control, JobState, Outcome, State, now

NESTED = "[" * 100_000
SHAPES = ["[]", "[1]", '"x"', "3", "null", "{}", "", "{", NESTED, '{"a":' * 100_000, "[[[]]]", "\udcff"]
OTHERS: tuple[object, ...] = ([], "x", -3.5, None)
REPORT = {"model": "demo", "dataset": "demo", "split": "test", "scores": {}}
METRICS = {"step": 1, "loss": 2.5, "best_eval_loss": None}
SETTINGS = {"model": "tiny", "dataset": "demo", "output": "run"}
EVENT = {"seq": 1, "time": now(), "kind": "progress", "done": 1, "total": 4, "unit": "samples", "counts": {}}


@pytest.fixture
def world(client: FlaskClient, workspace: Workspace, dataset: Path) -> Workspace:
    """Put two datasets, two models and three jobs into the workspace; the second of each stays whole."""
    shutil.copytree(dataset, workspace.dataset("whole"))
    for name in ("run", "whole"):
        folder = workspace.model(name)
        (folder / "model").mkdir(parents=True)
        write_json(folder / "model" / "config.json", TINY_CONFIG)
        write_json(folder / "training_config.json", SETTINGS)
        write_json(folder / "metrics.json", METRICS)
        write_json(folder / "metrics_history.json", [METRICS])
        write_json(folder / "report.json", REPORT)
    for path, body in (
        ("/api/dataset/generate", {**SAMPLE, "name": "other"}),
        ("/api/model/predict", {"model": "tiny", "dataset": "demo", "split": "test"}),
        ("/api/model/evaluate", {"model": "tiny", "dataset": "demo"}),
    ):
        job = client.post(path, json=body).get_json()
        folder = workspace.jobs / job["id"]
        ended = JobState(state=State.SUCCEEDED, attempts=1, started=now(), ended=now())
        outcome = Outcome(
            attempt=1, status="succeeded", ended=now(), result={"folder": str(workspace.models)}
        )
        for name, file in ((STATE, ended), (OUTCOME, outcome), (CONTROL, Control())):
            write_json(folder / name, file.model_dump(mode="json"))
        (folder / EVENTS).write_text(json.dumps(EVENT) + "\n")
    write_json(workspace.runners / "cpu.json", {"pid": 1, "time": now()})
    return workspace


def files(workspace: Workspace) -> list[Path]:
    job = sorted(path for path in workspace.jobs.iterdir() if path.name[0] != ".")[0]
    found = [workspace.dataset("demo") / "manifest.json", *workspace.model("run").rglob("*.json")]
    return [
        *found,
        *(job / name for name in ("request.json", STATE, OUTCOME, CONTROL, EVENTS)),
        *workspace.runners.glob("*.json"),
    ]


def addresses(workspace: Workspace) -> Iterator[str]:
    yield from ("/api/datasets", "/api/models", "/api/jobs", "/api/system", "/api/uploads", "/metrics")
    for name in ("demo", "whole"):
        yield from (f"/api/datasets/{name}", f"/api/datasets/{name}/pages/train/0/1.png")
    for name in ("run", "whole"):
        yield f"/api/models/{name}"
    for job in workspace.jobs.iterdir():
        yield from (
            f"/api/jobs/{job.name}{path}" for path in ("", "/events", "/log", "/artifacts", "/preview.png")
        )


def variants(value: Any) -> Iterator[Any]:
    """Yield `value` with each of its parts left out, and replaced by each other kind of value."""
    for key in list(value) if isinstance(value, dict) else range(len(value)):
        for other in OTHERS:
            changed = deepcopy(value)
            changed[key] = other
            yield changed
        if isinstance(value, dict):
            yield {name: part for name, part in value.items() if name != key}
        if isinstance(value[key], dict | list):
            for part in variants(value[key]):
                changed = deepcopy(value)
                changed[key] = part
                yield changed


def require_explained(answer: TestResponse) -> None:
    """Fail unless an answer is right, or says which file is damaged."""
    assert answer.status_code < 500 or answer.get_json()["error"]["code"] == "storage_failed", answer.text


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: ascii(shape)[:12])
def test_a_file_of_another_shape_spoils_nothing_else(
    shape: str, client: FlaskClient, world: Workspace
) -> None:
    for path in files(world):
        whole = path.read_bytes()
        path.write_bytes(shape.encode(errors="surrogateescape"))
        answers = {address: client.get(address) for address in addresses(world)}
        for answer in answers.values():
            require_explained(answer)
        for kind, name in (("datasets", "demo"), ("models", "run")):
            shown = {each["name"]: each for each in answers[f"/api/{kind}"].get_json()[kind]}
            assert shown.keys() == {name, "whole"}
            assert shown["whole"]["error"] is None
        assert answers["/api/jobs"].get_json()["total"] == 3
        path.write_bytes(whole)


@pytest.mark.parametrize("name", ["manifest.json", "config.json", "training_config.json", "metrics.json"])
def test_a_field_of_another_kind_is_shown_as_damage(name: str, client: FlaskClient, world: Workspace) -> None:
    (path,) = [path for path in files(world) if path.name == name]
    kind, single = ("datasets", "demo") if name == "manifest.json" else ("models", "run")
    num_damaged = 0
    for variant in variants(json.loads(path.read_bytes())):
        path.write_text(json.dumps(variant))
        listed, details = client.get(f"/api/{kind}"), client.get(f"/api/{kind}/{single}")
        assert listed.status_code == 200
        assert len(listed.get_json()[kind]) == 2
        require_explained(details)
        error = listed.get_json()[kind][0]["error"]
        assert error is None or name in error["message"]
        num_damaged += error is not None
    assert num_damaged > 0


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: ascii(shape)[:12])
def test_no_job_is_made_from_damaged_files(shape: str, client: FlaskClient, world: Workspace) -> None:
    write_json(world.model("run") / "run.json", {"run": "x", "phase": "training"})
    requests = [
        ("train", {"dataset": "demo", "model": "tiny", "output": "run"}),
        ("train", {"dataset": "demo", "model": "run", "output": "new"}),
        ("evaluate", {"dataset": "demo", "model": "run"}),
        ("estimate", {"dataset": "demo", "model": "run"}),
    ]
    for path in [path for path in files(world) if "jobs" not in path.parts]:
        whole = path.read_bytes()
        path.write_bytes(shape.encode(errors="surrogateescape"))
        for kind, body in requests:
            answer = client.post(f"/api/model/{kind}", json=body)
            require_explained(answer)
        path.write_bytes(whole)
