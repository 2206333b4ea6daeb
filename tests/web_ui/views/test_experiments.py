"""The table of experiments over HTTP: rows, what changed since, and what users note about jobs."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from data.store.events import EVENTS, EventLog
from data.store.files import write_json
from data.store.workspace import Workspace
from tests.finished_jobs import finish_evaluation, finish_job, finish_training, write_loss
from training.options.config import TrainingConfig
from web_ui.catalog.loss_curve import MAX_POINTS, LossCurve
from web_ui.jobs.annotations import ANNOTATIONS
from web_ui.jobs.job import OUTCOME, STATE, JobState, State
from web_ui.jobs.store import JobStore

HOSTILE = "</script><img src=x onerror=alert(1)>"
TEXTS = ("one text", "another text")


def listed(client: FlaskClient, known: str = "") -> Any:
    answer = client.get(f"/api/experiments?known={known}")
    assert answer.status_code == 200, answer.text
    return answer.get_json()


def annotate(client: FlaskClient, job_id: str, **values: Any) -> Any:
    return client.patch(f"/api/jobs/{job_id}/annotations", json=values)


def test_a_training_is_one_row_with_settings_scores_and_curve(
    client: FlaskClient, workspace: Workspace, dataset: Path
) -> None:
    job = finish_training(
        workspace, TEXTS, "train", dataset="demo", output="mine", preset="low_memory", learning_rate=3e-4
    )
    write_loss(workspace, job, num_steps=1000)
    [row] = listed(client)["experiments"]
    expected = {
        "id": job.id,
        "kind": "training",
        "title": "mine",
        "dataset": "demo",
        "preset": "low_memory",
        "learning_rate": 3e-4,
        "step": 300,
        "train_loss": 0.75,
        "eval_loss": 0.875,
        "validation_rouge_l": 0.25,
        "run_s": 61.0,
    }
    assert {name: row[name] for name in expected} == expected
    score = row["score"]
    assert (score["split"], score["num_samples"]) == ("train", 2)
    assert score["low"] <= score["rouge_l"] <= score["high"]
    assert score["lead_3"] is not None
    assert len(row["loss_steps"]) == len(row["loss_values"]) == MAX_POINTS
    assert (row["loss_steps"][0], row["loss_steps"][-1]) == (10, 1000)
    assert row["loss_values"] == sorted(row["loss_values"], reverse=True)


def test_evaluations_are_rows_and_other_jobs_are_not(
    client: FlaskClient, workspace: Workspace, dataset: Path
) -> None:
    client.post("/api/dataset/generate", json={"name": "new", "source": {"kind": "sample"}})
    values = {"model": "mine", "dataset": "demo", "split": "train", "blank_pages": True}
    finish_evaluation(workspace, "scored", TEXTS, **values)
    [row] = listed(client)["experiments"]
    assert (row["kind"], row["model"], row["split"], row["blank_pages"]) == (
        "evaluation",
        "mine",
        "train",
        True,
    )
    assert row["loss_values"] == []


def test_a_running_training_shows_what_it_measured_last(client: FlaskClient, workspace: Workspace) -> None:
    job = JobStore(workspace).create("training", TrainingConfig(dataset="demo", output="mine"))
    folder = workspace.jobs / job.id
    state = JobState(state=State.RUNNING, attempts=1, started=job.created)
    write_json(folder / STATE, state.model_dump(mode="json"))
    log = EventLog(folder / EVENTS)
    log.append("metric", step=10, values={"train_loss": 2.0, "eval_loss": 1.5})
    first = listed(client)
    log.append("metric", step=20, values={"train_loss": 1.0})
    second = listed(client, first["revision"])
    [row] = second["experiments"]
    assert (second["is_whole"], row["step"], row["train_loss"], row["eval_loss"]) == (False, 20, 1.0, 1.5)
    assert listed(client, second["revision"])["experiments"] == []


def test_a_page_that_knows_an_answer_gets_only_what_changed(
    client: FlaskClient, make_client: Callable[..., FlaskClient], workspace: Workspace
) -> None:
    config = TrainingConfig(dataset="demo", output="mine")
    jobs = [finish_job(workspace, "training", config, {}) for _ in range(3)]
    known = listed(client)["revision"]
    assert listed(client, known) == {"revision": known, "is_whole": False, "experiments": []}
    annotate(make_client(), jobs[1].id, is_starred=True)  # by the other service
    changed = listed(client, known)
    assert [row["id"] for row in changed["experiments"]] == [jobs[1].id]
    client.delete(f"/api/jobs/{jobs[0].id}")
    whole = listed(client, changed["revision"])
    assert whole["is_whole"]
    assert [row["id"] for row in whole["experiments"]] == [jobs[2].id, jobs[1].id]
    assert listed(client, "another-service-9")["is_whole"]


def test_notes_change_field_by_field_and_survive_a_restart(
    client: FlaskClient, make_client: Callable[..., FlaskClient], workspace: Workspace
) -> None:
    job = finish_job(workspace, "training", TrainingConfig(dataset="demo", output="mine"), {})
    assert annotate(client, job.id, name=HOSTILE, tags=["a b", "x", "x"]).status_code == 200
    annotate(client, job.id, note="line\nline")
    expected = {"name": HOSTILE, "tags": ["a b", "x"], "note": "line\nline", "is_starred": False}
    [row] = listed(make_client())["experiments"]
    assert (row["annotations"], row["title"]) == (expected, "mine")
    assert annotate(client, job.id, name=" ").get_json()["name"] is None


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": "x" * 121}, "name"),
        ({"name": "two\nlines"}, "name"),
        ({"tags": ["a,b"]}, "tags.0"),
        ({"tags": [" "]}, "tags.0"),
        ({"tags": [str(number) for number in range(21)]}, "tags"),
        ({"note": "x" * 4001}, "note"),
        ({"is_starred": "often"}, "is_starred"),
        ({"title": "x"}, "title"),
    ],
)
def test_notes_that_are_too_long_or_of_another_kind_are_refused(
    client: FlaskClient, workspace: Workspace, values: dict[str, Any], field: str
) -> None:
    job = finish_job(workspace, "training", TrainingConfig(dataset="demo", output="mine"), {})
    answer = annotate(client, job.id, **values)
    assert answer.status_code == 422
    assert list(answer.get_json()["error"]["fields"]) == [field]
    assert not (workspace.jobs / job.id / ANNOTATIONS).exists()


def test_notes_about_a_job_that_is_gone_are_refused(client: FlaskClient) -> None:
    assert annotate(client, "20200101-000000-0000", note="x").status_code == 404


def test_damaged_notes_hide_no_row_and_are_not_overwritten(client: FlaskClient, workspace: Workspace) -> None:
    job = finish_job(workspace, "training", TrainingConfig(dataset="demo", output="mine"), {})
    path = workspace.jobs / job.id / ANNOTATIONS
    path.write_text('{"tags": 5}')
    assert listed(client)["experiments"][0]["annotations"]["tags"] == []
    error = annotate(client, job.id, note="x").get_json()["error"]
    assert (error["code"], ANNOTATIONS in error["message"]) == ("storage_failed", True)
    assert path.read_text() == '{"tags": 5}'


@pytest.mark.parametrize(
    "result",
    [
        {"table": 5},
        {"table": [{"rougeL": "high"}]},
        {"table": [{"rougeL": 0.5}], "intervals": [5]},
        {"table": [{"rougeL": 0.5}], "intervals": [{"rougeL": [0.1]}], "metrics": []},
    ],
)
def test_a_damaged_result_hides_no_row(
    client: FlaskClient, workspace: Workspace, result: dict[str, Any]
) -> None:
    config = TrainingConfig(dataset="demo", output="mine")
    job = finish_job(workspace, "training", config, {})
    outcome = json.loads((workspace.jobs / job.id / OUTCOME).read_text())
    write_json(workspace.jobs / job.id / OUTCOME, {**outcome, "result": result})
    [row] = listed(client)["experiments"]
    assert (row["score"] or {}).get("low") is None


def test_the_curve_of_a_large_log_is_read_in_blocks_and_goes_back_with_the_training(tmp_path: Path) -> None:
    path = tmp_path / EVENTS
    steps = [*range(1, 6001), *range(3001, 9001)]
    line = '{{"kind":"metric","step":{step},"values":{{"train_loss":{loss},"grad_norm":1.25}}}}\n'
    path.write_text("".join(line.format(step=step, loss=1 / step) for step in steps) + '{"kind":"metric","st')
    curve = LossCurve.read(path, ["grad_norm"])
    assert list(curve.steps) == sorted(curve.steps)
    assert MAX_POINTS / 2 < len(curve.steps) <= MAX_POINTS
    assert (curve.steps[-1], curve.latest) == (9000, {"grad_norm": 1.25})


@pytest.mark.parametrize(
    "text",
    ["", "{", '{"kind":"metric","step":"1","values":{"train_loss":1}}\n', '{"metric":{"train_loss":1}}\n'],
)
def test_a_damaged_log_has_no_curve(tmp_path: Path, text: str) -> None:
    (tmp_path / EVENTS).write_text(text)
    assert LossCurve.read(tmp_path / EVENTS) == LossCurve()
    assert LossCurve.read(tmp_path / "none") == LossCurve()
