"""Bootstrap confidence intervals of means (percentile method, Efron and Tibshirani 1993)."""

import numpy as np
from numpy.typing import NDArray

_DRAWS_AT_ONCE = 1 << 22  # 32 MB of int64 indices


def intervals(
    values: NDArray[np.float64], confidence: float, num_resamples: int, seed: int
) -> NDArray[np.float64]:
    """Return the percentile bootstrap interval of each column's mean.

    Args:
        values: (num_samples, num_columns); rows are resampled as a whole, so columns keep their correlation.
        confidence: share of the resampled means inside the interval, 0 to 1.
        num_resamples: number of resamples.
        seed: equal seeds give equal intervals of equal values.

    Returns:
        (2, num_columns): the lower and the upper ends.
    """
    random = np.random.default_rng(seed)
    num_samples = len(values)
    chunk = max(1, _DRAWS_AT_ONCE // num_samples)
    means: list[NDArray[np.float64]] = []
    for start in range(0, num_resamples, chunk):
        drawn = random.integers(0, num_samples, (min(chunk, num_resamples - start), num_samples))
        means.append(np.stack([column[drawn].mean(axis=1) for column in values.T], axis=1))
    tail = (1 - confidence) / 2
    ends: NDArray[np.float64] = np.quantile(np.concatenate(means), [tail, 1 - tail], axis=0)
    return ends
