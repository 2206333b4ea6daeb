"""The recipe of the tiny model runs as the demo's requests do, and its table is judged."""

import pytest

from benchmarks import tiny_recipe
from benchmarks.tiny_recipe import Row, faults
from data.store.workspace import Workspace


def row(name: str, rouge_l: float) -> Row:
    return Row(name=name, scores={"rougeL": rouge_l}, rouge_l_interval=(rouge_l, rouge_l))


@pytest.mark.parametrize(
    ("second_seed", "lead_3", "blank", "said"),
    [
        (0.86, 0.66, 0.36, []),
        (0.84, 0.66, 0.36, ["seed 1 has ROUGE-L 84.0; at least 85.0 is required"]),
        (0.86, 0.88, 0.36, ["seed 1 has ROUGE-L 86.0; at least 88.0 is required"]),
        (0.86, 0.66, 0.40, ["blank pages has ROUGE-L 40.0: that much can be guessed"]),
    ],
)
def test_every_seed_must_read_and_blank_pages_must_not(
    second_seed: float, lead_3: float, blank: float, said: list[str]
) -> None:
    others = [row("blank pages", blank), row("lead-1", 0.99), row("lead-3", lead_3)]
    assert faults([row("seed 0", 0.95), row("seed 1", second_seed)], others) == said


def test_the_stages_give_the_rows(brief_workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    few = {
        "dataset": "brief",
        "max_steps": 1,
        "eval_steps": 1,
        "save_steps": 1,
        "num_eval_samples": 1,
        "max_length": 8,
    }
    monkeypatch.setattr(tiny_recipe, "DATASET", tiny_recipe.DATASET | {"name": "recipe", "max_samples": 8})
    for name in ("TRAINING", "CONTROL"):
        monkeypatch.setattr(tiny_recipe, name, getattr(tiny_recipe, name) | few)
    trained, others = tiny_recipe.measure(brief_workspace, [7])
    assert [found.name for found in (*trained, *others)] == [
        "seed 7",
        "seed 7, blank pages",
        "lead-1",
        "lead-3",
    ]
    assert trained[0].share_exact == 0
    assert "ROUGE" in faults(trained, others)[0]
