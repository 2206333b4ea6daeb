"""Which steps of a training have a rate, a record and a checkpoint; and what a copied checkpoint knows."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch

from data.errors import Stopped
from data.progress import Silent
from data.store.workspace import Workspace
from evaluation.training_metrics import read_metrics
from tests.training.trainings import Listener, short_training
from training.generation.summarizer import load_summarizer
from training.models.loading import load_model
from training.options.decoding_config import PredictionConfig
from training.options.model_kinds import PROVENANCE_FILE
from training.train import train

RARE: dict[str, Any] = {"eval_steps": 100, "save_steps": 100, "logging_steps": 100, "num_eval_samples": 0}


@dataclass
class Crashes(Silent):
    """Ends the process' work after a step, as a crash would: without a checkpoint."""

    after: int

    def advance(self, done: int, total: int | None, unit: str, **counts: int) -> None:
        if unit == "steps" and done == self.after:
            raise RuntimeError("crash")


def train_losses(folder: Path) -> dict[int, float]:
    return {
        int(record["step"]): record["train_loss"]
        for record in read_metrics(folder).history
        if record["train_loss"] is not None
    }


def test_the_only_step_of_a_training_changes_the_weights(brief_workspace: Workspace) -> None:
    schedules = ("cosine", "linear", "constant", "constant_with_warmup")
    for schedule in schedules:
        config = short_training(output=f"one-{schedule}", max_steps=1, lr_scheduler_type=schedule, **RARE)
        folder = train(config, brief_workspace, Silent()).folder
        base, trained = (
            load_model(name, None, brief_workspace).model.state_dict() for name in ("tiny", config.output)
        )
        assert sum(not torch.equal(base[name], trained[name]) for name in base) > len(base) / 2
        assert read_metrics(folder).latest["learning_rate"] is not None


def test_the_last_step_is_recorded_at_any_interval(brief_workspace: Workspace) -> None:
    folder = train(short_training(output="unlogged", max_steps=3, **RARE), brief_workspace, Silent()).folder
    assert list(train_losses(folder)) == [1, 3]
    latest = read_metrics(folder).latest
    assert (latest["step"], latest["train_loss"]) == (3, train_losses(folder)[3])


def test_the_step_of_an_early_stop_is_recorded(brief_workspace: Workspace) -> None:
    early = {
        "early_stopping_patience": 1,
        "early_stopping_threshold": 1000.0,
        "max_steps": 8,
        "eval_steps": 1,
    }
    config = short_training(output="early-unlogged", **{**RARE, **early})
    assert list(train_losses(train(config, brief_workspace, Silent()).folder)) == [1, 2]


def test_intervals_that_a_resume_changes_are_used(brief_workspace: Workspace) -> None:
    values = {**RARE, "max_steps": 5, "output": "intervals", "save_total_limit": 10}
    with pytest.raises(Stopped):
        train(short_training(**values), brief_workspace, Listener(stop_after_step=1))
    values |= {"save_steps": 2, "logging_steps": 1}
    listener = Listener()
    folder = train(short_training(**values), brief_workspace, listener).folder
    assert list(train_losses(folder)) == [1, 2, 3, 4, 5]
    assert [path.name for path in listener.checkpoints] == [f"checkpoint-{step}" for step in (2, 4, 5)]


def test_a_crash_changes_no_recorded_loss(brief_workspace: Workspace) -> None:
    values = {**RARE, "max_steps": 6, "save_steps": 3, "logging_steps": 2}
    whole = train(short_training(output="whole-losses", **values), brief_workspace, Silent()).folder
    config = short_training(output="crashed-losses", **values)
    with pytest.raises(RuntimeError, match="crash"):
        train(config, brief_workspace, Crashes(after=5))
    resumed = train(config, brief_workspace, Silent()).folder
    assert train_losses(resumed) == train_losses(whole)


def test_a_copied_checkpoint_keeps_prompt_and_page_style(brief_workspace: Workspace, tmp_path: Path) -> None:
    config = short_training(output="copied", max_steps=2, prompt="\nIn one line.")
    folder = train(config, brief_workspace, Silent()).folder
    copy = Path(shutil.copytree(folder / "checkpoints" / "checkpoint-2", tmp_path / "copy"))
    asked, listener = PredictionConfig(model=str(copy), inputs=("x",)), Listener()
    summarizer = load_summarizer(asked, None, 1, brief_workspace, listener)
    assert summarizer.collator.token_layout.prompt == "\nIn one line."
    assert summarizer.rendering.mode == "micro"
    assert not any(PROVENANCE_FILE in text for text in listener.texts)

    (copy / PROVENANCE_FILE).unlink()  # as earlier versions wrote checkpoints
    load_summarizer(asked, "micro", 1, brief_workspace, listener)
    assert any(f"has no {PROVENANCE_FILE}" in text for text in listener.texts)
    inside = PredictionConfig(model="copied/checkpoints/checkpoint-2", inputs=("x",))
    assert load_summarizer(inside, None, 1, brief_workspace, Silent()).collator.token_layout.prompt == (
        "\nIn one line."
    )


def test_other_users_may_read_what_the_folder_s_mode_lets_them(brief_workspace: Workspace) -> None:
    config = short_training(output="shared", max_steps=1, cache_features=True, train="dense", **RARE)
    folder = train(config, brief_workspace, Silent()).folder
    features = brief_workspace.cache / "features"
    weights = [path for place in (folder, features) for path in place.rglob("*.safetensors")]
    assert {path.name for path in weights} >= {"model.safetensors", "trained.safetensors"}
    assert all(path.stat().st_mode & 0o777 == path.parent.stat().st_mode & 0o666 for path in weights)


def test_the_card_says_in_which_precision_the_model_was_trained(brief_workspace: Workspace) -> None:
    folder = train(short_training(output="precise", max_steps=1, **RARE), brief_workspace, Silent()).folder
    has_bf16 = str(torch.cuda.is_available() and torch.cuda.is_bf16_supported()).lower()
    assert f'"bf16": {has_bf16}' in (folder / "model" / "README.md").read_text()
