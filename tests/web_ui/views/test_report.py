"""The report on a finished dataset over HTTP and on the command line: true to the manifest, bounded, and
clear about what is missing."""

import json
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from data.dataset.manifest import read_manifest
from data.store.workspace import Workspace
from tests.machine import require_tesseract
from web_ui.api import previews
from web_ui.cli import main

REPORT = "/api/datasets/demo/report"


def test_compression_is_reported_without_tesseract(
    client: FlaskClient, dataset: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    report = client.get(f"{REPORT}?num_documents=0").get_json()
    totals = read_manifest(dataset).totals
    compression = report["compression"]
    numbers = (
        totals.num_pages,
        totals.num_text_tokens,
        totals.num_vision_tokens,
        totals.num_pages_over_budget,
    )
    assert (
        tuple(
            compression[name]
            for name in ("num_pages", "num_text_tokens", "num_vision_tokens", "num_pages_over_budget")
        )
        == numbers
    )
    assert compression["densest_pages"][0]["ratio"] >= compression["page_ratio"]["p50"] > 0
    assert (compression["font_size_px"], report["legibility"]) == (26, None)


def test_the_same_sample_is_read_every_time(client: FlaskClient, dataset: Path) -> None:
    require_tesseract()
    first, second = (client.get(f"{REPORT}?num_documents=2").get_json()["legibility"] for _ in range(2))
    assert (first["num_documents"], first) == (2, second)
    assert first["character_error_rate"] < 0.1


def test_reading_stops_at_a_number_of_pages(
    client: FlaskClient, dataset: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    require_tesseract()
    monkeypatch.setattr(previews, "MAX_OCR_PAGES", 1)
    task = previews.PreviewTask(dataset="demo", num_documents=8, legibility=True)
    answer = previews.run_preview_here(task, Workspace(dataset.parent.parent))
    assert answer["legibility"]["num_documents"] == 1


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/api/datasets/none/report", 404, "not_found"),
        (f"{REPORT}?num_documents=101", 422, "invalid_input"),
        (f"{REPORT}?language=eng%3Brm", 422, "invalid_input"),
        (f"{REPORT}?language=tlh", 422, "unknown_name"),
        (f"{REPORT}?language={'A' * 64}", 422, "unknown_name"),
    ],
)
def test_what_cannot_be_reported_is_refused(
    client: FlaskClient, dataset: Path, path: str, status: int, code: str
) -> None:
    require_tesseract()
    answer = client.get(path)
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (status, code)


def test_a_language_that_is_not_installed_is_answered_with_those_that_are(
    client: FlaskClient, dataset: Path
) -> None:
    require_tesseract()
    error = client.get(f"{REPORT}?language=eng%2B{'A' * 50}").get_json()["error"]
    assert error["fields"]["language"].startswith("must be one of eng")
    assert "A" * 50 not in error["hint"]


def test_a_page_of_another_site_cannot_start_a_reading(client: FlaskClient, dataset: Path) -> None:
    assert client.get(REPORT, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403


def test_an_unfinished_dataset_has_no_report(client: FlaskClient, dataset: Path) -> None:
    manifest = dataset / "manifest.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"complete": False}))
    assert client.get(f"{REPORT}?num_documents=0").status_code == 409


def test_a_damaged_shard_is_named(client: FlaskClient, dataset: Path) -> None:
    next((dataset / "train").iterdir()).write_bytes(b"PAR1 not really")
    error = client.get(f"{REPORT}?num_documents=0").get_json()["error"]
    assert (error["code"], "shard-00000.parquet" in error["message"]) == ("storage_failed", True)


def test_more_than_can_be_read_in_time_names_the_command(
    client: FlaskClient, dataset: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(previews, "TIMEOUT_S", 0.001)
    error = client.get(REPORT).get_json()["error"]
    assert (list(error["fields"]), "deepsynth report" in error["hint"]) == (["num_documents"], True)


def test_the_command_prints_tables_and_json(dataset: Path, capsys: pytest.CaptureFixture[str]) -> None:
    require_tesseract()
    command = [
        "report",
        "--dataset",
        "demo",
        "--num-documents",
        "1",
        "--workspace",
        str(dataset.parent.parent),
    ]
    assert main(command) == 0
    printed = capsys.readouterr().out
    assert all(
        words in printed
        for words in ("densest pages", "character error rate", "font size px", "text tokens per vision token")
    )
    assert main([*command, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["legibility"]["num_documents"] == 1
