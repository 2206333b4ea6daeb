"""No request reads, writes or removes a file outside the workspace, however its path is written."""

from pathlib import Path

import pytest
from flask.testing import FlaskClient

from data.store.workspace import Workspace
from tests.web_ui.conftest import SAMPLE

SECRET = "canary-outside-the-workspace"
TRAVERSALS = [
    "../secret.txt",
    "..%2fsecret.txt",
    "%2e%2e/secret.txt",
    "%2e%2e%2fsecret.txt",
    "%252e%252e%252fsecret.txt",
    "..%252fsecret.txt",
    "....//secret.txt",
    "..%5csecret.txt",
    "%2fetc%2fpasswd",
    "/etc/passwd",
    "secret.txt%00",
    "%00",
    "link.txt",
    "folder/../../secret.txt",
    "%c0%ae%c0%ae/secret.txt",
    ".hidden",
]
ADDRESSES = [
    "/api/jobs/{}",
    "/api/jobs/{}/log",
    "/api/jobs/{}/events",
    "/api/jobs/{}/preview.png",
    "/api/datasets/{}",
    "/api/datasets/{}/pages/train/0/1.png",
    "/api/datasets/demo/pages/{}/0/1.png",
    "/api/models/{}",
    "/api/metrics/{}",
    "/static/{}",
    "/static/any/{}",
]


@pytest.fixture
def traps(workspace: Workspace) -> Workspace:
    """Put a secret file beside the workspace, and links to the file into each folder."""
    secret = workspace.root.parent / "secret.txt"
    secret.write_text(SECRET)
    for folder in (workspace.root, workspace.jobs, workspace.datasets, workspace.models, workspace.uploads):
        (folder / "link.txt").symlink_to(secret)
        (folder / "linked").symlink_to(secret.parent)
    return workspace


@pytest.mark.parametrize("address", ADDRESSES)
def test_nothing_outside_is_read(client: FlaskClient, traps: Workspace, address: str) -> None:
    answers = {name: client.get(address.format(name)) for name in TRAVERSALS}
    assert {
        name: answer.status_code
        for name, answer in answers.items()
        if answer.status_code not in (400, 404, 422)
    } == {}
    assert not [name for name, answer in answers.items() if SECRET in answer.text]


def test_nothing_outside_is_removed_or_written(client: FlaskClient, traps: Workspace) -> None:
    secret = traps.root.parent / "secret.txt"
    for name in TRAVERSALS:
        assert client.delete(f"/api/jobs/{name}").status_code in (400, 404, 405, 422)
        assert client.delete(f"/api/uploads/{name}").status_code in (400, 404, 405, 422)
        client.put(f"/api/uploads/{name}", data=b"overwritten", content_type="application/octet-stream")
    assert secret.read_text() == SECRET
    assert {path.name for path in traps.root.parent.iterdir()} == {"secret.txt", traps.root.name}


def test_an_artifact_is_inside_the_output_of_its_job(client: FlaskClient, traps: Workspace) -> None:
    job_id = client.post("/api/dataset/generate", json=SAMPLE).get_json()["id"]
    folder = traps.datasets / "demo"
    folder.mkdir()
    (folder / "README.md").write_text("whole")
    (folder / "link.txt").symlink_to(traps.root.parent / "secret.txt")
    assert client.get(f"/api/jobs/{job_id}/artifacts/README.md").text == "whole"
    statuses = {name: client.get(f"/api/jobs/{job_id}/artifacts/{name}").status_code for name in TRAVERSALS}
    assert set(statuses.values()) <= {404, 422}
    assert [file["path"] for file in client.get(f"/api/jobs/{job_id}/artifacts").get_json()["artifacts"]] == [
        "README.md"
    ]


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd",
        "../secret.txt",
        "secret.txt",
        "~/x.txt",
        "upload:../secret.txt",
        "upload:/etc/passwd",
        "upload:link.txt",
        "a\0b",
        "linked",
        "http://169.254.169.254/latest",
        "file:///etc/passwd",
    ],
)
def test_a_source_outside_the_workspace_is_refused(client: FlaskClient, traps: Workspace, path: str) -> None:
    body = {"name": "demo", "source": {"kind": "files", "path": path}}
    for address, asked in (
        ("/api/dataset/generate", body),
        ("/api/model/predict", {"model": "tiny", "inputs": [path]}),
    ):
        answer = client.post(address, json=asked)
        assert (answer.status_code, answer.get_json()["error"]["code"]) == (422, "unsafe_path")
        assert SECRET not in answer.text
    assert client.get("/api/jobs").get_json()["total"] == 0


def test_a_link_in_the_workspace_does_not_lead_out_of_it(client: FlaskClient, traps: Workspace) -> None:
    source = {"kind": "files", "path": str(traps.root / "linked" / "secret.txt")}
    assert client.post("/api/dataset/generate", json={"name": "demo", "source": source}).status_code == 422


@pytest.mark.parametrize(
    "output", ["../out", "/tmp/out", "a/b", "..", "a..b", ".hidden", "", "a\0b", "x" * 97, "linked"]
)
def test_an_output_name_stays_inside_the_workspace(
    client: FlaskClient, traps: Workspace, output: str
) -> None:
    for path, body in (
        ("/api/dataset/generate", {**SAMPLE, "name": output}),
        ("/api/model/train", {"dataset": "demo", "output": output}),
    ):
        assert client.post(path, json=body).status_code == 422
    assert client.get("/api/jobs").get_json()["total"] == 0


@pytest.mark.parametrize(
    "model",
    [
        "/etc",
        "../model",
        "~/model",
        "./model",
        "link.txt",
        "linked",
        "a\0b",
        "demo/checkpoints/../../../../etc",
        "http://169.254.169.254/latest",
        "hf://owner/name",
    ],
)
def test_a_model_folder_is_inside_the_workspace(
    client: FlaskClient, traps: Workspace, dataset: Path, model: str
) -> None:
    traps.upload("text.txt").write_text("A text.")
    bodies = [{"dataset": "demo", "model": model}, {"dataset": "demo", "model": "tiny", "text_model": model}]
    answers = [client.post("/api/model/evaluate", json=body) for body in bodies]
    answers.append(client.post("/api/model/predict", json={"inputs": ["upload:text.txt"], "model": model}))
    answers.append(client.post("/api/model/train", json=bodies[0]))
    if model.startswith(("/", ".", "~")):
        answers.append(client.post("/api/model/estimate", json=bodies[0]))
    assert {answer.status_code for answer in answers} == {422}
    assert all("odel" in next(iter(answer.get_json()["error"]["fields"])) for answer in answers), [
        answer.text for answer in answers
    ]
    assert client.get("/api/jobs").get_json()["total"] == 0


def test_a_job_folder_that_is_a_link_is_not_a_job(client: FlaskClient, traps: Workspace) -> None:
    target = traps.root.parent / "elsewhere"
    target.mkdir()
    (target / "log.txt").write_text(SECRET)
    (traps.jobs / "20260101-000000-aaaa").symlink_to(target)
    assert client.get("/api/jobs/20260101-000000-aaaa/log").status_code == 404
    assert client.delete("/api/jobs/20260101-000000-aaaa").status_code == 404
    assert Path(target / "log.txt").exists()
