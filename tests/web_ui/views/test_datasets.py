"""Datasets over HTTP: presets, cheap refusals before a job exists, the list, the manifest and the pages."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from PIL import Image

from data.store.workspace import Workspace
from tests.web_ui.conftest import SAMPLE


def refused(client: FlaskClient, path: str, body: Any, status: int = 422) -> dict[str, Any]:
    """Return the error of a request that must leave no job behind."""
    answer = client.post(path, json=body)
    assert answer.status_code == status, answer.text
    assert client.get("/api/jobs").get_json()["total"] == 0
    return dict(answer.get_json()["error"])


def test_the_five_benchmarks_are_listed_with_licence_and_estimate(client: FlaskClient) -> None:
    presets = {preset["name"]: preset for preset in client.get("/api/datasets/presets").get_json()["presets"]}
    assert set(presets) == {"cnn_dailymail", "xsum", "arxiv", "gigaword", "samsum"}
    assert presets["cnn_dailymail"]["splits"]["train"] == 287_113
    assert presets["samsum"]["licence"] == "cc-by-nc-nd-4.0"
    assert presets["gigaword"]["estimate"]["num_pages"] > presets["samsum"]["estimate"]["num_pages"] > 0


def test_a_benchmark_job_is_its_preset_with_the_changes(client: FlaskClient) -> None:
    body = {"preset": "xsum", "max_samples": 10, "rendering": {"num_columns": 2}}
    config = client.post("/api/benchmark/create", json=body).get_json()["config"]
    assert (config["source"]["id"], config["max_samples"], config["name"]) == (
        "EdinburghNLP/xsum",
        10,
        "xsum-benchmark",
    )
    assert (config["rendering"]["mode"], config["rendering"]["num_columns"]) == ("small", 2)


def test_an_unknown_benchmark_is_answered_with_those_that_exist(client: FlaskClient) -> None:
    error = refused(client, "/api/benchmark/create", {"preset": "xsums"})
    assert error["code"] == "unknown_name"
    assert "samsum" in error["hint"]


def test_a_misspelt_column_is_answered_with_those_that_exist(
    client: FlaskClient, workspace: Workspace
) -> None:
    workspace.upload("papers.jsonl").write_text(json.dumps({"body": "text", "abstract": "short"}) + "\n")
    source = {"kind": "files", "path": "upload:papers.jsonl"}
    error = refused(
        client, "/api/dataset/generate", {"name": "demo", "source": source, "columns": {"document": "bdy"}}
    )
    assert list(error["fields"]) == ["columns.document"]
    assert "body" in error["hint"]


@pytest.mark.parametrize(
    ("name", "content"), [("empty.jsonl", b""), ("broken.parquet", b"PAR1 not really"), ("notes.docx", b"x")]
)
def test_a_source_that_cannot_be_read_is_refused(
    client: FlaskClient, workspace: Workspace, name: str, content: bytes
) -> None:
    workspace.upload(name).write_bytes(content)
    error = refused(
        client,
        "/api/dataset/generate",
        {"name": "demo", "source": {"kind": "files", "path": f"upload:{name}"}},
    )
    assert name in error["message"]


def test_a_source_that_is_not_there_is_refused(client: FlaskClient) -> None:
    error = refused(
        client,
        "/api/dataset/generate",
        {"name": "demo", "source": {"kind": "files", "path": "upload:none.csv"}},
    )
    assert list(error["fields"]) == ["source.path"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"splits": ["dev"]}, "splits"),
        ({"rendering": {"mode": "base", "font_family": "No Such Font"}}, "rendering.font_family"),
        ({"rendering": {"mode": "tiny", "margin_px": 256}}, "rendering.margin_px"),
        ({"max_samples": 10**12}, "max_samples"),
        ({"seed": -1}, "seed"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_what_cannot_work_is_refused_by_field(
    client: FlaskClient, change: dict[str, Any], field: str
) -> None:
    assert list(refused(client, "/api/dataset/generate", {**SAMPLE, **change})["fields"]) == [field]


def test_a_name_taken_by_another_configuration_is_a_conflict(client: FlaskClient, dataset: Path) -> None:
    error = refused(client, "/api/dataset/generate", {**SAMPLE, "seed": 7}, status=409)
    assert "seed" in error["fields"]


def test_datasets_are_listed_and_a_damaged_one_hides_no_other(
    client: FlaskClient, dataset: Path, workspace: Workspace
) -> None:
    (workspace.datasets / "damaged").mkdir()
    (workspace.datasets / "damaged" / "manifest.json").write_text("{")
    (workspace.datasets / "no-dataset").mkdir()
    damaged, whole = client.get("/api/datasets").get_json()["datasets"]
    assert (damaged["name"], damaged["error"]["code"]) == ("damaged", "storage_failed")
    assert (whole["name"], whole["complete"], whole["mode"], whole["splits"]["train"]) == (
        "demo",
        True,
        "micro",
        4,
    )


def test_one_dataset_is_shown_with_its_counts(client: FlaskClient, dataset: Path) -> None:
    shown = client.get("/api/datasets/demo").get_json()
    assert shown["totals"]["num_kept"] == sum(counts["num_kept"] for counts in shown["splits"].values())
    assert shown["config"]["rendering"]["mode"] == "micro"


def test_a_page_is_the_png_of_its_sample_and_is_asked_for_anew(client: FlaskClient, dataset: Path) -> None:
    answer = client.get("/api/datasets/demo/pages/train/3/1.png")
    assert Image.open(io.BytesIO(answer.data)).size == (320, 320)
    assert answer.headers["Cache-Control"] == "private, no-cache"
    again = client.get(
        "/api/datasets/demo/pages/train/3/1.png", headers={"If-None-Match": answer.headers["ETag"]}
    )
    assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize(
    "path",
    [
        "demo/pages/train/4/1.png",
        "demo/pages/train/0/0.png",
        "demo/pages/train/0/99.png",
        "demo/pages/dev/0/1.png",
        "none/pages/train/0/1.png",
    ],
)
def test_a_page_that_is_not_there_is_not_found(client: FlaskClient, dataset: Path, path: str) -> None:
    assert client.get(f"/api/datasets/{path}").status_code == 404
