"""The learning-rate finder on a real dataset, and its arithmetic on known curves."""

import json
import math
import random
from itertools import pairwise

import pytest
from pydantic import ValidationError

from data.config import DatasetConfig, RenderingConfig, SampleSource
from data.errors import Stopped
from data.generate import generate
from data.progress import Silent
from data.store.workspace import Workspace
from training.find_lr import CURVE, LrCurve, find_lr, has_diverged, smooth, sweep_rates
from training.options.config import FindLrConfig


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Return a workspace with a dataset of micro pages."""
    workspace = Workspace.create(tmp_path_factory.mktemp("workspace"))
    source = SampleSource(length="brief")
    generate(
        DatasetConfig(name="brief", source=source, max_samples=32, rendering=RenderingConfig(mode="micro")),
        workspace,
        Silent(),
    )
    return workspace


def sweep(**values: object) -> FindLrConfig:
    few = {
        "per_device_train_batch_size": 2,
        "gradient_accumulation_steps": 1,
        "max_length": 64,
        "num_steps": 10,
    }
    return FindLrConfig.model_validate({"dataset": "brief", "train": "all", **few, **values})


def test_rates_grow_by_the_same_factor() -> None:
    rates = sweep_rates(1e-6, 1e-2, 5)
    assert rates == pytest.approx([1e-6, 1e-5, 1e-4, 1e-3, 1e-2])


def test_the_suggestion_lies_where_the_loss_falls_fastest() -> None:
    rates = sweep_rates(1e-6, 1e-1, 60)
    losses = [4 - 3 / (1 + math.exp(-3 * (math.log10(rate) + 3.5))) + (50 * rate) ** 2 for rate in rates]
    suggestion = LrCurve.of(rates, losses).suggestion
    assert suggestion is not None
    assert 1e-4 < suggestion < 3e-3


SIGMOID_MIDDLE = 3e-4


def noisy_losses(seed: int, rates: list[float], fall: float) -> list[float]:
    """Return the losses of two samples a step, which fall around SIGMOID_MIDDLE and rise at high rates."""
    noise = random.Random(seed)
    shape = [1 / (1 + math.exp(-3 * math.log10(rate / SIGMOID_MIDDLE))) + 4 * rate for rate in rates]
    return [4.3 + noise.gauss(0, 0.8) - fall * share for share in shape]


def test_noise_moves_the_suggestion_by_less_than_a_factor_of_four() -> None:
    rates = sweep_rates(1e-7, 1e-2, 60)
    for seed in range(50):
        suggestion = LrCurve.of(rates, noisy_losses(seed, rates, 3.2)).suggestion
        assert suggestion is not None
        assert SIGMOID_MIDDLE / 4 < suggestion < SIGMOID_MIDDLE * 4


def test_mere_noise_has_no_clear_answer() -> None:
    rates = sweep_rates(1e-7, 1e-2, 60)
    suggested = [LrCurve.of(rates, noisy_losses(seed, rates, 0)).suggestion for seed in range(200)]
    assert sum(rate is not None for rate in suggested) <= 2


def test_the_curve_that_once_suggested_its_first_rate() -> None:
    """The losses of the tiny model at two samples a step: its steepest step is one of the noise."""
    losses = [
        *(4.64, 4.85, 2.96, 4.79, 4.15, 5.98, 4.5, 4.36, 4.8, 3.6, 4.68, 2.7, 3.92, 5.02, 4.67, 4.49, 3.33),
        *(
            3.63,
            3.18,
            5.06,
            3.69,
            3.71,
            4.41,
            3.39,
            5.11,
            4.66,
            4.21,
            2.8,
            3.12,
            4.31,
            3.85,
            3.52,
            3.84,
            4.09,
        ),
        *(
            3.6,
            3.39,
            3.12,
            2.82,
            2.16,
            2.89,
            2.81,
            1.95,
            1.65,
            2.04,
            1.62,
            1.66,
            1.38,
            1.47,
            1.37,
            1.17,
            1.29,
        ),
        *(1.15, 1.28, 1.12, 1.03, 1.23, 1.34, 1.4, 1.19, 1.79),
    ]
    suggestion = LrCurve.of(sweep_rates(1e-7, 1e-2, 60), losses).suggestion
    assert suggestion is not None
    assert 1e-4 < suggestion < 1e-3


def test_a_loss_that_never_falls_suggests_nothing() -> None:
    assert LrCurve.of(sweep_rates(1e-6, 1e-2, 10), [float(step) for step in range(1, 11)]).suggestion is None


def test_the_running_mean_of_a_constant_is_the_constant() -> None:
    assert smooth([2.5] * 6) == pytest.approx([2.5] * 6)


def test_divergence_is_a_grown_loss_or_not_a_finite_number() -> None:
    assert has_diverged([1.0, math.nan])
    assert has_diverged([1.0, 1.0, 100.0])
    assert not has_diverged([4.0, 3.0, 3.5])


def test_the_finder_writes_the_curve_of_the_first_steps_and_no_model(workspace: Workspace) -> None:
    result = find_lr(sweep(first_learning_rate=1e-5, last_learning_rate=1e-1), workspace, Silent())
    document = json.loads((result.folder / CURVE).read_text())
    assert all(high > low for low, high in pairwise(document["learning_rates"]))
    assert len(document["losses"]) == len(document["learning_rates"]) >= 3
    assert [path.name for path in result.folder.iterdir()] == [CURVE]
    assert not any(workspace.models.iterdir())
    # Its first loss is that of the same samples in other micro-batches: a mean over tokens, as in a training.
    halves = {
        "per_device_train_batch_size": 1,
        "gradient_accumulation_steps": 2,
        "optim": "adafactor",
        "dataloader_num_workers": 1,
    }
    again = find_lr(sweep(output="again", **halves), workspace, Silent())
    assert again.curve.losses[0] == pytest.approx(result.curve.losses[0], rel=1e-5)
    assert again.curve.losses[1:] != pytest.approx(result.curve.losses[1:], rel=1e-2)


def test_a_stop_request_ends_the_search(workspace: Workspace) -> None:
    class Impatient(Silent):
        def should_stop(self) -> bool:
            return True

    with pytest.raises(Stopped):
        find_lr(sweep(output="stopped"), workspace, Impatient())
    assert not (workspace.learning_rates / "stopped").exists()


def test_rates_in_the_wrong_order_are_refused() -> None:
    with pytest.raises(ValidationError, match=r"last_learning_rate=1e-06 must be above"):
        sweep(first_learning_rate=1e-3, last_learning_rate=1e-6)
