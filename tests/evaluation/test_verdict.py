"""The rules of the verdict: what a score is worth, in words."""

from dataclasses import replace
from typing import Any

import pytest

from evaluation.report import Report, Subject
from evaluation.scores import MIN_SAMPLES, PairedDifference, relation_of
from evaluation.training_metrics import KEYS, MetricsFiles
from evaluation.verdicts.course import TrainingCourse
from evaluation.verdicts.evidence import Evidence
from evaluation.verdicts.verdict import Level, judge, judge_control
from tests.evaluation.reports import HIGHER, LOWER, MODEL, OVERLAPPING, Ends, make_report

NO_CAUSE = TrainingCourse(num_steps=400, num_epochs=3.0, total_time_s=100.0)
SHORT = TrainingCourse(num_steps=63, num_epochs=0.2, total_time_s=31.5)
FALLING = replace(NO_CAUSE, validation_losses=((100, 2.0), (200, 1.5), (300, 1.2), (400, 1.0)))

PART = "too few (less than one pass over the data)"
FELL = "too few (the loss was still falling)"


def on(split: str) -> Subject:
    return Subject(model="mine", dataset="news", split=split)


@pytest.mark.parametrize(
    ("lead_1", "lead_3", "blank", "level", "sentence"),
    [
        (LOWER, LOWER, None, "better", "Better than copying the first sentence: 60.0 against 30.0."),
        (
            LOWER,
            OVERLAPPING,
            None,
            "unclear",
            "Not clearly better than copying three sentences: 60.0 against",
        ),
        (LOWER, HIGHER, None, "worse", "Worse than copying three sentences: 60.0 against 80.0."),
        (HIGHER, OVERLAPPING, None, "worse", "Worse than copying the first sentence: 60.0 against 80.0."),
        (LOWER, LOWER, LOWER, "reads", "Reads: 60.0 against 30.0 for blank pages; copying the first sen"),
        (
            LOWER,
            LOWER,
            OVERLAPPING,
            "guesses",
            "Guesses: 60.0 is not clearly above the 58.0 for blank pages.",
        ),
        (LOWER, LOWER, HIGHER, "guesses", "Guesses: 60.0 is not clearly above the 80.0 for blank pages."),
        (HIGHER, HIGHER, OVERLAPPING, "guesses", "Guesses: 60.0 is"),
        (LOWER, HIGHER, LOWER, "worse", "Worse than copying three sentences: 60.0 against 80.0."),
        (OVERLAPPING, LOWER, LOWER, "unclear", "Not clearly better than copying the first sentence: 60.0"),
    ],
)
def test_the_first_rule_that_applies_gives_level_and_sentence(
    lead_1: Ends, lead_3: Ends, blank: Ends | None, level: Level, sentence: str
) -> None:
    control = make_report(blank) if blank else None
    verdict = judge(Evidence(make_report(MODEL, lead_1, lead_3), control, NO_CAUSE))
    assert verdict.level == level
    assert verdict.sentence.startswith(sentence)


def make_difference(low: float, high: float, num_samples: int = 100) -> PairedDifference:
    return PairedDifference(
        num_samples=num_samples,
        difference=(low + high) / 2,
        low=low,
        high=high,
        won=0.5,
        lost=0.25,
        relation=relation_of(num_samples, low, high),
    )


@pytest.mark.parametrize(
    ("low", "high", "level"), [(0.001, 0.04, "better"), (-0.01, 0.04, "unclear"), (-0.04, -0.001, "worse")]
)
def test_the_paired_interval_decides_where_there_is_one(low: float, high: float, level: Level) -> None:
    difference = make_difference(low, high)
    overlapping = replace(make_report(lead_3=OVERLAPPING), differences={"lead-3": difference})
    assert judge(Evidence(overlapping)).level == level


@pytest.mark.parametrize(
    ("course", "words"),
    [
        (None, ""),
        (NO_CAUSE, ""),
        (SHORT, f"; 63 steps are {PART}, and 315 take about 3 minutes here"),
        (replace(SHORT, total_time_s=None), f"; 63 steps are {PART}"),
        (replace(SHORT, num_epochs=None), ""),
        (
            replace(SHORT, num_steps=1, total_time_s=2.0),
            f"; 1 step is {PART}, and 5 take about 10 seconds here",
        ),
        (FALLING, f"; 400 steps are {FELL}, and 800 take about 3 minutes here"),
        (replace(FALLING, total_time_s=7200.0), f"; 400 steps are {FELL}, and 800 take about 4 hours here"),
    ],
)
def test_too_few_steps_are_named_where_the_metrics_show_them(
    course: TrainingCourse | None, words: str
) -> None:
    worse, control = make_report(lead_3=HIGHER), make_report(OVERLAPPING)
    assert judge(Evidence(worse, None, course)).sentence.endswith(f"80.0{words}.")
    assert judge(Evidence(make_report(), control, course)).sentence.endswith(f"blank pages{words}.")
    assert "too few" not in judge(Evidence(make_report(), None, course)).sentence


