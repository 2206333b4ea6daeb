"""Uploads are whole or absent, of a plain name, and no larger than allowed."""

import itertools
import shutil
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from data.store.workspace import Workspace
from web_ui.views.sources import CHUNK_BYTES, RESERVED_BYTES

BYTES = "application/octet-stream"


def put(client: FlaskClient, name: str, content: bytes, content_type: str = BYTES) -> Any:
    return client.put(f"/api/uploads/{name}", data=content, content_type=content_type)


def test_a_file_is_stored_and_listed(client: FlaskClient, workspace: Workspace) -> None:
    answer = put(client, "papers.jsonl", b"{}\n")
    assert (answer.status_code, answer.get_json()) == (
        201,
        {"path": "upload:papers.jsonl", "name": "papers.jsonl", "size_bytes": 3},
    )
    assert workspace.upload("papers.jsonl").read_bytes() == b"{}\n"
    assert client.get("/api/uploads").get_json() == {"uploads": [answer.get_json()]}


def test_several_files_are_one_source_with_the_splits_that_they_name(client: FlaskClient) -> None:
    for split, word in (("train", "one"), ("test", "two")):
        answer = put(
            client, f"news/{split}.jsonl", f'{{"document": "{word}", "summary": "short"}}\n'.encode()
        )
        assert answer.get_json()["path"] == "upload:news"
    assert [(item["path"], item["name"]) for item in client.get("/api/uploads").get_json()["uploads"]] == [
        ("upload:news", "news")
    ]
    source = {"kind": "files", "path": "upload:news"}
    assert client.post("/api/dataset/inspect", json={"source": source}).get_json()["splits"] == [
        "train",
        "test",
    ]
    assert put(client, "news", b"x").status_code == 409
    assert [client.delete("/api/uploads/news").status_code for _ in range(2)] == [204, 404]


@pytest.mark.parametrize("name", ["../x.txt", "news/../x.txt", ".news/x.txt", "news/.x.txt", "news/x/y.txt"])
def test_a_folder_leads_nowhere_else(client: FlaskClient, workspace: Workspace, name: str) -> None:
    assert put(client, name, b"x").status_code in (404, 405, 422)
    assert not list(workspace.uploads.rglob("*.txt"))


@pytest.mark.parametrize("path", ["upload:papers.jsonl", "{uploads}/papers.jsonl", "{uploads}"])
def test_a_file_that_a_job_is_to_read_is_not_deleted(
    client: FlaskClient, workspace: Workspace, path: str
) -> None:
    put(
        client,
        "papers.jsonl",
        b'{"document": "one", "summary": "short"}\n{"document": "two", "summary": "short"}\n',
    )
    source = {"kind": "files", "path": path.format(uploads=workspace.uploads)}
    config = {"name": "papers", "source": source, "validation_fraction": 0, "test_fraction": 0}
    assert client.post("/api/dataset/generate", json=config).status_code == 202
    assert client.delete("/api/uploads/papers.jsonl").status_code == 409


def test_a_file_can_be_deleted_once(client: FlaskClient, workspace: Workspace) -> None:
    put(client, "papers.jsonl", b"{}\n")
    assert [client.delete("/api/uploads/papers.jsonl").status_code for _ in range(2)] == [204, 404]
    assert not list(workspace.uploads.iterdir())


def test_a_file_larger_than_a_json_body_may_be_arrives_whole(
    client: FlaskClient, workspace: Workspace
) -> None:
    content = bytes(range(256)) * 20_000
    put(client, "large.parquet", content)
    assert workspace.upload("large.parquet").read_bytes() == content


def test_too_large_a_file_is_refused_and_the_earlier_one_stays(
    make_client: Callable[..., FlaskClient], workspace: Workspace
) -> None:
    client = make_client(max_upload_bytes=100)
    put(client, "a.txt", b"earlier")
    assert put(client, "a.txt", b"x" * 101).status_code == 413
    assert [path.name for path in workspace.uploads.iterdir()] == ["a.txt"]
    assert workspace.upload("a.txt").read_bytes() == b"earlier"


def test_an_empty_file_is_refused(client: FlaskClient, workspace: Workspace) -> None:
    assert put(client, "a.txt", b"").get_json()["error"]["code"] == "invalid_input"
    assert not list(workspace.uploads.iterdir())


def test_a_file_sent_as_a_form_would_is_refused(client: FlaskClient) -> None:
    assert put(client, "a.txt", b"x", "text/plain").status_code == 415


@pytest.mark.parametrize("name", ["a b.txt", ".hidden", "a..b", "ümlaut.txt", "x" * 97, "-a"])
def test_a_name_that_is_not_plain_is_refused(client: FlaskClient, workspace: Workspace, name: str) -> None:
    assert put(client, name, b"x").status_code == 422
    assert not list(workspace.uploads.iterdir())


@pytest.mark.parametrize("looks", [0, 1, 2])
def test_a_file_for_which_the_disk_has_no_room_or_none_any_more_is_refused(
    client: FlaskClient, workspace: Workspace, monkeypatch: pytest.MonkeyPatch, looks: int
) -> None:
    free = itertools.chain([1 << 40] * looks, itertools.repeat(RESERVED_BYTES))
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(1, 1, next(free)))  # type: ignore[attr-defined]
    assert put(client, "a.txt", b"x" * (CHUNK_BYTES + 1)).get_json()["error"]["code"] == "storage_failed"
    assert not list(workspace.uploads.iterdir())
