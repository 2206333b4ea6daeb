"""Looks before a job: real pages with their numbers, real rows with suggestions; nothing written, nothing
endless."""

import base64
import io
import json
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any

import pytest
from flask.testing import FlaskClient
from PIL import Image

from data.config import FilesSource
from data.store.workspace import Workspace
from tests.machine import require_tesseract
from tests.web_ui.conftest import HOST, SAMPLE
from web_ui.api import checks, previews

PAPERS = [
    {"body": f"A long story number {number}. " * 100, "abstract": "Short.", "year": 2020}
    for number in range(30)
]


@pytest.fixture
def papers(workspace: Workspace) -> dict[str, Any]:
    workspace.upload("papers.jsonl").write_text("".join(json.dumps(paper) + "\n" for paper in PAPERS))
    return {"kind": "files", "path": "upload:papers.jsonl"}


def files_in(workspace: Workspace) -> set[str]:
    return {str(path) for path in workspace.root.rglob("*")}


def test_a_preview_draws_pages_and_writes_nothing(client: FlaskClient, workspace: Workspace) -> None:
    before = files_in(workspace)
    answer = client.post("/api/dataset/preview", json={"config": SAMPLE, "num_documents": 2})
    first, second = answer.get_json()["documents"]
    page = Image.open(io.BytesIO(base64.b64decode(first["pages"][0]["png_base64"])))
    assert (page.size, first["num_vision_tokens"], first["num_pages"]) == ((320, 320), 25, 1)
    assert first["text"] != second["text"]
    assert files_in(workspace) == before


def test_a_seed_chooses_other_documents(client: FlaskClient) -> None:
    config = {**SAMPLE, "max_samples": 1000}
    texts = {
        seed: client.post(
            "/api/dataset/preview", json={"config": config, "num_documents": 1, "random_seed": seed}
        ).get_json()["documents"][0]["text"]
        for seed in (None, 1, 2)
    }
    assert len(set(texts.values())) == 3


def test_documents_are_previewed_in_the_styles_that_the_dataset_gives_them(client: FlaskClient) -> None:
    rendering = {"mode": "tiny", "vary": "font_size_px: 10, 20; margin_px: 4 to 40"}
    config = {**SAMPLE, "max_samples": 1000, "rendering": rendering}
    styles = []
    for seed in (None, 1):
        body = {"config": config, "num_documents": 8, "random_seed": seed}
        for document in client.post("/api/dataset/preview", json=body).get_json()["documents"]:
            styles.append(document["style"])
            assert document["font_size_px"] == document["style"]["font_size_px"]
    assert {style["font_size_px"] for style in styles} == {10, 20}
    assert len({style["margin_px"] for style in styles}) > 8
    plain = client.post("/api/dataset/preview", json={"config": SAMPLE, "num_documents": 1}).get_json()
    assert plain["documents"][0]["style"] == {}


def test_a_smaller_mode_holds_the_document_in_every_style(
    client: FlaskClient, papers: dict[str, Any]
) -> None:
    def smaller_mode(**rendering: str | int) -> Any:
        columns = {"document": "body", "summary": "abstract"}
        config = {"name": "papers", "source": papers, "columns": columns, "rendering": rendering}
        answer = client.post("/api/dataset/preview", json={"config": config, "num_documents": 1})
        return answer.get_json()["documents"][0]["smaller_mode"]

    assert smaller_mode(mode="large")["mode"] == "tiny"
    assert smaller_mode(mode="large", font_size_px=20)["mode"] == "base"
    assert smaller_mode(mode="large", vary="font_size_px: 10, 20")["mode"] == "base"


def test_a_style_that_cannot_vary_is_refused_beside_its_field(client: FlaskClient) -> None:
    config = {**SAMPLE, "rendering": {"mode": "tiny", "vary": "font_family: DejaVu Sans, Comic Unicorn"}}
    for path, body in (("preview", {"config": config}), ("generate", config)):
        answer = client.post(f"/api/dataset/{path}", json=body)
        assert answer.status_code == 422
        assert answer.get_json()["error"]["fields"] == {
            "rendering.vary": "There is no font family 'Comic Unicorn' on this machine"
        }


def test_pages_are_read_back_when_asked(client: FlaskClient, workspace: Workspace) -> None:
    require_tesseract()
    body = {
        "config": {"name": "demo", "source": {"kind": "sample"}, "rendering": {"mode": "tiny"}},
        "num_documents": 1,
    }
    before = files_in(workspace)
    assert client.post("/api/dataset/preview", json=body).get_json()["legibility"] is None
    legibility = client.post("/api/dataset/preview", json=body | {"legibility": True}).get_json()[
        "legibility"
    ]
    assert (legibility["num_documents"], legibility["character_error_rate"] < 0.01) == (1, True)
    assert legibility["num_characters"] > 1000
    assert files_in(workspace) == before


