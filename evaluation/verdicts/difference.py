"""The difference between two results on the same samples, by a paired bootstrap (Efron and Tibshirani 1993):
the differences of the samples are resampled, so what makes a sample hard for both does not count."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from evaluation.bootstrap import intervals
from evaluation.scores import PairedDifference, PairedRelation, RougeSettings
from evaluation.verdicts.verdict import MIN_SAMPLES

_SETTINGS: Final = RougeSettings()
"""Their confidence, resamples and seed are those of every report."""


def paired_difference(scores: Sequence[float], others: Sequence[float]) -> PairedDifference:
    """Return the difference of two results, the first minus the second.

    Args:
        scores: ROUGE-L of each sample, 0 to 1.
        others: those of the other result, in the same order.
    """
    if not scores:
        return PairedDifference(
            num_samples=0, difference=None, low=None, high=None, won=0, lost=0, relation="too_few"
        )
    differences = np.array(scores, dtype=np.float64) - np.array(others, dtype=np.float64)
    (low,), (high,) = intervals(
        differences[:, np.newaxis], _SETTINGS.confidence, _SETTINGS.num_resamples, _SETTINGS.seed
    ).tolist()
    return PairedDifference(
        num_samples=len(differences),
        difference=float(differences.mean()),
        low=low,
        high=high,
        won=float((differences > 0).mean()),
        lost=float((differences < 0).mean()),
        relation=_relation(len(differences), low, high),
    )


def _relation(num_samples: int, low: float, high: float) -> PairedRelation:
    if num_samples < MIN_SAMPLES:
        return "too_few"
    return "above" if low > 0 else "below" if high < 0 else "not_shown"
