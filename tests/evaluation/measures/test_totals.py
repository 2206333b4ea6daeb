"""Means over samples with intervals, in the report and in its file."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from evaluation.evaluate import evaluate
from evaluation.report import Report, Subject, read_report, write_report

DOCUMENTS = ["The mayor met Anna in Oslo. Nine boats sank. Rain fell.", "It cost 25 in May. Shops closed."]
REFERENCES = ["The mayor met Anna in Oslo.", "It cost 25 in May."]
PREDICTIONS = ["The mayor met Anna in Rome.", ""]
SUBJECT = Subject(model="mine", dataset="news", split="test")


@pytest.fixture
def report() -> Report:
    return evaluate(SUBJECT, PREDICTIONS, REFERENCES, DOCUMENTS, page_tokens=[[40], [20]])


def test_the_means_are_those_of_the_samples_that_have_the_value(report: Report) -> None:
    """Of Anna, Oslo and 25, May the model misses Oslo, and both; only the first text has words."""
    assert report.measures is not None
    missing, coverage = (report.measures.model[key] for key in ("missing_facts", "coverage"))
    assert (missing.mean, missing.num_samples) == (pytest.approx((0.5 + 1) / 2), 2)
    assert (missing.low, missing.high) == (0.5, 1.0)
    assert (coverage.mean, coverage.num_samples) == (pytest.approx(5 / 6), 1)
    assert report.measures.model["unsupported_facts"].mean == pytest.approx(1 / 2)


def test_baselines_and_references_stand_beside_the_model(report: Report) -> None:
    assert report.measures is not None
    assert list(report.measures.baselines) == ["lead-1", "lead-3"]
    assert report.measures.baselines["lead-1"]["chrf"].mean == pytest.approx(1)
    assert report.measures.baselines["lead-3"]["coverage"].mean == 1
    assert report.measures.references["coverage"].mean == 1
    assert "chrf" not in report.measures.references


def test_recall_by_place_is_that_of_the_model(report: Report) -> None:
    assert report.measures is not None
    first, *later = report.measures.page_recall
    assert first is not None
    assert (first.mean, later) == (pytest.approx(0.25), [None] * 4)


def test_without_texts_what_needs_them_is_absent_and_said() -> None:
    measures = evaluate(SUBJECT, PREDICTIONS, REFERENCES, ["", " "]).measures
    assert measures is not None
    assert list(measures.model) == ["chrf", "missing_facts", "length_ratio"]
    assert measures.references == {}
    assert not any((*measures.page_recall, *measures.height_recall))
    assert measures.note.startswith("The dataset does not hold the text of 2 documents")


def test_a_report_is_read_as_written_and_without_measures_too(report: Report, tmp_path: Path) -> None:
    path = write_report(tmp_path, report)
    assert read_report(tmp_path) == report
    document = json.loads(path.read_text())
    del document["measures"]
    path.write_text(json.dumps(document))
    assert read_report(tmp_path) == replace(report, measures=None)


def test_processes_give_the_same_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [DOCUMENTS * 4, REFERENCES * 4, PREDICTIONS * 4]
    documents, references, predictions = texts
    alone = evaluate(SUBJECT, predictions, references, documents)
    monkeypatch.setattr("evaluation.processes._ITEMS_PER_PROCESS", 4)
    monkeypatch.setattr("evaluation.processes.num_cores", lambda: 2)
    assert evaluate(SUBJECT, predictions, references, documents).measures == alone.measures
