"""What a job made can be listed and downloaded; nothing of it runs as a page of this site."""

from pathlib import Path

import pytest
from flask.testing import FlaskClient

from data.store.events import EventLog
from data.store.files import write_json
from data.store.workspace import Workspace
from tests.web_ui.conftest import SAMPLE, LocalClient
from web_ui.app import create_app
from web_ui.jobs.job import OUTCOME, STATE, JobState, Outcome, State, now
from web_ui.jobs.progress import EventProgress
from web_ui.settings import Settings


@pytest.fixture
def job_id(client: FlaskClient) -> str:
    return str(client.post("/api/dataset/generate", json=SAMPLE).get_json()["id"])


def test_a_job_without_results_has_none(client: FlaskClient, job_id: str) -> None:
    assert client.get(f"/api/jobs/{job_id}/artifacts").get_json() == {"artifacts": []}


def test_the_finished_files_are_listed_and_download_whole(
    client: FlaskClient, job_id: str, dataset: Path
) -> None:
    (dataset / ".half.partial").write_text("half")
    files = client.get(f"/api/jobs/{job_id}/artifacts").get_json()["artifacts"]
    names = {file["path"] for file in files}
    assert {"manifest.json", "train/shard-00000.parquet"} <= names
    assert not [name for name in names if "half" in name]
    for file in files:
        answer = client.get(file["url"])
        assert len(answer.data) == file["size_bytes"]
        assert answer.headers["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize(
    ("name", "media"),
    [
        ("a.html", "application/octet-stream"),
        ("a.svg", "application/octet-stream"),
        ("a.jsonl", "text/plain"),
        ("a.png", "image/png"),
    ],
)
def test_only_harmless_media_keep_their_type(
    client: FlaskClient, job_id: str, dataset: Path, name: str, media: str
) -> None:
    (dataset / name).write_text("<script>alert(1)</script>")
    answer = client.get(f"/api/jobs/{job_id}/artifacts/{name}")
    assert (answer.mimetype, answer.headers["X-Content-Type-Options"]) == (media, "nosniff")


def test_part_of_a_large_file_can_be_asked_for(client: FlaskClient, job_id: str, dataset: Path) -> None:
    answer = client.get(f"/api/jobs/{job_id}/artifacts/manifest.json", headers={"Range": "bytes=0-0"})
    assert (answer.status_code, answer.data) == (206, b"{")


def test_the_latest_page_is_shown(client: FlaskClient, job_id: str, workspace: Workspace) -> None:
    assert client.get(f"/api/jobs/{job_id}/preview.png").status_code == 404
    log = EventLog(workspace.jobs / job_id / "events.jsonl")
    for name in ("first", "second"):
        (workspace.cache / f"{name}.png").write_bytes(name.encode())
        log.append("preview", path=str(workspace.cache / f"{name}.png"))
    assert client.get(f"/api/jobs/{job_id}/preview.png").data == b"second"


def test_a_job_too_short_to_report_a_page_is_shown_by_its_dataset_s(
    client: FlaskClient, job_id: str, dataset: Path
) -> None:
    (dataset / "example_page.png").write_bytes(b"example")
    assert client.get(f"/api/jobs/{job_id}/preview.png").data == b"example"


@pytest.mark.parametrize(("path", "status"), [("/etc/passwd", 422), (5, 404), (None, 404)])
def test_a_page_outside_the_workspace_is_not_shown(
    client: FlaskClient, job_id: str, workspace: Workspace, path: object, status: int
) -> None:
    EventLog(workspace.jobs / job_id / "events.jsonl").append("preview", path=path)
    assert client.get(f"/api/jobs/{job_id}/preview.png").status_code == status


def test_an_evaluation_lies_where_its_result_says(
    client: FlaskClient, workspace: Workspace, dataset: Path
) -> None:
    job_id = client.post("/api/model/evaluate", json={"dataset": "demo", "model": "tiny"}).get_json()["id"]
    assert client.get(f"/api/jobs/{job_id}/artifacts").get_json() == {"artifacts": []}
    folder = workspace.root / "evaluations" / "tiny-demo-test"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.json").write_text("{}")
    finish(workspace, job_id, {"folder": str(folder)})
    assert [file["path"] for file in client.get(f"/api/jobs/{job_id}/artifacts").get_json()["artifacts"]] == [
        "report.json"
    ]


