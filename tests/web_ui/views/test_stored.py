"""A stored dataset or model without its job: card, files, one file to download."""

import io
import os
import tarfile
import tracemalloc
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from data.store.files import write_json
from data.store.workspace import Workspace
from tests.web_ui.conftest import TINY_CONFIG
from web_ui.catalog import outputs

HOSTILE = "# <script>alert(1)</script> & <img src=x onerror=alert(2)>\n"


@pytest.fixture
def model(workspace: Workspace) -> Path:
    folder = workspace.model("mine")
    (folder / "model").mkdir(parents=True)
    (folder / "checkpoints" / "checkpoint-2").mkdir(parents=True)
    (folder / "checkpoints" / "checkpoint-2" / "weights.bin").write_bytes(b"w" * 100)
    write_json(folder / "model" / "config.json", TINY_CONFIG)
    (folder / "model" / "model.safetensors").write_bytes(bytes(range(256)) * 9000)
    (folder / "model" / "README.md").write_text(HOSTILE)
    return folder


def test_a_dataset_made_by_command_has_card_size_date_and_files(client: FlaskClient, dataset: Path) -> None:
    card = client.get("/api/stored/datasets/demo").get_json()
    assert (card["name"], card["complete"]) == ("demo", True)
    assert "demo" in card["card"]
    assert card["size_bytes"] == sum(path.stat().st_size for path in dataset.rglob("*") if path.is_file())
    assert card["modified"].startswith("20")
    files = {file["path"]: file for file in client.get("/api/stored/datasets/demo/files").get_json()["files"]}
    assert client.get(files["manifest.json"]["url"]).data == (dataset / "manifest.json").read_bytes()


def test_a_card_stays_text(client: FlaskClient, model: Path) -> None:
    assert client.get("/api/stored/models/mine").get_json()["card"] == HOSTILE
    answer = client.get("/api/stored/models/mine/files/model/README.md")
    assert (answer.mimetype, "attachment" in answer.headers["Content-Disposition"]) == ("text/plain", True)


def test_a_model_is_one_tar_file_of_the_announced_length(client: FlaskClient, model: Path) -> None:
    answer = client.get("/api/stored/models/mine/archive.tar")
    assert answer.mimetype == "application/x-tar"
    assert answer.headers["Content-Disposition"] == "attachment; filename=mine.tar"
    announced = client.get("/api/stored/models/mine").get_json()["archive_bytes"]
    assert len(answer.data) == int(answer.headers["Content-Length"]) == announced
    with tarfile.open(fileobj=io.BytesIO(answer.data)) as archive:
        names = archive.getnames()
        weights = archive.extractfile("mine/model.safetensors")
        assert weights is not None
        assert weights.read() == (model / "model" / "model.safetensors").read_bytes()
    assert names == ["mine/README.md", "mine/config.json", "mine/model.safetensors"]


def test_a_list_of_files_has_an_end_and_an_archive_holds_them_all(
    client: FlaskClient, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outputs, "MAX_FILES", 2)
    assert len(client.get("/api/stored/models/mine/files").get_json()["files"]) == 2
    with tarfile.open(fileobj=io.BytesIO(client.get("/api/stored/models/mine/archive.tar").data)) as archive:
        assert len(archive.getnames()) == 3


def test_a_model_is_not_deleted_while_it_is_downloaded(client: FlaskClient, model: Path) -> None:
    answer = client.get("/api/stored/models/mine/archive.tar", buffered=False)
    blocks = answer.iter_encoded()
    next(blocks)
    assert client.delete("/api/models/mine").status_code == 409
    answer.close()
    assert client.delete("/api/models/mine").status_code == 204


def test_a_large_model_takes_no_memory(client: FlaskClient, model: Path) -> None:
    size_bytes = 512 << 20
    os.truncate(model / "model" / "model.safetensors", size_bytes)
    tracemalloc.start()
    answer = client.get("/api/stored/models/mine/archive.tar", buffered=False)
    sent_bytes = sum(map(len, answer.iter_encoded()))
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    answer.close()
    assert sent_bytes == answer.content_length > size_bytes
    assert peak_bytes < 16 << 20


def test_a_file_that_shrinks_meanwhile_breaks_the_download_off(client: FlaskClient, model: Path) -> None:
    answer = client.get("/api/stored/models/mine/archive.tar", buffered=False)
    blocks = answer.iter_encoded()
    next(blocks)
    (model / "model" / "model.safetensors").write_bytes(b"short")
    with pytest.raises(Exception, match="changed while it was read"):
        list(blocks)
    answer.close()


@pytest.mark.parametrize(
    "path",
    [
        "models/nothing",
        "models/%2e%2e",
        "datasets/..%2fjobs",
        "evaluations/mine",
        "models/mine/files/..%2f..%2fjobs",
        "models/mine/files/%2e%2e/%2e%2e/secret",
        "models/mine/files/nothing",
        "models/nothing/archive.tar",
    ],
)
def test_what_is_not_stored_is_refused_with_a_reason(client: FlaskClient, model: Path, path: str) -> None:
    answer = client.get(f"/api/stored/{path}")
    assert answer.status_code in (400, 404, 422)
    assert answer.get_json()["error"]["message"]


def test_an_unfinished_model_has_nothing_to_download(client: FlaskClient, workspace: Workspace) -> None:
    workspace.model("half").mkdir()
    assert client.get("/api/stored/models/half").get_json()["archive_bytes"] == 0
    answer = client.get("/api/stored/models/half/archive.tar")
    assert (answer.status_code, "nothing to download" in answer.get_json()["error"]["message"]) == (404, True)


@pytest.mark.parametrize("address", ["/datasets/demo", "/models/mine", "/models/deepseek-ai/DeepSeek-OCR"])
def test_each_has_a_page(client: FlaskClient, address: str) -> None:
    assert client.get(address).status_code == 200


def test_a_publication_is_a_job_that_keeps_the_model(client: FlaskClient, model: Path) -> None:
    answer = client.post("/api/model/publish", json={"model": "mine", "repo_id": "me/reader"})
    assert answer.status_code == 202
    job = answer.get_json()
    assert (job["title"], job["config"]["private"]) == ("mine to the Hub", True)
    assert client.delete("/api/models/mine").status_code == 409
    made_from = client.get(f"/api/jobs/{job['id']}/lineage").get_json()["made_from"]
    assert [item["name"] for item in made_from] == ["mine"]


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("model", {"model": "nothing"}),
        ("model", {"model": "mine", "repo_id": "no name"}),
        ("model", {"model": "mine", "token": "hf_secret"}),
        ("dataset", {"dataset": "nothing"}),
    ],
)
def test_a_publication_that_cannot_succeed_makes_no_job(
    client: FlaskClient, model: Path, kind: str, body: dict[str, str]
) -> None:
    answer = client.post(f"/api/{kind}/publish", json=body)
    assert answer.status_code in (400, 404, 422)
    assert answer.get_json()["error"]["fields"]
    assert client.get("/api/jobs").get_json()["total"] == 0
