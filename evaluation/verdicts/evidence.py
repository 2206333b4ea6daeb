"""What a verdict is made of: a report, the same on blank pages, and the course of the training."""

from dataclasses import dataclass
from typing import Final, Literal

from evaluation.report import Report
from evaluation.scores import Score
from evaluation.verdicts.course import TrainingCourse

Relation = Literal["above", "below", "unclear"]
COPIES: Final = {"lead-1": "copying the first sentence", "lead-3": "copying three sentences"}
"""Baseline that copies the first sentences of each document -> its name in a sentence."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of one model on one set of samples."""

    report: Report
    """Of the model with the pages of its samples."""
    blank_pages: Report | None = None
    """Of the same model on the same samples with blank pages; None: not measured."""
    course: TrainingCourse | None = None
    """Of the training that made the model; None: not known."""

    @property
    def score(self) -> Score:
        return rouge_l(self.report)

    @property
    def blank_score(self) -> Score | None:
        """The score on blank pages; None: not measured."""
        return rouge_l(self.blank_pages) if self.blank_pages else None

    @property
    def copies(self) -> list[str]:
        """The copying baselines of the report, the highest score first."""
        known = [name for name in COPIES if name in self.report.baselines]
        return sorted(known, key=lambda name: self.baseline(name).fmeasure, reverse=True)

    def baseline(self, name: str) -> Score:
        """Return the score of a baseline."""
        return self.report.baselines[name].scores["rougeL"]

    def relation(self, name: str) -> Relation:
        """Return how the model's score stands to that of a baseline."""
        difference = self.report.differences.get(name)
        if difference is None:
            return _relation_of_intervals(self.score, self.baseline(name))
        return difference.relation if difference.relation in ("above", "below") else "unclear"

    @property
    def is_clearly_above_blank_pages(self) -> bool:
        """Whether the score on blank pages is known, and clearly lower."""
        blank = self.blank_score
        return blank is not None and _relation_of_intervals(self.score, blank) == "above"


def rouge_l(report: Report) -> Score:
    """Return the score that verdicts go by."""
    return report.rouge.scores["rougeL"]


def _relation_of_intervals(score: Score, other: Score) -> Relation:
    return "above" if score.low > other.high else "below" if score.high < other.low else "unclear"
