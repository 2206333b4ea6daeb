"""The samples of results over HTTP: lists, single samples, pages, downloads, and what is wrong with them."""

import json
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from PIL import Image

from data.config import DatasetConfig
from data.dataset.manifest import MANIFEST
from data.dataset.shards import read_texts
from data.generate import generate
from data.progress import Silent
from data.store.files import file_sha256, write_json
from data.store.workspace import Workspace
from evaluation.report import REPORT
from evaluation.samples.kept_pages import KeptPages, PredictionSource
from evaluation.samples.store import SampleSet
from tests.web_ui.conftest import SAMPLE
from training.options.run_folder import (
    CONFIG,
    EVALUATION_CONFIG,
    FIRST_BATCH,
    PREDICTIONS,
    VALIDATION_PREDICTIONS,
)
from web_ui.catalog import sample_index

HOSTILE = "</script><img src=x onerror=alert(1)>"


def write_lines(path: Path, lines: list[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sample_index, "WAIT_S", 60)


@pytest.fixture
def evaluation(workspace: Workspace, dataset: Path) -> str:
    """Write an evaluation of the train split: the first sample is exact, the others end in another word."""
    rows = list(read_texts(dataset, "train"))
    lines = [
        {
            "document_id": row["document_id"],
            "prediction": row["summary"] + (f" {HOSTILE}" if number else ""),
            "reference": row["summary"],
            "num_tokens": 9,
            "cut": number == 1,
            "looping": False,
        }
        for number, row in enumerate(rows)
    ]
    folder = workspace.evaluation("scored")
    write_lines(folder / PREDICTIONS, lines)
    write_json(folder / EVALUATION_CONFIG, {"dataset": dataset.name, "split": "train"})
    return "scored"


def test_a_training_shows_its_test_samples_first_and_its_validation_samples_too(
    client: FlaskClient, workspace: Workspace
) -> None:
    folder = workspace.model("trained")
    folder.mkdir()
    line = {"document_id": "a", "prediction": "of the test", "reference": "it", "num_tokens": 3}
    write_json(folder / CONFIG, {"dataset": "gone"})
    write_lines(folder / VALIDATION_PREDICTIONS, [{**line, "prediction": "of a validation"}])
    during = get(client, "models/trained")
    write_lines(folder / PREDICTIONS, [line])
    write_json(folder / REPORT, {"subject": {"split": "test"}})
    after = get(client, "models/trained")
    assert (during["splits"], after["splits"], after["split"]) == (
        ["validation"],
        ["test", "validation"],
        "test",
    )
    validation = get(client, "models/trained?split=validation")
    assert [each["prediction"] for each in validation["samples"]] == ["of a validation"]


def get(client: FlaskClient, path: str) -> Any:
    answer = client.get(f"/api/samples/{path}")
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer.get_json()


def test_an_evaluation_is_listed_from_its_worst_sample_with_pages(
    client: FlaskClient, evaluation: str
) -> None:
    found = get(client, "evaluations/scored?order=worst&limit=3")
    scores = [sample["score"] for sample in found["samples"]]
    assert scores == sorted(scores)
    assert (found["split"], found["num_samples"], found["pages_note"]) == ("train", 4, None)
    assert found["marks"] == {"exact": 1, "cut": 1, "unsupported": 3}
    assert sum(found["histogram"]) == 4
    page = client.get(found["samples"][0]["pages"][0])
    assert page.mimetype == "image/png"


def test_one_sample_has_its_documents_text(client: FlaskClient, evaluation: str, dataset: Path) -> None:
    row = list(read_texts(dataset, "train"))[2]
    sample = get(client, "evaluations/scored/2")
    assert (sample["text"], sample["document_id"]) == (row["text"], row["document_id"])
    missing = client.get("/api/samples/evaluations/scored/99")
    assert (missing.status_code, missing.get_json()["error"]["code"]) == (404, "not_found")


def test_a_sample_shows_the_style_of_its_pages(client: FlaskClient, workspace: Workspace) -> None:
    rendering = {"mode": "micro", "vary": "noise: 0.05, 0.1"}
    config = DatasetConfig.model_validate({**SAMPLE, "rendering": rendering, "num_workers": 1})
    folder = generate(config, workspace, Silent()).folder
    styles = [row["style"] for row in read_texts(folder, "train")]
    assert all(style["noise"] in (0.05, 0.1) for style in styles)
    found = get(client, "datasets/demo")["samples"]
    assert [sample["style"] for sample in found] == styles
    rows = list(read_texts(folder, "train"))
    lines = [
        {"document_id": row["document_id"], "prediction": "", "reference": row["summary"]} for row in rows
    ]
    write_lines(workspace.evaluation("scored") / PREDICTIONS, lines)
    write_json(workspace.evaluation("scored") / EVALUATION_CONFIG, {"dataset": "demo", "split": "train"})
    assert [sample["style"] for sample in get(client, "evaluations/scored")["samples"]] == styles


def test_a_dataset_of_one_style_has_none_to_show(client: FlaskClient, evaluation: str) -> None:
    assert [sample["style"] for sample in get(client, "evaluations/scored")["samples"]] == [{}] * 4


def test_the_page_with_one_sample_is_found(client: FlaskClient, evaluation: str) -> None:
    found = get(client, "evaluations/scored?order=random&limit=2&position=3")
    assert 3 in [sample["position"] for sample in found["samples"]]
    assert found["offset"] in (0, 2)


def test_a_download_holds_the_selection(client: FlaskClient, evaluation: str) -> None:
    answer = client.get("/api/samples/evaluations/scored/download.jsonl?mark=exact")
    assert "attachment" in answer.headers["Content-Disposition"]
    [line] = [json.loads(line) for line in answer.get_data(as_text=True).splitlines()]
    assert (line["row"], line["score"], line["marks"]) == (0, 1.0, ["exact"])


def test_a_dataset_is_listed_by_split_and_searched(client: FlaskClient, dataset: Path) -> None:
    every = get(client, f"datasets/{dataset.name}")
    assert every["splits"] == ["train", "validation", "test"]
    word = every["samples"][1]["reference"].split()[0]
    found = get(client, f"datasets/{dataset.name}?search={word}")
    assert 0 < found["num_selected"] <= every["num_samples"]
    assert all(word in sample["reference"] for sample in found["samples"])
    assert get(client, f"datasets/{dataset.name}?split=test")["split"] == "test"


def test_new_predictions_of_a_running_training_are_seen_at_once(
    client: FlaskClient, workspace: Workspace, dataset: Path
) -> None:
    row = next(read_texts(dataset, "validation"))
    folder = workspace.model("trained")
    line = {"document_id": row["document_id"], "prediction": "old", "reference": row["summary"]}
    write_lines(folder / PREDICTIONS, [line])
    write_json(folder / CONFIG, {"dataset": dataset.name})
    assert get(client, "models/trained")["samples"][0]["prediction"] == "old"
    write_lines(folder / PREDICTIONS, [{**line, "prediction": "new"}])
    found = get(client, "models/trained")
    assert (found["samples"][0]["prediction"], found["split"]) == ("new", "validation")


def test_a_deleted_dataset_and_one_made_anew_are_told_apart(
    client: FlaskClient, workspace: Workspace, evaluation: str, dataset: Path
) -> None:
    lines = (
        (workspace.evaluation(evaluation) / PREDICTIONS)
        .read_text()
        .replace('"document_id": "', '"document_id": "x')
    )
    (workspace.evaluation(evaluation) / PREDICTIONS).write_text(lines)
    found = get(client, "evaluations/scored")
    assert "made anew" in found["pages_note"]
    assert found["samples"][0]["pages"] == []
    shutil.rmtree(dataset)
    found = get(client, "evaluations/scored")
    assert "was deleted" in found["pages_note"]
    assert found["samples"][0]["reference"]


def test_inputs_show_the_page_that_was_read(
    client: FlaskClient, workspace: Workspace, tmp_path: Path
) -> None:
    path = workspace.prediction("out.jsonl")
    write_lines(path, [{"input": "a b/ü.pdf", "summary": "A.", "num_pages": 2, "error": None}])
    Image.new("RGB", (8, 8)).save(tmp_path / "page.png")
    for work, pages in (("first", [(tmp_path / "page.png").read_bytes()]), ("stopped", [b"another page"])):
        kept = KeptPages(path, work)
        kept.write_source(PredictionSource())
        kept.write("a b/ü.pdf", pages)
        if work == "first":
            kept.finish()
    [sample] = get(client, "predictions/out.jsonl")["samples"]
    assert len(sample["pages"]) == 1
    page = client.get(sample["pages"][0])
    assert page.get_data() == (tmp_path / "page.png").read_bytes()
    assert client.get(sample["pages"][0].replace("/1.png", "/2.png")).status_code == 404


def write_first_batch(folder: Path, *pages: str) -> None:
    """Write a batch of a sample of two pages and one of one page, of which these pages were written."""
    for number, name in enumerate(pages):
        Image.new("RGB", (8, 8), (number, 0, 0)).save(folder / Path(name).name)
    samples = [
        {"document_id": "a", "num_pages": 2, "labels": f"{HOSTILE}<eos>", "summary": HOSTILE},
        {"document_id": "b", "num_pages": 1, "labels": "B.<eos>", "summary": "B.", "num_target_tokens": 3},
    ]
    write_json(
        folder / FIRST_BATCH, {"pages": pages, "prompt": "Summarise.", "shapes": {}, "samples": samples}
    )


def test_the_first_batch_of_a_training_is_a_split_of_its_own(
    client: FlaskClient, workspace: Workspace
) -> None:
    folder = workspace.model("trained")
    folder.mkdir()
    write_first_batch(folder, "first_batch_page_1.png", "first_batch_page_2.png", "first_batch_page_3.png")
    found = get(client, "models/trained?order=worst")
    assert (found["split"], found["splits"], found["dataset"]) == ("first_batch", ["first_batch"], None)
    assert "Its prompt: Summarise." in found["pages_note"]
    assert "kept" not in found["pages_note"]
    assert [(each["reference"], each["prediction"]) for each in found["samples"]] == [
        (f"{HOSTILE}<eos>", None),
        ("B.<eos>", None),
    ]
    assert [len(each["pages"]) for each in found["samples"]] == [2, 1]
    last = client.get(found["samples"][1]["pages"][0])
    assert last.get_data() == (folder / "first_batch_page_3.png").read_bytes()
    # a validation is shown before it
    write_json(folder / CONFIG, {"dataset": "gone"})
    write_lines(folder / VALIDATION_PREDICTIONS, [{"document_id": "a", "prediction": "x", "reference": "y"}])
    assert get(client, "models/trained")["splits"] == ["validation", "first_batch"]
    lines = client.get("/api/samples/models/trained/download.jsonl?split=first_batch").text.splitlines()
    assert [json.loads(line)["reference"] for line in lines] == [f"{HOSTILE}<eos>", "B.<eos>"]


def test_pages_of_a_first_batch_that_were_not_written_are_said_and_left_out(
    client: FlaskClient, workspace: Workspace
) -> None:
    folder = workspace.model("trained")
    folder.mkdir()
    write_first_batch(folder, "first_batch_page_1.png")
    found = get(client, "models/trained")
    assert [len(each["pages"]) for each in found["samples"]] == [1, 0]
    assert "Of its 3 pages the first 1 were kept." in found["pages_note"]
    write_first_batch(folder, "../outside.png")
    assert client.get("/api/samples/models/trained").status_code == 507


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("evaluations/none", 404, "not_found"),
        ("models/none", 404, "not_found"),
        ("predictions/none", 404, "not_found"),
        ("datasets/none", 404, "not_found"),
        ("evaluations/..", 422, "unsafe_path"),
        ("uploads/x", 404, "not_found"),
        ("evaluations/scored?split=test", 404, "not_found"),
        ("evaluations/scored?order=cost", 422, "invalid_input"),
        ("evaluations/scored?first_bin=20", 422, "invalid_input"),
        ("evaluations/scored?limit=101", 422, "invalid_input"),
    ],
)
def test_what_cannot_be_listed_is_refused(
    client: FlaskClient, evaluation: str, path: str, status: int, code: str
) -> None:
    answer = client.get(f"/api/samples/{path}")
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (status, code)


