"""The paired difference of two results, against values worked out by hand."""

from itertools import product

import numpy as np
import pytest

from evaluation.difference import paired_difference
from evaluation.scores import MIN_SAMPLES


def test_the_interval_is_that_of_all_possible_resamples() -> None:
    """With three different differences, 27 resamples are equally likely; the bootstrap draws from them."""
    scores, others = [0.9, 0.5, 0.4] * 4, [0.5, 0.5, 0.5] * 4
    found = paired_difference(scores, others)
    assert found.difference == pytest.approx((0.4 + 0.0 - 0.1) / 3)
    assert (found.num_samples, found.won, found.lost) == (12, pytest.approx(1 / 3), pytest.approx(1 / 3))
    spread = np.sqrt(np.var([0.4, 0.0, -0.1]) / 12)  # of the mean of 12 drawn differences
    assert found.low == pytest.approx(0.1 - 1.96 * spread, abs=0.02)
    assert found.high == pytest.approx(0.1 + 1.96 * spread, abs=0.02)
    assert found.relation == "not_shown"


def test_two_samples_have_the_ends_of_their_four_resamples() -> None:
    found = paired_difference([0.5, 0.7], [0.4, 0.4])
    means = sorted(np.mean(pair) for pair in product([0.1, 0.3], repeat=2))
    assert (found.low, found.high) == (pytest.approx(means[0]), pytest.approx(means[-1]))
    assert found.relation == "too_few"


def test_a_small_constant_advantage_is_shown_though_the_scores_vary_much() -> None:
    others = [number / 20 for number in range(19)]
    found = paired_difference([score + 0.02 for score in others], others)
    assert (found.relation, found.won) == ("above", 1.0)
    assert paired_difference(others, [score + 0.02 for score in others]).relation == "below"


def test_equal_results_show_no_difference() -> None:
    found = paired_difference([0.5] * 10, [0.5] * 10)
    assert (found.difference, found.relation, found.won, found.lost) == (0, "not_shown", 0, 0)


def test_without_common_samples_there_is_no_number() -> None:
    found = paired_difference([], [])
    assert (found.num_samples, found.difference, found.low) == (0, None, None)


def test_half_of_the_shares_and_the_rest_is_equal() -> None:
    found = paired_difference([0.5, 0.6, 0.7, 0.8], [0.5, 0.5, 0.9, 0.7])
    assert (found.won, found.lost) == (0.5, 0.25)


def share_of_intervals_that_hold(true_difference: float, num_samples: int) -> float:
    """Return how often the interval of 200 simulated comparisons holds the known difference: samples differ
    much in difficulty, which both results share, and little between the results."""
    random = np.random.default_rng(7)
    held = 0
    for _ in range(200):
        difficulty = random.beta(2, 3, num_samples)
        others = difficulty + random.normal(0, 0.05, num_samples)
        scores = difficulty + true_difference + random.normal(0, 0.05, num_samples)
        found = paired_difference(scores, others)
        assert found.low is not None
        assert found.high is not None
        held += found.low <= true_difference <= found.high
    return held / 200


@pytest.mark.parametrize(("true_difference", "num_samples"), [(0.03, 60), (0.0, 200), (-0.02, 30)])
def test_the_interval_holds_a_known_difference_as_often_as_it_says(
    true_difference: float, num_samples: int
) -> None:
    assert 0.90 <= share_of_intervals_that_hold(true_difference, num_samples) <= 0.99


def test_below_the_least_number_of_samples_the_interval_is_too_narrow_to_decide_by() -> None:
    assert share_of_intervals_that_hold(0.03, MIN_SAMPLES) >= 0.86
    assert share_of_intervals_that_hold(0.03, 4) < 0.86
