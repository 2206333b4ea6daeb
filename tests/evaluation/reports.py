"""Reports with chosen scores."""

from typing import Any

from evaluation.report import Report, Subject
from evaluation.scores import ROUGE_TYPES, RougeReport, RougeSettings, Score

Ends = tuple[float, float, float]
"""A score with the lower and the upper end of its interval."""
MODEL: Ends = (0.60, 0.55, 0.65)
LOWER: Ends = (0.30, 0.26, 0.34)
OVERLAPPING: Ends = (0.58, 0.53, 0.63)
HIGHER: Ends = (0.80, 0.76, 0.84)


def rouge(ends: Ends, num_samples: int) -> RougeReport:
    score, low, high = ends
    one = Score(precision=score, recall=score, fmeasure=score, low=low, high=high)
    return RougeReport(dict.fromkeys(ROUGE_TYPES, one), RougeSettings(), num_samples)


def make_report(
    model: Ends = MODEL,
    lead_1: Ends = LOWER,
    lead_3: Ends = LOWER,
    *,
    num_samples: int = 100,
    subject: Subject = Subject(model="mine", dataset="news", split="test"),  # noqa: B008 - a frozen record
    others: dict[str, Ends] | None = None,
    created: str = "2026-11-28T12:00:00+00:00",
    **numbers: Any,
) -> Report:
    """Return a report of the model `mine` with the given scores; `others`: scores of text models."""
    baselines = {"lead-1": lead_1, "lead-3": lead_3, **(others or {})}
    return Report(
        subject=subject,
        rouge=rouge(model, num_samples),
        baselines={name: rouge(ends, num_samples) for name, ends in baselines.items()},
        reference_points=(),
        mean_prediction_words=9.0,
        mean_reference_words=9.0,
        created=created,
        versions={},
        **{"num_looping": 0, "num_empty": 0, "num_cut": 0, **numbers},
    )
