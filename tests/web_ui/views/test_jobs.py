"""Jobs over HTTP: create, list, follow, control, delete, and every refusal in one shape."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from data.store.events import EventLog
from data.store.workspace import Workspace
from tests.web_ui.conftest import SAMPLE


def create(client: FlaskClient, name: str = "demo", **headers: str) -> dict[str, Any]:
    answer = client.post("/api/dataset/generate", json={**SAMPLE, "name": name}, headers=headers)
    assert answer.status_code == 202, answer.text
    return dict(answer.get_json())


def error_of(answer: Any, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    error = answer.get_json()["error"]
    assert set(error) == {"code", "message", "hint", "fields"}
    assert error["message"]
    return dict(error)


def test_creating_answers_202_with_the_job_and_its_address(client: FlaskClient) -> None:
    answer = client.post("/api/dataset/generate", json=SAMPLE)
    job = answer.get_json()
    assert (answer.status_code, answer.headers["Location"]) == (202, f"/api/jobs/{job['id']}")
    assert (job["kind"], job["role"], job["state"], job["config"]["max_samples"]) == (
        "dataset",
        "cpu",
        "queued",
        4,
    )
    assert client.get(answer.headers["Location"]).get_json() == job


def test_a_repeated_request_with_its_key_gets_the_same_job(client: FlaskClient) -> None:
    first, second = (create(client, **{"Idempotency-Key": "once"}) for _ in range(2))
    assert first["id"] == second["id"]
    assert client.get("/api/jobs").get_json()["total"] == 1


def test_a_repeated_request_is_no_new_one_whatever_has_changed_since(
    make_client: Callable[..., FlaskClient], workspace: Workspace
) -> None:
    client = make_client(max_unfinished_jobs=1)
    workspace.upload("a.jsonl").write_text('{"document": "A text.", "summary": "It."}\n')
    body = {"name": "demo", "source": {"kind": "files", "path": "upload:a.jsonl"}}
    first = client.post("/api/dataset/generate", json=body, headers={"Idempotency-Key": "once"})
    workspace.upload("a.jsonl").unlink()
    again = client.post("/api/dataset/generate", json=body, headers={"Idempotency-Key": "once"})
    assert (again.status_code, again.get_json()["id"]) == (202, first.get_json()["id"])
    assert error_of(
        client.post("/api/dataset/generate", json=SAMPLE, headers={"Idempotency-Key": "new"}), 429
    )


def test_a_key_used_for_another_request_is_a_conflict(client: FlaskClient) -> None:
    create(client, **{"Idempotency-Key": "once"})
    answer = client.post(
        "/api/dataset/generate", json={**SAMPLE, "name": "other"}, headers={"Idempotency-Key": "once"}
    )
    assert error_of(answer, 409)["code"] == "conflict"


def test_a_key_that_is_no_visible_text_is_refused(client: FlaskClient) -> None:
    answer = client.post("/api/dataset/generate", json=SAMPLE, headers={"Idempotency-Key": "x" * 129})
    assert "Idempotency-Key" in error_of(answer, 422)["fields"]


def test_the_list_is_paged_newest_first_and_filtered(client: FlaskClient) -> None:
    ids = [create(client, f"set-{number}")["id"] for number in range(3)]
    client.post(f"/api/jobs/{ids[0]}/cancel")
    page = client.get("/api/jobs?kind=dataset&offset=1&limit=1").get_json()
    assert (page["total"], page["offset"], page["limit"], len(page["jobs"])) == (3, 1, 1, 1)
    assert client.get("/api/jobs?kind=training").get_json()["total"] == 0
    assert [job["title"] for job in client.get("/api/jobs?search=SET-1").get_json()["jobs"]] == ["set-1"]


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=100000", "offset=-1", "state=asleep", "colour=red", "limit=ten"]
)
def test_a_wrong_query_names_its_field(client: FlaskClient, query: str) -> None:
    assert list(error_of(client.get(f"/api/jobs?{query}"), 422)["fields"]) == [query.partition("=")[0]]


def test_events_are_read_from_an_offset_on(client: FlaskClient, workspace: Workspace) -> None:
    job_id = create(client)["id"]
    log = EventLog(workspace.jobs / job_id / "events.jsonl")
    log.append("message", text="one", level="info")
    first = client.get(f"/api/jobs/{job_id}/events").get_json()
    log.append("message", text="two", level="info")
    second = client.get(f"/api/jobs/{job_id}/events?offset={first['next_offset']}").get_json()
    assert [event["text"] for event in (*first["events"], *second["events"])] == ["one", "two"]


def test_the_log_is_read_from_an_offset_on(client: FlaskClient, workspace: Workspace) -> None:
    job_id = create(client)["id"]
    (workspace.jobs / job_id / "log.txt").write_text("one\ntwo\n")
    assert client.get(f"/api/jobs/{job_id}/log?offset=4").get_json() == {"text": "two\n", "next_offset": 8}
    assert client.get(f"/api/jobs/{job_id}/log?offset=-3").get_json() == {"text": "wo\n", "next_offset": 8}


def test_a_cancelled_job_cannot_be_resumed(client: FlaskClient) -> None:
    job_id = create(client)["id"]
    assert client.post(f"/api/jobs/{job_id}/cancel").get_json()["desired"] == "cancel"
    assert error_of(client.post(f"/api/jobs/{job_id}/resume"), 409)["code"] == "conflict"


def test_pause_and_resume_say_what_is_wanted(client: FlaskClient) -> None:
    job_id = create(client)["id"]
    assert client.post(f"/api/jobs/{job_id}/pause").get_json()["desired"] == "pause"
    assert client.post(f"/api/jobs/{job_id}/resume").get_json()["desired"] == "run"


def test_a_deleted_job_is_gone(client: FlaskClient) -> None:
    job_id = create(client)["id"]
    assert client.delete(f"/api/jobs/{job_id}").status_code == 204
    error_of(client.get(f"/api/jobs/{job_id}"), 404)


@pytest.mark.parametrize("path", ["", "/events", "/log", "/artifacts", "/artifacts/a.txt", "/preview.png"])
def test_a_job_that_does_not_exist_is_not_found(client: FlaskClient, path: str) -> None:
    assert error_of(client.get(f"/api/jobs/20260101-000000-0000{path}"), 404)["code"] == "not_found"


def test_only_so_many_jobs_may_be_unfinished(make_client: Callable[..., FlaskClient]) -> None:
    client = make_client(max_unfinished_jobs=1)
    create(client)
    answer = client.post("/api/dataset/generate", json={**SAMPLE, "name": "second"})
    assert error_of(answer, 429)["code"] == "too_many_requests"


def test_an_address_that_does_not_exist_is_not_found(client: FlaskClient) -> None:
    assert error_of(client.get("/api/nothing"), 404)["code"] == "not_found"


def test_a_method_that_an_address_lacks_is_named_with_those_it_has(client: FlaskClient) -> None:
    answer = client.put("/api/jobs")
    assert error_of(answer, 405)["code"] == "method_not_allowed"
    assert "GET" in answer.headers["Allow"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"3",
        b'{"name": NaN}',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"seed": ' + b"9" * 5000 + b"}",
    ],
)
def test_a_body_that_is_no_json_object_is_a_bad_request(client: FlaskClient, body: bytes) -> None:
    assert (
        error_of(client.post("/api/dataset/generate", data=body, content_type="application/json"), 400)[
            "code"
        ]
        == "bad_request"
    )


def test_a_large_body_is_refused(client: FlaskClient) -> None:
    answer = client.post("/api/dataset/generate", json={"name": "x" * (1 << 20)})
    assert error_of(answer, 413)["code"] == "too_large"


def test_a_damaged_job_hides_no_other(client: FlaskClient, workspace: Workspace) -> None:
    damaged, whole = (create(client, name)["id"] for name in ("damaged", "whole"))
    (workspace.jobs / damaged / "request.json").write_text("{")
    jobs = {job["id"]: job for job in client.get("/api/jobs").get_json()["jobs"]}
    assert jobs[damaged]["error"]["code"] == "storage_failed"
    assert jobs[whole]["error"] is None
