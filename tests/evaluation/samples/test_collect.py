"""Samples from predictions and datasets: scores, marks, and words that the document does not hold."""

import json
from pathlib import Path

import pytest

from data.errors import StorageError
from evaluation.evaluate import evaluate
from evaluation.measures.facts import unsupported_facts
from evaluation.report import Subject
from evaluation.samples.collect import PredictionLine, dataset_samples, predicted_samples, read_predictions
from evaluation.samples.record import Mark

ROWS = [
    {
        "document_id": "a",
        "text": "Anna Berg won 1,200 votes in Oslo.",
        "summary": "Anna Berg won.",
        "num_pages": 2,
        "num_text_tokens": 31,
    },
    {"document_id": "b", "text": "Rain fell.", "summary": "It rained.", "num_pages": 1, "num_text_tokens": 9},
]


def line(document_id: str, prediction: str, reference: str) -> PredictionLine:
    return PredictionLine(document_id=document_id, prediction=prediction, reference=reference, num_tokens=7)


def test_scores_are_those_of_the_report() -> None:
    lines = [line("a", "Anna Berg lost in Rome.", "Anna Berg won."), line("b", "It rained.", "It rained.")]
    samples = list(predicted_samples(lines, ROWS))
    report = evaluate(
        Subject(model="m", dataset="d", split="test"),
        ["Anna Berg lost in Rome.", "It rained."],
        ["Anna Berg won.", "It rained."],
        ["", ""],
    )
    scores = [sample.score for sample in samples if sample.score is not None]
    assert sum(scores) / 2 == pytest.approx(report.rouge.scores["rougeL"].fmeasure, abs=1e-12)
    assert [(sample.row, sample.num_pages, sample.length) for sample in samples] == [(0, 2, 7), (1, 1, 7)]
    assert samples[0].unsupported == ("Rome",)
    assert [sample.marks for sample in samples] == [Mark.unsupported, Mark.exact]


def test_what_a_text_model_wrote_stands_beside_the_same_document() -> None:
    lines = [line("a", "Anna Berg.", "Anna Berg won."), line("b", "Rain.", "It rained.")]
    by_text_model = [line("b", "It rained.", "It rained."), line("a", "Nobody won.", "Another reference.")]
    first, second = predicted_samples(lines, ROWS, by_text_model)
    assert (first.text_model_prediction, first.text_model_score) == (None, None)
    assert (second.text_model_prediction, second.text_model_score) == ("It rained.", 1.0)
    assert (first.document_tokens, second.document_tokens) == (31, 9)


def test_measures_and_missing_facts_are_those_of_the_report() -> None:
    texts = [("a", "Anna lost in Rome.", "Anna Berg won."), ("b", "It rained.", "It rained.")]
    samples = list(predicted_samples([line(*text) for text in texts], ROWS))
    _, predictions, references = zip(*texts, strict=True)
    subject = Subject(model="m", dataset="d", split="test")
    report = evaluate(subject, predictions, references, [str(row["text"]) for row in ROWS])
    assert [sample.missing for sample in samples] == [("Berg",), ()]
    assert report.measures is not None
    for key, estimate in report.measures.model.items():
        values = [sample.measures[key] for sample in samples if key in sample.measures]
        assert (sum(values) / len(values), len(values)) == (
            pytest.approx(estimate.mean),
            estimate.num_samples,
        )


def test_a_row_of_another_document_gives_no_pages_and_no_support() -> None:
    [sample] = predicted_samples([line("z", "Rome.", "Anna.")], ROWS)
    assert (sample.row, sample.num_pages, sample.unsupported) == (None, 0, ())


def test_a_row_with_the_same_id_and_another_summary_is_of_another_dataset() -> None:
    [sample] = predicted_samples([line("a", "Rome.", "Bert Berg won.")], ROWS)
    assert (sample.row, sample.unsupported) == (None, ())


def test_predictions_of_files_have_errors_and_no_scores() -> None:
    lines = [
        PredictionLine(input="x.pdf", summary="", error="is damaged"),
        PredictionLine(input="y.txt", summary="", num_pages=1, cut=True),
    ]
    failed, empty = predicted_samples(lines, [])
    assert (failed.error, failed.score, failed.marks) == ("is damaged", None, Mark.failed)
    assert empty.marks == Mark.empty | Mark.cut
    assert (failed.measures, empty.measures) == ({}, {})


def test_samples_of_a_dataset_have_their_length_and_mark() -> None:
    [sample] = dataset_samples([{**ROWS[0], "truncated": True}])
    assert (sample.reference, sample.length, sample.marks) == ("Anna Berg won.", 31, Mark.cut)
    assert sample.document_tokens == 31


@pytest.mark.parametrize(
    "content", ["{", "[1]", "7\n{}", '{"prediction": 5}', '{"num_tokens": "many"}', "[" * 100_000]
)
def test_a_damaged_file_of_predictions_is_said(tmp_path: Path, content: str) -> None:
    (tmp_path / "p").write_text(content)
    with pytest.raises(StorageError, match=r"cannot be read|damaged"):
        read_predictions(tmp_path / "p")


def test_lines_are_read_whole(tmp_path: Path) -> None:
    text = "line\u2028separator"
    (tmp_path / "p").write_text(json.dumps({"prediction": text}, ensure_ascii=False) + "\n\n", "utf-8")
    assert read_predictions(tmp_path / "p") == [PredictionLine(prediction=text)]


@pytest.mark.parametrize(
    ("summary", "document", "words"),
    [
        ("He met Carla Bruni.", "He met carla there.", ("Bruni",)),
        ("Sales rose 3.5% to 1200.", "It rose 3.5 percent to 1,200.", ()),
        ("Sales rose 35%.", "It rose 3.5 percent.", ("35",)),
        ("Paris is far. Rome is near.", "Nothing.", ()),
        ("It is in Paris. It is in Paris.", "Nothing.", ("Paris",)),
        ("We saw Anna's dog.", "Anna has a dog.", ()),
        ("We saw the Berg-Olsen house.", "Olsen met Berg.", ()),
        ("Wir sahen die ZÜRCHER.", "Die Zürcher fahren.", ()),
        ("市长说话 2024.", "市长说话", ("2024",)),
        ("Any 5.", "  ", ()),
    ],
)
def test_numbers_and_names_that_the_document_does_not_hold(
    summary: str, document: str, words: tuple[str, ...]
) -> None:
    assert unsupported_facts(summary, document) == words
