"""Requests for jobs that wait for others, and the demo, which is such a chain."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from data.store.files import write_json
from data.store.workspace import Workspace
from tests.web_ui.conftest import SAMPLE
from web_ui.jobs.job import STATE, JobState, State, now

TRAINING = {"dataset": "demo", "model": "tiny", "output": "mine"}


def make(client: FlaskClient, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = client.post(path, json=body)
    assert answer.status_code == 202, answer.get_json()
    job: dict[str, Any] = answer.get_json()
    return job


def refusal(client: FlaskClient, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    answer = client.post(path, json=body)
    return answer.status_code, answer.get_json()["error"]


def test_a_whole_chain_is_queued_before_anything_is_made(client: FlaskClient) -> None:
    dataset = make(client, "/api/dataset/generate", SAMPLE)
    training = make(client, f"/api/model/train?after={dataset['id']}", TRAINING)
    evaluation = make(
        client,
        f"/api/model/evaluate?after={dataset['id']},{training['id']}",
        {"model": "mine", "dataset": "demo"},
    )
    assert training["after"] == [dataset["id"]]
    assert training["waits_for"] == [
        {"id": dataset["id"], "title": "demo", "state": "queued", "progress": None}
    ]
    assert [job["title"] for job in evaluation["waits_for"]] == ["demo", "mine"]


def test_what_does_not_come_from_the_jobs_waited_for_is_still_checked(client: FlaskClient) -> None:
    dataset = make(client, "/api/dataset/generate", {**SAMPLE, "rendering": {"mode": "base"}})
    path = f"/api/model/train?after={dataset['id']}"
    status, error = refusal(client, path, TRAINING)
    assert (status, error["fields"]) == (422, {"model": "does not read pages of 1024 px (mode base)"})
    status, error = refusal(client, path, {**TRAINING, "dataset": "other"})
    assert (status, error["fields"]) == (422, {"dataset": "no such dataset"})


@pytest.mark.parametrize(
    ("state", "status", "words"),
    [(None, 422, "no such job"), (State.CANCELLED, 409, "has ended (cancelled)")],
)
def test_a_job_that_cannot_succeed_is_not_waited_for(
    client: FlaskClient, workspace: Workspace, state: State | None, status: int, words: str
) -> None:
    job_id = "20260101-000000-abcd"
    if state is not None:
        job_id = make(client, "/api/dataset/generate", SAMPLE)["id"]
        values = JobState(state=state, attempts=1, started=now(), ended=now()).model_dump(mode="json")
        write_json(workspace.jobs / job_id / STATE, values)
    answered, error = refusal(client, f"/api/model/train?after={job_id}", TRAINING)
    assert (answered, error["fields"]) == (status, {"after": words})


def test_ids_of_another_form_are_refused(client: FlaskClient) -> None:
    status, error = refusal(client, "/api/model/train?after=../x", TRAINING)
    assert (status, list(error["fields"])) == (422, ["after"])


def test_the_demo_is_queued_once(client: FlaskClient) -> None:
    first, second = (client.post("/api/demo", json={}).get_json() for _ in range(2))
    assert second == first
    assert first["training"]["waits_for"] == [
        {"id": first["dataset"]["id"], "title": "demo_news", "state": "queued", "progress": None}
    ]
    assert len(client.get("/api/jobs").get_json()["jobs"]) == 2
