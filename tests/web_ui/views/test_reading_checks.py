"""Reading checks over HTTP and in the report of a dataset: cheap refusals, and results beside tesseract's."""

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from flask.testing import FlaskClient

from data.dataset.manifest import MANIFEST
from data.store.files import file_sha256, read_json, write_json
from data.store.workspace import Workspace
from evaluation.reading import ReadPage, reading_report, write_reading_report
from tests.web_ui.views.test_datasets import refused
from web_ui.cli import main

CHECK = "/api/model/read-check"
REPORT = "/api/datasets/demo/report?num_documents=0"


def test_a_check_is_a_job_of_its_own_with_the_prompt_for_plain_text(
    client: FlaskClient, dataset: Path
) -> None:
    answer = client.post(CHECK, json={"model": "tiny", "dataset": "demo", "num_documents": 3})
    job = answer.get_json()
    assert (answer.status_code, job["kind"], job["role"]) == (202, "reading_check", "gpu")
    assert (job["title"], job["config"]["prompt"]) == ("tiny reads demo test", "\nFree OCR.")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"dataset": "none"}, "dataset"),
        ({"model": "no-such-training"}, "model"),
        ({"model": "someone/unpinned"}, "revision"),
        ({"model": "deepseek-ai/DeepSeek-OCR"}, "model"),  # which reads no micro pages
        ({"num_documents": 0}, "num_documents"),
        ({"split": "all"}, "split"),
        ({"output": "../out"}, "output"),
    ],
)
def test_what_cannot_work_is_refused_by_field(
    client: FlaskClient, dataset: Path, change: dict[str, Any], field: str
) -> None:
    assert list(refused(client, CHECK, {"model": "tiny", "dataset": "demo", **change})["fields"]) == [field]


def test_a_dataset_without_texts_is_refused_before_a_job_exists(client: FlaskClient, dataset: Path) -> None:
    for shard in dataset.rglob("*.parquet"):
        pq.write_table(pq.read_table(shard).drop_columns(["text"]), shard)
    error = refused(client, CHECK, {"model": "tiny", "dataset": "demo"})
    assert error["fields"] == {"dataset": "has no texts"}
    assert error["hint"] == "Use a dataset that stores its documents' texts."


def test_a_model_that_reads_text_is_refused_before_a_job_exists(
    client: FlaskClient, dataset: Path, workspace: Workspace
) -> None:
    folder = workspace.model("reader") / "model"
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(
        '{"model_type": "unlimited_ocr", "vision_config": {"sam_config": {"image_size": 320}}}'
    )
    write_json(folder / "deepsynth.json", {"reads": "text"})
    error = refused(client, CHECK, {"model": "reader", "dataset": "demo"})
    assert error["fields"] == {"model": "the model reads text"}
    assert error["message"].endswith("reads text instead of pages, so it cannot transcribe pages.")


def store_check(workspace: Workspace, dataset: Path, name: str, *, fingerprint: str | None = None) -> Path:
    """Write the result of a check with 3 errors in 100 characters; return its folder."""
    page = ReadPage(
        document_id="a", row=0, page=1, font_family="DejaVu Sans", font_size_px=14, transcription="read",
        text="text", num_characters=100, num_errors=3, cut=False, looping=False,
    )  # fmt: skip
    report = reading_report(
        [page], config={}, model="tiny", dataset=dataset.name,
        dataset_fingerprint=fingerprint or file_sha256(dataset / MANIFEST), split="test", mode="micro",
        blank_pages=False, created="2026-01-01T00:00:00+00:00", versions={},
    )  # fmt: skip
    folder = workspace.reading_checks / name
    folder.mkdir()
    write_reading_report(folder, report)
    return folder


def test_the_report_of_a_dataset_shows_how_models_read_it(
    client: FlaskClient, dataset: Path, workspace: Workspace
) -> None:
    store_check(workspace, dataset, "first")
    store_check(workspace, dataset, "of-an-earlier-dataset", fingerprint="0")
    (store_check(workspace, dataset, "damaged") / "report.json").write_text("{")
    (reading,) = client.get(REPORT).get_json()["readings"]
    assert (reading["name"], reading["model"], reading["num_pages"]) == ("first", "tiny", 1)
    assert reading["character_error_rate"] == pytest.approx(0.03)
    assert reading["low"] <= reading["character_error_rate"] <= reading["high"]


def test_a_check_by_command_is_in_the_lineage_of_its_dataset(
    client: FlaskClient, dataset: Path, workspace: Workspace
) -> None:
    store_check(workspace, dataset, "first")
    lineage = client.get("/api/lineage?collection=datasets&name=demo").get_json()
    assert [(item["collection"], item["name"]) for item in lineage["used_by"]] == [
        ("reading_checks", "first")
    ]


def test_the_command_prints_them_too(
    dataset: Path, workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    store_check(workspace, dataset, "first")
    arguments = ["--dataset", "demo", "--num-documents", "0", "--workspace", str(workspace.root)]
    assert main(["report", *arguments]) == 0
    printed = capsys.readouterr().out
    assert "read by models" in printed
    assert "3.00%" in printed


def test_the_command_reads_and_reports(dataset: Path, capsys: pytest.CaptureFixture[str]) -> None:
    workspace = dataset.parent.parent
    arguments = ["--model", "tiny", "--dataset", "demo", "--split", "train", "--num-documents", "2"]
    assert main(["read-check", *arguments, "--json", "--quiet", "--workspace", str(workspace)]) == 0
    folder = workspace / "reading_checks" / "tiny-demo-train"
    assert read_json(folder / "report.json")["character_error_rate"]["num_samples"] == 2
    assert '"character_error_rate"' in capsys.readouterr().out
