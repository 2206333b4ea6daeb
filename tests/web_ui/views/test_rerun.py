"""Running a job again: the same settings, an output of its own."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from data.store.files import write_json
from data.store.workspace import Workspace
from tests.web_ui.conftest import SAMPLE, TINY_CONFIG
from web_ui.jobs.job import STATE, JobState, State, now


@pytest.fixture
def ended(client: FlaskClient, workspace: Workspace) -> Callable[..., str]:
    """Return a function that creates a job and lets it end."""

    def make(path: str, body: dict[str, Any], state: State = State.CANCELLED) -> str:
        job = client.post(path, json=body).get_json()
        values = JobState(state=state, attempts=1, started=now(), ended=now()).model_dump(mode="json")
        write_json(workspace.jobs / job["id"] / STATE, values)
        return str(job["id"])

    return make


def again(client: FlaskClient, job_id: str) -> dict[str, Any]:
    answer = client.post(f"/api/jobs/{job_id}/again")
    assert answer.status_code == 202, answer.get_json()
    job: dict[str, Any] = answer.get_json()
    assert answer.headers["Location"].endswith(job["id"])
    return job


def without(config: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in config.items() if key != name}


def test_a_dataset_is_made_again_under_the_next_free_name(
    client: FlaskClient, workspace: Workspace, ended: Callable[..., str]
) -> None:
    first = ended("/api/dataset/generate", {**SAMPLE, "name": "news-2"})
    workspace.dataset("news-3").mkdir()
    before = client.get(f"/api/jobs/{first}").get_json()["config"]
    workspace.dataset("news-2").mkdir()
    jobs = [again(client, first), again(client, first)]
    assert [job["config"]["name"] for job in jobs] == ["news-4", "news-5"]
    assert without(jobs[0]["config"], "name") == without(before, "name")


@pytest.mark.parametrize("state", [State.SUCCEEDED, State.FAILED, State.CANCELLED])
def test_a_training_in_each_state_that_ends_runs_again(
    client: FlaskClient, dataset: Path, ended: Callable[..., str], state: State
) -> None:
    body = {"dataset": "demo", "output": "mine", "learning_rate": 0.003}
    job = again(client, ended("/api/model/train", body, state))
    assert (job["config"]["output"], job["config"]["learning_rate"]) == ("mine-2", 0.003)


def test_an_evaluation_gets_an_output_of_its_own(
    client: FlaskClient, workspace: Workspace, dataset: Path, ended: Callable[..., str]
) -> None:
    model = workspace.model("trained") / "model"
    model.mkdir(parents=True)
    write_json(model / "config.json", TINY_CONFIG)
    first = ended("/api/model/evaluate", {"model": "trained", "dataset": "demo", "output": "named"})
    job = again(client, first)
    assert job["config"]["output"] is None  # the id of the job


def test_a_job_that_has_not_ended_is_not_run_again(client: FlaskClient) -> None:
    job_id = client.post("/api/dataset/generate", json=SAMPLE).get_json()["id"]
    error = client.post(f"/api/jobs/{job_id}/again")
    assert (error.status_code, error.get_json()["error"]["code"]) == (409, "conflict")
    assert client.post("/api/jobs/20261128-000000-0000/again").status_code == 404


def test_a_deleted_dataset_is_named(client: FlaskClient, dataset: Path, ended: Callable[..., str]) -> None:
    job_id = ended("/api/model/train", {"dataset": "demo", "output": "mine"})
    dataset.rename(dataset.with_name("other"))
    error = client.post(f"/api/jobs/{job_id}/again").get_json()["error"]
    assert "demo" in error["message"]