def test_a_damaged_file_of_predictions_is_named(
    client: FlaskClient, workspace: Workspace, evaluation: str
) -> None:
    (workspace.evaluation(evaluation) / PREDICTIONS).write_text("{")
    error = client.get("/api/samples/evaluations/scored").get_json()["error"]
    assert error["code"] == "storage_failed"
    assert PREDICTIONS in error["message"]


def test_an_index_that_takes_long_is_asked_for_again(
    client: FlaskClient, workspace: Workspace, evaluation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sample_index, "WAIT_S", 0.01)
    answer = client.get("/api/samples/evaluations/scored")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "1")
    monkeypatch.setattr(sample_index, "WAIT_S", 60)
    assert get(client, "evaluations/scored")["num_samples"] == 4


def test_a_damaged_index_is_made_anew(client: FlaskClient, workspace: Workspace, evaluation: str) -> None:
    get(client, "evaluations/scored")
    path = SampleSet(collection="evaluations", name="scored", split="train").index_path(workspace)
    path.write_bytes(b"no database")
    assert get(client, "evaluations/scored")["num_samples"] == 4


def test_the_page_of_samples_names_its_result_as_text(client: FlaskClient, dataset: Path) -> None:
    assert b'data-name="demo"' in client.get("/samples/datasets/demo").get_data()
    assert client.get("/samples/uploads/demo").status_code == 404
    hostile = client.get("/samples/datasets/%22%3E%3Cb%3E").get_data(as_text=True)
    assert "<b>" not in hostile


