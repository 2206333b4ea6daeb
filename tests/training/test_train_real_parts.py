"""Trainings with the feature cache, with too little memory and with adapters: the same result as without, and
a model that loads."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
import torch

from data.config import DatasetConfig, RenderingConfig, SampleSource
from data.generate import generate
from data.progress import Level, Silent
from data.store.workspace import Workspace
from evaluation.training_metrics import read_metrics
from training.export import export
from training.loop.trainer import PageTrainer
from training.models.loading import load_model
from training.options.optimal_configs import training_config
from training.train import TrainingResult, train


@dataclass
class Listener(Silent):
    """Collects messages and metrics."""

    texts: list[str] = field(default_factory=list)
    losses: dict[int, float] = field(default_factory=dict)

    def message(self, text: str, level: Level = "info") -> None:
        self.texts.append(text)

    def metric(self, step: int, values: Mapping[str, float | None]) -> None:
        if values.get("train_loss") is not None:
            self.losses[step] = float(values["train_loss"] or 0)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Return a workspace with a dataset of micro pages."""
    workspace = Workspace.create(tmp_path_factory.mktemp("workspace"))
    source = SampleSource(length="brief")
    generate(
        DatasetConfig(name="brief", source=source, max_samples=16, rendering=RenderingConfig(mode="micro")),
        workspace,
        Silent(),
    )
    return workspace


def run(workspace: Workspace, output: str, **values: Any) -> tuple[TrainingResult, Listener]:
    """Train the tiny model for two epochs of two steps."""
    few = {
        "gradient_accumulation_steps": 4,
        "num_train_epochs": 2,
        "eval_steps": 2,
        "save_steps": 1,
        "logging_steps": 1,
        "max_length": 48,
    }
    scored = {"num_eval_samples": 1, "num_test_samples": 1, "train": "dense", "output": output}
    listener = Listener()
    return train(
        training_config("default", dataset="brief", **{**few, **scored, **values}), workspace, listener
    ), listener


def weights(workspace: Workspace, output: str) -> dict[str, torch.Tensor]:
    return dict(load_model(output, None, workspace).model.state_dict())


def test_the_feature_cache_gives_the_same_weights(workspace: Workspace) -> None:
    plain, _ = run(workspace, "plain")
    cached, listener = run(workspace, "cached", cache_features=True)
    assert any("encoder's output for" in text for text in listener.texts)
    assert len(list((workspace.cache / "features").rglob("*.safetensors"))) >= 16
    assert cached.metrics["eval_loss"] == plain.metrics["eval_loss"]
    first, second = weights(workspace, "plain"), weights(workspace, "cached")
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_after_out_of_memory_the_training_continues_from_the_last_step_with_the_same_samples(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, expected = run(workspace, "enough", per_device_train_batch_size=1, gradient_accumulation_steps=8)
    step = PageTrainer.training_step

    def too_large_from_step_two(
        trainer: PageTrainer, model: torch.nn.Module, inputs: dict[str, Any], *rest: Any
    ) -> torch.Tensor:
        if trainer.state.global_step >= 2 and len(inputs["input_ids"]) > 1:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 1.00 GiB.")
        return step(trainer, model, inputs, *rest)

    loss_of = PageTrainer._compute_eval_loss

    def too_large_to_evaluate(trainer: PageTrainer, batch: dict[str, Any]) -> torch.Tensor:
        if trainer.args.per_device_eval_batch_size > 1:
            raise RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED")
        return loss_of(trainer, batch)

    monkeypatch.setattr(PageTrainer, "training_step", too_large_from_step_two)
    monkeypatch.setattr(PageTrainer, "_compute_eval_loss", too_large_to_evaluate)
    sizes = {
        "per_device_train_batch_size": 2,
        "gradient_accumulation_steps": 4,
        "per_device_eval_batch_size": 2,
    }
    result, listener = run(workspace, "short", **sizes, save_steps=100)
    assert [
        record["step"] for record in read_metrics(result.folder).history if record["eval_loss"] is not None
    ] == [2, 4]
    used = json.loads((result.folder / "training_config.json").read_text())
    assert (used["per_device_train_batch_size"], used["per_device_eval_batch_size"]) == (1, 1)
    assert any(
        "Going on from the last step with micro-batches of 1 and 8 of them a step" in text
        for text in listener.texts
    )
    assert any("from step 2" in text for text in listener.texts)
    assert listener.losses.keys() == expected.losses.keys()
    assert listener.losses == pytest.approx(expected.losses, rel=1e-4)


def test_an_adapter_training_writes_the_same_merged_model_with_its_card_each_time(
    workspace: Workspace,
) -> None:
    result, _ = run(workspace, "adapted", train="lora", learning_rate=1e-2)
    run(workspace, "adapted-again", train="lora", learning_rate=1e-2)
    once, again = weights(workspace, "adapted"), weights(workspace, "adapted-again")
    assert all(torch.equal(once[name], again[name]) for name in once)
    before, after = load_model("tiny", None, workspace).model.state_dict(), weights(workspace, "adapted")
    name = "model.language_model.layers.1.self_attn.q_proj.weight"
    assert not torch.equal(before[name], after[name])
    use = export("adapted", None, workspace.root / "adapter", workspace, is_adapter=True).use
    exec(use.replace("config=config", "config=config, dtype='float32'"), made := {})
    plain = made["model"].merge_and_unload().state_dict()
    assert all(torch.allclose(plain[name], tensor, atol=1e-6) for name, tensor in once.items())
    card = (result.folder / "model" / "README.md").read_text()
    assert "| adapted |" in card
    assert re.search(
        r"\*\*(test|validation) ROUGE-L: [\d.]+, but 1 (test|validation) sample is too few", card
    )
    assert "lead-3" in card
    assert "| Facts not in the document |" in card


def test_a_training_starts_from_an_earlier_one_resumes_its_adapter_and_records_the_base_of_both(
    workspace: Workspace,
) -> None:
    run(workspace, "first", max_steps=1)
    result, _ = run(workspace, "second", model="first", train="lora", max_steps=2)
    config = json.loads((result.folder / "training_config.json").read_text())
    assert config["model"] == "first"
    adapter = load_model("second/checkpoints/checkpoint-2", None, workspace)
    merged = adapter.model.state_dict()
    assert all(
        torch.allclose(merged[name], tensor, atol=1e-6)
        for name, tensor in weights(workspace, "second").items()
    )
    assert adapter.provenance == load_model("second", None, workspace).provenance
    assert adapter.provenance is not None
    assert (adapter.provenance.mode, adapter.provenance.prompt, adapter.provenance.base_model) == (
        "micro",
        config["prompt"],
        "tiny",
    )
    card = (result.folder / "model" / "README.md").read_text()
    assert "license: mit" in card
    assert "from the earlier training first, which began with DeepSynth's tiny model" in card
    assert "published layout" not in card
