"""The learning-rate finder on a real dataset, and its arithmetic on known curves."""

import json
import math
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