def test_a_prediction_is_one_file_and_no_other_of_its_folder(
    client: FlaskClient, workspace: Workspace, dataset: Path
) -> None:
    job_id = client.post(
        "/api/model/predict", json={"model": "tiny", "dataset": "demo", "output": "mine.jsonl"}
    ).get_json()["id"]
    folder = workspace.root / "predictions"
    folder.mkdir(exist_ok=True)
    for name in ("mine.jsonl", "other.jsonl"):
        (folder / name).write_text(name)
    finish(workspace, job_id, {"path": str(folder / "mine.jsonl")})
    assert [file["path"] for file in client.get(f"/api/jobs/{job_id}/artifacts").get_json()["artifacts"]] == [
        "mine.jsonl"
    ]
    assert client.get(f"/api/jobs/{job_id}/artifacts/mine.jsonl").text == "mine.jsonl"
    assert client.get(f"/api/jobs/{job_id}/artifacts/other.jsonl").status_code == 404


def finish(workspace: Workspace, job_id: str, result: dict[str, str]) -> None:
    """End a job as its runner and worker would."""
    folder = workspace.jobs / job_id
    write_json(folder / STATE, JobState(state=State.SUCCEEDED, attempts=1).model_dump(mode="json"))
    write_json(
        folder / OUTCOME,
        Outcome(attempt=1, status="succeeded", ended=now(), result=result).model_dump(mode="json"),
    )


def test_files_that_the_page_shows_are_found_by_their_role(client: FlaskClient, workspace: Workspace) -> None:
    job_id = client.post("/api/dataset/generate", json=SAMPLE).get_json()["id"]
    folder = workspace.dataset(SAMPLE["name"])
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("predictions.jsonl", "first_batch.json", "report.json"):
        (folder / name).write_text("{}")
    files = client.get(f"/api/jobs/{job_id}/artifacts").get_json()["artifacts"]
    assert {file["path"]: file["role"] for file in files} == {
        "predictions.jsonl": "predictions",
        "first_batch.json": "first_batch",
        "report.json": None,
    }


@pytest.mark.parametrize("writes_absolute_paths", [True, False])
def test_a_workspace_that_was_moved_shows_its_pages_and_results(
    writes_absolute_paths: bool, workspace: Workspace, dataset: Path, client: FlaskClient, tmp_path: Path
) -> None:
    job_id = client.post("/api/model/evaluate", json={"dataset": "demo", "model": "tiny"}).get_json()["id"]
    folder = workspace.evaluations / "tiny-demo-test"
    folder.mkdir()
    (folder / "report.json").write_text("{}")
    (workspace.cache / "a.png").write_bytes(b"page")
    finish(
        workspace, job_id, {"folder": str(folder) if writes_absolute_paths else workspace.portable(folder)}
    )
    if writes_absolute_paths:
        log = EventLog(workspace.jobs / job_id / "events.jsonl")
        log.append("preview", path=str(workspace.cache / "a.png"))
    else:
        EventProgress(workspace.jobs / job_id).preview(workspace.cache / "a.png")
    moved = workspace.root.rename(tmp_path / "jobs" if writes_absolute_paths else tmp_path / "moved")
    app = create_app(Settings(workspace=moved))
    app.test_client_class = LocalClient
    there = app.test_client()
    assert there.get(f"/api/jobs/{job_id}/preview.png").data == b"page"
    assert there.get(f"/api/jobs/{job_id}/artifacts/report.json").data == b"{}"
    assert there.get(f"/api/jobs/{job_id}").get_json()["result"]["folder"] == str(
        moved / "evaluations" / "tiny-demo-test"
    )


def test_a_job_of_a_folder_on_another_disk_is_shown(
    workspace: Workspace, dataset: Path, client: FlaskClient, tmp_path: Path
) -> None:
    workspace.cache.rmdir()
    (tmp_path / "disk").mkdir()
    workspace.cache.symlink_to(tmp_path / "disk")
    (tmp_path / "disk" / "a.png").write_bytes(b"page")
    job_id = client.post("/api/model/evaluate", json={"dataset": "demo", "model": "tiny"}).get_json()["id"]
    EventProgress(workspace.jobs / job_id).preview((workspace.cache / "a.png").resolve())
    assert client.get(f"/api/jobs/{job_id}/preview.png").data == b"page"