@pytest.mark.parametrize(
    ("losses", "is_falling"),
    [
        ((), False),
        (((400, 1.0),), False),
        (((200, 1.0), (400, 0.95)), True),
        (((200, 1.0), (400, 0.951)), False),
        (((100, 1.0), (300, 0.5), (400, 0.6)), False),
        (((100, 0.9), (200, 1.2), (400, 0.88)), False),
    ],
)
def test_a_loss_still_falls_that_ends_lowest_and_clearly_below_the_first_half(
    losses: tuple[tuple[int, float], ...], is_falling: bool
) -> None:
    assert replace(NO_CAUSE, validation_losses=losses).is_still_falling is is_falling


def test_the_course_is_read_from_the_metrics() -> None:
    nothing: dict[str, Any] = dict.fromkeys(KEYS)
    history = [{**nothing, "step": 1}, {**nothing, "step": 2, "eval_loss": 1.5}]
    latest = {**nothing, "step": 2, "epoch": 0.5, "total_time_s": 8.0}
    course = TrainingCourse.of(MetricsFiles(latest, history))
    assert course == TrainingCourse(
        num_steps=2, num_epochs=0.5, total_time_s=8.0, validation_losses=((2, 1.5),)
    )
    assert (course.wanted_steps, course.time_of_s(4)) == (4, 16.0)
    assert TrainingCourse.of(MetricsFiles(nothing, [])) is None


def test_few_samples_decide_nothing() -> None:
    verdict = judge(Evidence(make_report(num_samples=MIN_SAMPLES - 1), make_report(LOWER)))
    assert verdict.level == "unknown"
    assert verdict.sentence == "60.0, but 9 test samples are too few to judge a model by."
    assert judge(Evidence(make_report(num_samples=MIN_SAMPLES), make_report(LOWER))).level == "reads"


def test_a_report_without_anything_to_compare_with_decides_nothing() -> None:
    alone = replace(make_report(), baselines={})
    assert judge(Evidence(alone)).sentence == "60.0, without a score to compare it with."


@pytest.mark.parametrize(
    ("shown", "note"),
    [
        (make_report(num_samples=49), "Only 49 test samples: other samples may change the verdict."),
        (
            make_report(subject=on("validation")),
            "Validation samples choose the checkpoint of a training, so their",
        ),
        (make_report(subject=on("train")), "A model may know the samples of the split train by heart."),
        (make_report(num_looping=10), "10 of 100 texts are looping."),
        (make_report(num_cut=100), "100 of 100 texts are cut off at the length limit."),
        (make_report(num_empty=11), "11 of 100 texts are empty."),
        (
            make_report(others={"t5 on cut text": HIGHER}),
            "Clearly below the text model, which read the documents as",
        ),
        (
            make_report(others={"t5 on cut text": OVERLAPPING}),
            "Not clearly different from the text model, which",
        ),
    ],
)
def test_what_limits_a_verdict_is_noted(shown: Report, note: str) -> None:
    notes = judge(Evidence(shown, make_report(LOWER))).notes
    assert [found for found in notes if found.startswith(note)]
    assert len(notes) == 1


def test_few_faulty_texts_are_not_noted() -> None:
    assert judge(Evidence(make_report(num_looping=9, num_cut=9, num_empty=9), make_report(LOWER))).notes == ()


def test_a_model_that_read_text_is_no_reader_of_pages() -> None:
    subject = Subject(model="mine", dataset="news", split="test", reads="text")
    notes = judge(Evidence(make_report(lead_3=HIGHER, subject=subject))).notes
    assert notes == ("The model read text, as a control for models that read pages.",)


def test_reading_is_noted_where_the_sentence_is_about_copying() -> None:
    worse = make_report(lead_3=HIGHER)
    assert judge(Evidence(worse)).notes == ("Whether it reads the pages or guesses is not measured yet.",)
    [read] = judge(Evidence(worse, make_report(LOWER))).notes
    assert read == "It does read the pages: with blank ones its score is 30.0."


def test_bars_and_metric_are_named() -> None:
    verdict = judge(
        Evidence(make_report(subject=on("validation"), others={"t5 on cut text": HIGHER}), make_report(LOWER))
    )
    assert verdict.metric == "validation ROUGE-L"
    assert [(bar.name, bar.kind) for bar in verdict.bars] == [
        ("mine", "model"),
        ("Blank pages", "blank_pages"),
        ("lead-1", "lead"),
        ("lead-3", "lead"),
        ("t5 on cut text", "text_model"),
    ]
    assert (verdict.bars[0].score, verdict.bars[0].low, verdict.bars[0].high) == MODEL


def test_blank_pages_alone_are_a_control() -> None:
    verdict = judge_control(make_report(LOWER))
    assert (verdict.level, verdict.bars[0].kind) == ("control", "blank_pages")
    assert verdict.sentence == "A control: 30.0 can be guessed without seeing a page."