def test_blank_pages_are_not_shown_as_those_that_were_read(
    client: FlaskClient, workspace: Workspace, evaluation: str, dataset: Path
) -> None:
    config = {"dataset": dataset.name, "split": "train", "blank_pages": True}
    write_json(workspace.evaluation(evaluation) / EVALUATION_CONFIG, config)
    found = get(client, "evaluations/scored")
    assert found["pages_note"].startswith("The model read blank pages.")
    assert found["samples"][0]["pages"]


@pytest.mark.parametrize("content", ["[]", '{"dataset": 5}', '{"dataset": []}', "{"])
def test_a_damaged_configuration_is_named(
    client: FlaskClient, workspace: Workspace, evaluation: str, content: str
) -> None:
    (workspace.evaluation(evaluation) / EVALUATION_CONFIG).write_text(content)
    error = client.get("/api/samples/evaluations/scored").get_json()["error"]
    assert (error["code"], EVALUATION_CONFIG in error["message"]) == ("storage_failed", True)


def test_a_dataset_with_the_same_ids_and_texts_but_other_pages_is_not_shown_as_the_one_read(
    client: FlaskClient, workspace: Workspace, evaluation: str, dataset: Path
) -> None:
    path = workspace.evaluation(evaluation) / EVALUATION_CONFIG
    config = {"dataset": dataset.name, "split": "train"}
    write_json(path, {**config, "dataset_fingerprint": file_sha256(dataset / MANIFEST)})
    assert get(client, "evaluations/scored")["samples"][0]["pages"]
    write_json(path, {**config, "dataset_fingerprint": "0" * 64})
    found = get(client, "evaluations/scored")
    assert (found["samples"][0]["pages"], "made anew" in found["pages_note"]) == ([], True)


def test_many_tabs_at_once_wait_for_one_index(
    make_client: Callable[..., FlaskClient], evaluation: str
) -> None:
    client = make_client()
    with ThreadPoolExecutor(8) as tabs:
        answers = list(
            tabs.map(
                lambda _: (
                    client.application.test_client()
                    .get("/api/samples/evaluations/scored", base_url="http://localhost:5000")
                    .status_code
                ),
                range(8),
            )
        )
    assert answers == [200] * 8
