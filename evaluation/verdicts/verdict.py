"""The verdict on a model: what its score is worth, in one sentence, by these rules.

A score is ROUGE-L on the samples of one report. It is *clearly* above or below another one when the paired
bootstrap interval of their difference excludes zero. Between two reports, and in reports of earlier versions,
there is no such interval: there, when the intervals of the two scores do not overlap. The first rule that
applies gives the level:

| level | rule |
| --- | --- |
| control | the pages were blank, and the same model was not scored on the same samples with pages |
| unknown | there are fewer than MIN_SAMPLES samples, or nothing to compare with |
| guesses | the score on blank pages is known, and the score is not clearly above it |
| worse | the score is clearly below lead-1 or lead-3, the first sentences of each document |
| unclear | the score is not clearly above both |
| reads | the score is clearly above both, and above the score on blank pages |
| better | the score is clearly above both; the score on blank pages is not known |

The levels worse, unclear and guesses name too few steps as a cause if the metrics of the training show that
(`TrainingCourse.wanted_steps`); no other cause is named. Notes add what limits the verdict.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Final, Literal

from pydantic import Field

from evaluation.report import Report
from evaluation.scores import MIN_SAMPLES, Score
from evaluation.verdicts import wording as words
from evaluation.verdicts.evidence import COPIES, Evidence, rouge_l

Level = Literal["reads", "better", "unclear", "worse", "guesses", "control", "unknown"]
BarKind = Literal["model", "blank_pages", "lead", "text_model"]

TITLES: Final[dict[Level, str]] = {
    "reads": "Reads",
    "better": "Above copying",
    "unclear": "No clear gain",
    "worse": "Below copying",
    "guesses": "Guesses",
    "control": "Control",
    "unknown": "Not known",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One score with its interval, as fractions (0 to 1)."""

    name: Annotated[str, Field(description="name of the model or of what it is compared with")]
    kind: Annotated[BarKind, Field(description="lead: the first sentences of each document")]
    score: Annotated[float, Field(description="ROUGE-L, 0 to 1")]
    low: Annotated[float, Field(description="lower end of its interval")]
    high: Annotated[float, Field(description="upper end of its interval")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a score is worth."""

    level: Level
    title: Annotated[str, Field(description="the level in words")]
    sentence: Annotated[str, Field(description="the verdict in words, with the scores times 100")]
    notes: Annotated[tuple[str, ...], Field(description="what limits the verdict, one sentence each")]
    metric: Annotated[str, Field(description="name of the score with its split: test ROUGE-L")]
    num_samples: Annotated[int, Field(description="number of scored samples")]
    confidence: Annotated[float, Field(description="of the intervals, 0 to 1")]
    bars: Annotated[
        tuple[Bar, ...], Field(description="the score first, then those that it is compared with")
    ]


def judge(evidence: Evidence) -> Verdict:
    """Return the verdict on a model, by the rules above."""
    level, report = _level(evidence), evidence.report
    is_enough = report.rouge.num_samples >= MIN_SAMPLES
    notes = [
        *(words.notes_on_reading(evidence) if level in ("better", "unclear", "worse") else ()),
        *(words.notes_on_text_models(evidence) if is_enough else ()),
        *(words.notes_on_samples(report) if is_enough else ()),
    ]
    bars = [_bar(report.subject.model, "model", evidence.score)]
    if evidence.blank_score:
        bars.append(_bar("Blank pages", "blank_pages", evidence.blank_score))
    return _verdict(report, level, _sentence(level, evidence), notes, bars)


def judge_control(report: Report) -> Verdict:
    """Return the verdict on blank pages, for a model that was not scored on the same samples with pages."""
    bars = [_bar("Blank pages", "blank_pages", rouge_l(report))]
    notes = [*words.notes_on_samples(report)]
    return _verdict(report, "control", words.describe_control(report), notes, bars)


def unreadable(message: str) -> Verdict:
    """Return the verdict where the report cannot be read; the message says why."""
    return Verdict(
        level="unknown",
        title=TITLES["unknown"],
        sentence=message,
        notes=(),
        metric="ROUGE-L",
        num_samples=0,
        confidence=0,
        bars=(),
    )


def _verdict(report: Report, level: Level, sentence: str, notes: list[str], bars: list[Bar]) -> Verdict:
    return Verdict(
        level=level,
        title=TITLES[level],
        sentence=sentence,
        notes=tuple(notes),
        metric=f"{report.subject.split} ROUGE-L",
        num_samples=report.rouge.num_samples,
        confidence=report.rouge.settings.confidence,
        bars=(*bars, *_baseline_bars(report)),
    )


def _level(evidence: Evidence) -> Level:
    relations = {evidence.relation(name) for name in evidence.copies}
    has_nothing_beside = not relations and evidence.blank_pages is None
    if evidence.report.rouge.num_samples < MIN_SAMPLES or has_nothing_beside:
        return "unknown"
    if evidence.blank_pages and not evidence.is_clearly_above_blank_pages:
        return "guesses"
    if "below" in relations:
        return "worse"
    if "unclear" in relations:
        return "unclear"
    return "reads" if evidence.blank_pages else "better"


def _sentence(level: Level, evidence: Evidence) -> str:
    report, blank_pages = evidence.report, evidence.blank_pages
    if level == "unknown":
        has_few = report.rouge.num_samples < MIN_SAMPLES
        return words.describe_too_few(report) if has_few else words.describe_alone(report)
    if blank_pages and level == "guesses":
        return words.describe_guessing(evidence, blank_pages)
    if blank_pages and level == "reads":
        return words.describe_reading(evidence, blank_pages)
    return words.describe_copying(
        evidence, "below" if level == "worse" else "unclear" if level == "unclear" else "above"
    )


def _baseline_bars(report: Report) -> Iterator[Bar]:
    for name, baseline in report.baselines.items():
        yield _bar(name, "lead" if name in COPIES else "text_model", baseline.scores["rougeL"])


def _bar(name: str, kind: BarKind, score: Score) -> Bar:
    return Bar(name=name, kind=kind, score=score.fmeasure, low=score.low, high=score.high)