def test_without_tesseract_a_reading_says_what_to_install(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    answer = client.post(
        "/api/dataset/preview", json={"config": SAMPLE, "num_documents": 1, "legibility": True}
    )
    error = answer.get_json()["error"]
    assert (answer.status_code, error["code"], error["hint"]) == (
        503,
        "unavailable",
        "apt-get install tesseract-ocr",
    )


def test_one_reading_at_a_time(client: FlaskClient) -> None:
    with previews._ocr_lock:
        answer = client.post("/api/dataset/preview", json={"config": SAMPLE, "legibility": True})
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (429, "too_many_requests")


def test_looks_leave_threads_for_other_answers(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(previews, "_preview_slots", BoundedSemaphore(1))
    body = {"config": SAMPLE, "num_documents": 1}
    with previews._preview_slots:
        assert client.post("/api/dataset/preview", json=body).status_code == 429
    assert [client.post("/api/dataset/preview", json=body).status_code for _ in range(2)] == [200, 200]


def test_a_newer_look_ends_the_older_one_and_a_child_knows_no_service_secret(
    client: FlaskClient, papers: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first look would take a minute: its Hub takes the connection and says nothing."""
    monkeypatch.setenv("DEEPSYNTH_API_TOKEN", "a-secret-of-the-service")
    monkeypatch.setattr(checks, "MAX_QUICK_BYTES", 0)
    with socket.create_server(("127.0.0.1", 0)) as silent, ThreadPoolExecutor() as pool:
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{silent.getsockname()[1]}")
        source = {"kind": "hub", "id": "news/slow"}
        first = pool.submit(
            client.application.test_client().post,
            "/api/dataset/inspect",
            json={"source": source},
            base_url=f"http://{HOST}",
        )
        connection, _ = silent.accept()
        child = previews._inspection_process._process
        assert child
        environment = Path(f"/proc/{child.pid}/environ").read_bytes()
        second = client.post("/api/dataset/inspect", json={"source": papers})
        assert (first.result(30).status_code, second.status_code) == (429, 200)
        connection.close()
    assert b"HF_ENDPOINT" in environment
    assert b"a-secret-of-the-service" not in environment


def test_a_document_of_many_pages_shows_the_first_ones(client: FlaskClient, papers: dict[str, Any]) -> None:
    rendering = {"mode": "tiny", "font_size_px": 40, "max_pages": 256}
    config = {
        "name": "demo",
        "source": papers,
        "columns": {"document": "body", "summary": "abstract"},
        "rendering": rendering,
    }
    document = client.post("/api/dataset/preview", json={"config": config, "num_documents": 1}).get_json()[
        "documents"
    ][0]
    assert document["num_pages"] > len(document["pages"]) == previews.MAX_SHOWN_PAGES


def test_an_inspection_shows_rows_and_suggests_columns(client: FlaskClient, papers: dict[str, Any]) -> None:
    inspection = client.post("/api/dataset/inspect", json={"source": papers}).get_json()
    assert inspection["columns"] == ["body", "abstract", "year"]
    assert inspection["suggestion"] == {"document": "body", "summary": "abstract", "id": None}
    assert inspection["rows"][0]["year"] == "2020"


def test_a_large_source_is_looked_at_in_a_process_of_its_own(
    client: FlaskClient, papers: dict[str, Any], workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = client.post("/api/dataset/inspect", json={"source": papers}).get_json()
    assert checks.is_quick_to_open(FilesSource(**papers), workspace)
    (workspace.uploads / "packed.CSV.GZ").write_bytes(b"may unpack to a thousand times its size")
    assert not [
        path
        for path in ("upload:packed.CSV.GZ", str(workspace.uploads))
        if checks.is_quick_to_open(FilesSource(path=path), workspace)
    ]
    monkeypatch.setattr(checks, "MAX_QUICK_BYTES", 0)
    assert client.post("/api/dataset/inspect", json={"source": papers}).get_json() == here
    config = {"name": "demo", "source": papers, "columns": {"document": "bdy"}}
    error = client.post("/api/dataset/preview", json={"config": config}).get_json()["error"]
    assert (error["code"], list(error["fields"])) == ("unknown_name", ["columns.document"])


def test_a_source_that_does_not_answer_in_time_is_given_up(
    client: FlaskClient, papers: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "MAX_QUICK_BYTES", 0)
    monkeypatch.setattr(previews, "TIMEOUT_S", 0.01)
    error = client.post("/api/dataset/inspect", json={"source": papers}).get_json()["error"]
    assert (error["code"], "did not answer" in error["message"]) == ("source_failed", True)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("preview", {"config": {"name": "x", "source": {"kind": "files", "path": "/etc/passwd"}}}),
        ("inspect", {"source": {"kind": "files", "path": "/etc/passwd"}}),
    ],
)
def test_a_look_outside_the_workspace_is_refused(
    client: FlaskClient, path: str, body: dict[str, Any]
) -> None:
    assert client.post(f"/api/dataset/{path}", json=body).get_json()["error"]["code"] == "unsafe_path"


def test_a_hub_that_cannot_be_reached_is_said_without_words_of_a_job(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    config = {"name": "far", "source": {"kind": "hub", "id": "news/none"}}
    error = client.post("/api/dataset/preview", json={"config": config}).get_json()["error"]
    hint = "Check the network of this machine, then try again."
    assert (error["code"], error["message"], error["hint"]) == (
        "hub_unreachable",
        "127.0.0.1 cannot be reached.",
        hint,
    )
