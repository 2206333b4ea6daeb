"""The difference between two results on the same samples, by a paired bootstrap (Efron and Tibshirani 1993):
the differences of the samples are resampled, so what makes a sample hard for both does not count."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from evaluation.bootstrap import intervals
from evaluation.scores import PairedDifference, RougeSettings, relation_of

_SETTINGS: Final = RougeSettings()
"""Their confidence, resamples and seed are those of every report."""


def paired_difference(
    scores: Sequence[float] | NDArray[np.float64],
    others: Sequence[float] | NDArray[np.float64],
    settings: RougeSettings = _SETTINGS,
) -> PairedDifference:
    """Return the difference of two results, the first minus the second.

    Args:
        scores: ROUGE-L of each sample, 0 to 1.
        others: those of the other result, in the same order.
        settings: whose confidence, resamples and seed are used.
    """
    if len(scores) == 0:
        return PairedDifference(
            num_samples=0, difference=None, low=None, high=None, won=0, lost=0, relation="too_few"
        )
    differences = np.asarray(scores, dtype=np.float64) - np.asarray(others, dtype=np.float64)
    (low,), (high,) = intervals(
        differences[:, np.newaxis], settings.confidence, settings.num_resamples, settings.seed
    ).tolist()
    return PairedDifference(
        num_samples=len(differences),
        difference=float(differences.mean()),
        low=low,
        high=high,
        won=float((differences > 0).mean()),
        lost=float((differences < 0).mean()),
        relation=relation_of(len(differences), low, high),
    )
