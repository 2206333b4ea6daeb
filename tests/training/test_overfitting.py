"""Overfitting: each `train` option learns sixteen summaries by heart, and reads them from their pages."""

import pytest

from data.progress import Silent
from data.store.workspace import Workspace
from tests.training.trainings import short_training
from training.evaluate import evaluate_model
from training.options.config import Trainable
from training.options.decoding_config import EvaluationConfig
from training.train import train


def rouge_l(workspace: Workspace, model: str, blank_pages: bool) -> float:
    """Score the summaries that a model writes for the sixteen pages it trained on."""
    output = f"{model}-blank" if blank_pages else model
    config = EvaluationConfig(
        model=model, dataset="brief", split="train", max_length=64, blank_pages=blank_pages, output=output
    )
    return evaluate_model(config, workspace, Silent()).report.rouge.scores["rougeL"].fmeasure


@pytest.mark.slow
@pytest.mark.parametrize(
    ("option", "learning_rate", "num_steps"),
    [
        ("all", 2e-3, 32),
        ("decoder", 5e-3, 36),
        ("dense", 8e-3, 33),
        ("attention", 1e-2, 42),
        # Only the 33 thousand weights between encoder and decoder train: they need larger and more steps.
        ("projector", 3e-2, 110),
        ("lora", 2e-2, 55),
        ("lora_experts", 2e-2, 42),
    ],
)
def test_sixteen_summaries_are_learnt_by_heart(
    brief_workspace: Workspace, option: Trainable, learning_rate: float, num_steps: int
) -> None:
    once = {
        "eval_steps": num_steps,
        "save_steps": num_steps,
        "logging_steps": num_steps,
        "num_eval_samples": 0,
        "max_eval_samples": 1,
    }
    one_batch = {
        "max_steps": num_steps,
        "max_length": 64,
        "per_device_train_batch_size": 16,
        "gradient_accumulation_steps": 1,
    }
    output = f"by-heart-{option}"
    # In so few steps, Adam's average of squared gradients has to forget the first ones faster (adam_beta2).
    chosen = {
        "train": option,
        "learning_rate": learning_rate,
        "adam_beta2": 0.98,
        "cache_features": option != "all",
    }
    train(short_training(output=output, **once, **one_batch, **chosen), brief_workspace, Silent())
    assert rouge_l(brief_workspace, output, blank_pages=False) > 0.95
    # The model learnt which page has which summary, not the summaries alone.
    assert rouge_l(brief_workspace, output, blank_pages=True) < 0.5
