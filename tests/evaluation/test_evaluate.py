"""From predictions to a report: baselines, loops, reference points, and the file."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from data.errors import InvalidInput, NotFound, StorageError
from evaluation.baselines import lead, truncate_text
from evaluation.evaluate import evaluate
from evaluation.loops import is_looping
from evaluation.reference_points import REFERENCE_POINTS
from evaluation.report import Report, Subject, read_report, write_report

DOCUMENTS = [
    "A storm hit Oslo. Nine boats sank. Help came. All is well.",
    "Prices rose. People complained. Shops closed. Rain fell.",
]
REFERENCES = ["A storm hit Oslo.", "Prices rose."]


@pytest.fixture
def report() -> Report:
    subject = Subject(model="trained_model", dataset="news", split="test", benchmark="cnn_dailymail")
    return evaluate(
        subject, ["A storm hit Oslo.", "no " * 20], REFERENCES, DOCUMENTS, baselines={"copy": REFERENCES}
    )


def test_the_report_holds_the_baselines(report: Report) -> None:
    table = dict(report.table())
    assert list(table) == ["trained_model", "lead-1", "lead-3", "copy"]
    assert (table["trained_model"]["rougeL"], table["lead-1"]["rougeL"], table["copy"]["rougeL"]) == (
        0.5,
        1.0,
        1.0,
    )
    assert table["lead-3"]["rougeL"] < 1.0


def test_every_number_of_the_table_has_its_interval(report: Report) -> None:
    for (_, scores), intervals in zip(report.table(), report.intervals(), strict=True):
        assert list(intervals) == list(scores)
        assert all(low <= scores[kind] <= high for kind, (low, high) in intervals.items())
    assert report.intervals()[0]["rougeL"] == (0.0, 1.0)


def test_each_baseline_has_the_paired_interval_of_its_difference(report: Report) -> None:
    assert list(report.differences) == list(report.baselines)
    assert (report.differences["copy"].low, report.differences["copy"].high) == (-1.0, 0.0)


def test_a_report_of_an_earlier_version_is_read(report: Report, tmp_path: Path) -> None:
    path = write_report(tmp_path, report)
    document = json.loads(path.read_text())
    del document["differences"], document["measures"]
    path.write_text(json.dumps(document))
    assert read_report(tmp_path) == replace(report, differences={}, measures=None)


def test_the_intervals_of_an_earlier_version_become_differences_without_shares(
    report: Report, tmp_path: Path
) -> None:
    path = write_report(tmp_path, report)
    document = json.loads(path.read_text())
    for name, found in document["differences"].items():
        document["differences"][name] = {end: found[end] for end in ("low", "high")}
    path.write_text(json.dumps(document))
    read = read_report(tmp_path).differences
    for name, found in report.differences.items():
        expected = replace(found, won=None, lost=None, difference=pytest.approx(found.difference))
        assert read[name] == expected


def test_the_model_s_shares_won_and_lost_are_in_the_report(report: Report) -> None:
    found = report.differences["copy"]
    assert (found.num_samples, found.difference, found.won, found.lost) == (2, -0.5, 0.0, 0.5)
    assert found.relation == "too_few"


def test_a_report_without_the_score_that_verdicts_go_by_is_refused(report: Report, tmp_path: Path) -> None:
    path = write_report(tmp_path, report)
    document = json.loads(path.read_text())
    del document["baselines"]["lead-1"]["scores"]["rougeL"]
    path.write_text(json.dumps(document))
    with pytest.raises(StorageError, match="a score has no rougeL"):
        read_report(tmp_path)


def test_loops_and_empty_texts_are_counted(report: Report) -> None:
    assert (report.num_looping, report.num_empty) == (1, 0)


def test_published_results_come_with_their_variant(report: Report) -> None:
    assert {(point.system, point.longest, point.longest_variant) for point in report.reference_points} >= {
        ("BART", 0.409, "rougeLsum")
    }
    assert {point.longest_variant for point in REFERENCE_POINTS["arxiv"]} == {"rougeL", "rougeLsum"}


def test_a_report_is_read_as_it_was_written(report: Report, tmp_path: Path) -> None:
    assert write_report(tmp_path, report) == tmp_path / "report.json"
    assert read_report(tmp_path) == report


def test_a_file_that_is_no_report_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        read_report(tmp_path)
    (tmp_path / "report.json").write_text('{"rouge": 1}')
    with pytest.raises(StorageError, match="is damaged: subject is required"):
        read_report(tmp_path)


def test_another_number_of_documents_is_refused() -> None:
    with pytest.raises(InvalidInput, match="1 documents and 2 references"):
        evaluate(Subject(model="m", dataset="d", split="test"), REFERENCES, REFERENCES, DOCUMENTS[:1])


def test_lead_returns_the_first_sentences() -> None:
    assert lead(DOCUMENTS[0], 3) == "A storm hit Oslo.\nNine boats sank.\nHelp came."
    assert lead("One only", 3) == "One only"


@pytest.mark.parametrize(
    ("budget", "expected"), [(0, ""), (1, "one"), (3, "one two  three"), (99, "one two  three four")]
)
def test_truncated_keeps_whole_words_within_the_budget(budget: int, expected: str) -> None:
    assert truncate_text("one two  three four", budget, lambda text: len(text.split())) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The mayor said so. " * 4, True),
        ("Once upon a time " + "the end is near and " * 3 + "the end", True),
        ("\u597d" * 30, True),
        ("no no no", False),
        (
            "The mayor opened a bridge in Oslo on Friday, and the mayor said that the bridge was the mayor's "
            "idea.",
            False,
        ),
        ("", False),
    ],
)
def test_looping_texts_are_detected(text: str, expected: bool) -> None:
    assert is_looping(text) is expected
