"""The plan of a study and its cells."""

from itertools import pairwise
from typing import Any

import pytest

from data.errors import InvalidInput
from data.validation import parse_config
from web_ui.studies.plan import StudyConfig, describe_cell, distinct_datasets, plan_cells

PLAN: dict[str, Any] = {
    "name": "modes",
    "dataset": {"source": {"kind": "sample", "length": "brief"}, "max_samples": 60},
    "training": {"preset": "quick_test", "model": "tiny"},
    "axes": {"dataset.rendering.mode": ["micro", "small"], "training.learning_rate": [1e-3, 1e-4]},
    "seeds": [1, 2],
}


def study(**changes: Any) -> StudyConfig:
    return parse_config(StudyConfig, {**PLAN, **changes})


def test_every_combination_is_a_cell_with_a_training_for_each_seed() -> None:
    cells = plan_cells(study())
    assert [tuple(cell.settings.values()) for cell in cells] == [
        ("micro", 1e-3),
        ("micro", 1e-4),
        ("small", 1e-3),
        ("small", 1e-4),
    ]
    assert [run.seed for run in cells[0].runs] == [1, 2]
    assert cells[2].dataset.rendering.mode == "small"
    assert {run.training.learning_rate for run in cells[1].runs} == {1e-4}
    assert {run.training.dataset for run in cells[1].runs} == {cells[1].dataset.name}


def test_cells_with_equal_datasets_share_one_and_no_training_is_twice() -> None:
    cells = plan_cells(study())
    assert len(distinct_datasets(cells)) == 2
    outputs = [run.training.output for cell in cells for run in cell.runs]
    assert len(set(outputs)) == len(outputs) == 8


def test_a_larger_plan_keeps_the_names_of_the_smaller_one() -> None:
    small = {run.training.output for cell in plan_cells(study(seeds=[1])) for run in cell.runs}
    large = {run.training.output for cell in plan_cells(study()) for run in cell.runs}
    assert small < large


def test_a_random_search_draws_cells_and_keeps_them_when_it_draws_more() -> None:
    rates = [10.0**-power for power in range(1, 9)]
    axes = {"training.learning_rate": rates, "training.weight_decay": [0, 0.1]}
    drawn = [plan_cells(study(axes=axes, max_cells=number)) for number in (3, 5, 16, 99)]
    assert [len(cells) for cells in drawn] == [3, 5, 16, 16]
    chosen = [[tuple(cell.settings.values()) for cell in cells] for cells in drawn]
    assert all(set(few) < set(more) for few, more in pairwise(chosen[:3]))
    assert chosen[2] == [(rate, decay) for rate in rates for decay in (0, 0.1)]
    assert chosen[1] != chosen[2][:5]
    assert study(axes=axes, max_cells=3).num_runs == 6


def test_a_plan_that_is_too_large_may_be_drawn_from() -> None:
    axes = {"training.learning_rate": [number / 1000 for number in range(1, 201)]}
    with pytest.raises(InvalidInput, match="the plan has 400 trainings"):
        study(axes=axes)
    assert len(plan_cells(study(axes=axes, max_cells=4))) == 4


def test_the_control_scores_the_same_samples_with_blank_pages() -> None:
    run = plan_cells(study())[0].runs[0]
    assert run.control is not None
    assert (run.control.blank_pages, run.control.split, run.control.model) == (
        True,
        "test",
        run.training.output,
    )
    assert run.control.max_samples == run.training.num_test_samples
    assert plan_cells(study(blank_pages=False))[0].runs[0].control is None


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"axes": {"learning_rate": [1]}}, "an axis is dataset.SETTING or training.SETTING"),
        ({"axes": {"training.output": ["a"]}}, "an axis is dataset.SETTING or training.SETTING"),
        ({"axes": {"training.seed": [1]}}, "an axis is dataset.SETTING or training.SETTING"),
        ({"axes": {"dataset.publish.repository": ["a/b"]}}, "an axis is dataset.SETTING"),
        ({"axes": {"training.learning_rate": []}}, "with no value, or with one twice"),
        ({"axes": {"training.learning_rate": [1, 1]}}, "with no value, or with one twice"),
        ({"training": {"output": "a"}}, "training holds output, which the study chooses"),
        ({"dataset": {"name": "a"}}, "dataset holds name, which the study chooses"),
        ({"seeds": [1, 1]}, "seeds holds a seed twice"),
        ({"seeds": []}, "must have a length of at least 1"),
        ({"axes": {"training.learning_rate": [value / 1e6 for value in range(1, 200)]}}, "at most 256"),
        ({"name": "a/b"}, "name"),
    ],
)
def test_a_wrong_plan_is_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        study(**changes)
    assert words in refusal.value.message


@pytest.mark.parametrize(
    ("axes", "cell"),
    [
        ({"dataset.rendering.mode": ["micro", "nope"]}, "mode nope"),
        ({"training.learning_rate": [1e-3, -1]}, "learning_rate -1"),
        ({"training.no_such_setting": [1]}, "no_such_setting 1"),
        ({"dataset.max_samples.deeper": [1]}, "max_samples"),
    ],
)
def test_a_cell_that_cannot_run_is_named(axes: dict[str, Any], cell: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        plan_cells(study(axes=axes))
    assert cell in refusal.value.message


def test_an_axis_may_be_what_varies_in_a_style() -> None:
    vary = "noise: 0, 0.1; blur_px: 0 to 1"
    cells = plan_cells(study(axes={"dataset.rendering.vary": [None, vary]}))
    assert [cell.dataset.rendering.vary for cell in cells] == [None, "blur_px: 0 to 1; noise: 0, 0.1"]
    assert describe_cell(cells[1].settings) == f"vary {vary}"


def test_a_cell_is_described_by_its_settings() -> None:
    assert describe_cell({"dataset.rendering.mode": "micro", "training.learning_rate": 0.1}) == (
        "mode micro, learning_rate 0.1"
    )
    assert describe_cell({}) == "the base"
