"""Two processes train as one process does with the same samples per step; torchrun's launcher or Ray starts
them."""

import json
import math
import multiprocessing
import os
from pathlib import Path
from typing import Any

import pytest
import torch
from accelerate import PartialState
from accelerate.commands.launch import _validate_launch_command, launch_command_parser
from accelerate.utils import DistributedType
from accelerate.utils.launch import prepare_multi_gpu_env
from torch.distributed.launcher.api import LaunchConfig, elastic_launch
from torch.distributed.tensor import DTensor
from transformers import TrainingArguments

import training
from data.errors import InvalidInput, Stopped, TrainingError
from data.progress import Silent
from data.store.workspace import Workspace
from evaluation.report import read_report
from tests.training.trainings import StopsWhileScored, short_training
from training.evaluate import evaluate_model
from training.loop.arguments import build_training_arguments
from training.loop.trainer import PageTrainer
from training.models.loading import load_model
from training.options.config import TrainingConfig
from training.options.decoding_config import EvaluationConfig
from training.options.optimal_configs import training_config
from training.options.run_folder import PREDICTIONS
from training.train import train

LAUNCH = Path(training.__file__).parent / "launch"


def losses(workspace: Workspace, output: str) -> dict[int, float]:
    history = json.loads((workspace.model(output) / "metrics_history.json").read_text())
    records = history["history"] if isinstance(history, dict) else history
    return {
        record["step"]: record["train_loss"] for record in records if record.get("train_loss") is not None
    }


@pytest.fixture(scope="module")
def trained_alone(brief_workspace: Workspace) -> TrainingConfig:
    """Train in one process, and return the configuration for two processes: half the accumulation steps."""
    few = {"max_steps": 2, "eval_steps": 2, "save_steps": 2, "logging_steps": 1, "max_length": 48}
    scored = {
        "num_eval_samples": 3,
        "num_test_samples": 1,
        "per_device_train_batch_size": 7,  # the second step has 2 of 14 samples: the second process has none
        "gradient_accumulation_steps": 2,
    }
    one = training_config("default", dataset="brief", output="one", train="dense", **few, **scored)
    train(one, brief_workspace, Silent())
    return one.model_copy(update={"gradient_accumulation_steps": 1})


def assert_as_alone(workspace: Workspace, output: str) -> None:
    """Check that two steps have the losses of one process, and end with its weights."""
    assert losses(workspace, output).keys() == {1, 2}
    assert losses(workspace, output) == pytest.approx(losses(workspace, "one"), rel=1e-5)
    first, second = (load_model(name, None, workspace).model.state_dict() for name in ("one", output))
    assert all((first[name] - second[name]).abs().max() < 1e-5 for name in first)


def scoring(model: str, output: str) -> EvaluationConfig:
    few = {"max_samples": 3, "max_length": 24, "per_device_eval_batch_size": 1}
    return EvaluationConfig(model=model, dataset="brief", split="train", output=output, **few)


def two_processes(run: str) -> LaunchConfig:
    """Return the launch of two processes, forked from one that has already loaded the libraries."""
    multiprocessing.set_forkserver_preload(["training.train"])
    return LaunchConfig(
        1,
        1,
        2,
        run_id=run,
        rdzv_backend="c10d",
        rdzv_endpoint="localhost:0",
        max_restarts=0,
        start_method="forkserver",
    )


def one_of_two(config: TrainingConfig, root: Path) -> None:
    """Train as one process of several; runs in a separate process."""
    torch.set_num_threads(1)
    workspace = Workspace(root)
    train(config, workspace, Silent())
    assert_only_the_samples_of_the_second_process_are_named(
        config.model_copy(update={"output": "guilty"}), workspace
    )


def score_as_one_of_two(config: EvaluationConfig, root: Path) -> None:
    """Evaluate as one process of several, with a stop on the way; runs in a separate process."""
    torch.set_num_threads(1)
    workspace = Workspace(root)
    with pytest.raises(Stopped):
        evaluate_model(config, workspace, StopsWhileScored(after=2))
    evaluate_model(config, workspace, Silent())


def assert_only_the_samples_of_the_second_process_are_named(
    config: TrainingConfig, workspace: Workspace
) -> None:
    """Check that a non-finite loss in the second process ends both, with the samples of the second process
    named."""
    compute_loss, is_guilty = PageTrainer.compute_loss, not PartialState().is_main_process
    samples: set[str] = set()

    def broken_in_the_second(
        trainer: PageTrainer, model: torch.nn.Module, inputs: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        samples.update(inputs["document_ids"])
        loss = compute_loss(trainer, model, inputs, *args, **kwargs)
        return loss * math.nan if is_guilty else loss

    PageTrainer.compute_loss = broken_in_the_second
    with pytest.raises(TrainingError, match="loss became nan at step 1") as caught:
        train(config, workspace, Silent())
    named = set(caught.value.message.rstrip(".").rpartition(": ")[2].split(", "))
    assert samples & named == (samples if is_guilty else set())


def test_one_process_uses_one_gpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def four_gpus(arguments: TrainingArguments) -> torch.device:
        arguments._n_gpu = 4
        return torch.device("cpu")

    monkeypatch.setattr(TrainingArguments, "_setup_devices", property(four_gpus))
    arguments = build_training_arguments(
        TrainingConfig(dataset="brief", per_device_train_batch_size=2), tmp_path
    )
    assert (arguments.n_gpu, arguments.train_batch_size) == (1, 2)


def test_several_processes_refuse_auto_batch_size(
    brief_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TrainingArguments, "world_size", property(lambda _: 2))
    with pytest.raises(InvalidInput, match="auto_batch_size needs a single process"):
        train(short_training(output="tried", auto_batch_size=True), brief_workspace, Silent())


@pytest.mark.slow
def test_two_processes_have_the_losses_of_one(
    brief_workspace: Workspace, trained_alone: TrainingConfig
) -> None:
    elastic_launch(two_processes("two"), one_of_two)(
        trained_alone.model_copy(update={"output": "two"}), brief_workspace.root
    )
    assert_as_alone(brief_workspace, "two")
    elastic_launch(two_processes("score"), score_as_one_of_two)(
        scoring("two", "by-two"), brief_workspace.root
    )
    evaluate_model(scoring("two", "by-one"), brief_workspace, Silent())
    by_one, by_two = (brief_workspace.evaluations / name for name in ("by-one", "by-two"))
    assert (by_two / PREDICTIONS).read_bytes() == (by_one / PREDICTIONS).read_bytes()
    assert read_report(by_two).rouge == read_report(by_one).rouge


def one_of_two_that_share_the_weights(
    config: TrainingConfig, root: Path, environment: dict[str, str]
) -> None:
    """Train as one process of several, each with a part of the weights; runs in a separate process."""
    torch.set_num_threads(1)
    os.environ.update(environment)
    begin = PartialState.__init__

    def begin_as_on_gpus(state: PartialState, *arguments: object, **options: object) -> None:
        begin(state, *arguments, **options)
        # torch shards on CPUs too; accelerate shards on GPUs only, and checks only this.
        if state.distributed_type == DistributedType.MULTI_CPU:
            state.distributed_type = DistributedType.MULTI_GPU

    PartialState.__init__ = begin_as_on_gpus
    save = PageTrainer._save_checkpoint

    def save_shared(trainer: PageTrainer, *arguments: object) -> None:
        layers = [
            parameter for name, parameter in trainer.plain_model.named_parameters() if ".layers." in name
        ]
        assert all(
            isinstance(parameter, DTensor) and parameter.to_local().numel() < parameter.numel()
            for parameter in layers
        )
        save(trainer, *arguments)

    PageTrainer._save_checkpoint = save_shared
    train(config, Workspace(root), Silent())


def launch_environment(file: str) -> dict[str, str]:
    """Return the environment variables for sharding that `accelerate launch --config_file` sets."""
    arguments = launch_command_parser().parse_args(["--config_file", str(LAUNCH / file), "train"])
    told = prepare_multi_gpu_env(_validate_launch_command(arguments)[0])
    return {
        name: value
        for name, value in told.items()
        if name.startswith("FSDP_") or name == "ACCELERATE_USE_FSDP"
    }


@pytest.mark.slow
def test_two_processes_that_share_the_weights_have_the_losses_of_one(
    brief_workspace: Workspace, trained_alone: TrainingConfig
) -> None:
    config = trained_alone.model_copy(update={"output": "sharded"})
    elastic_launch(two_processes("sharded"), one_of_two_that_share_the_weights)(
        config, brief_workspace.root, launch_environment("fsdp.yaml")
    )
    assert_as_alone(brief_workspace, "sharded")


@pytest.mark.slow
def test_two_workers_on_ray_have_the_losses_of_one(
    brief_workspace: Workspace, trained_alone: TrainingConfig
) -> None:
    ray = pytest.importorskip("ray")
    from training.train_on_ray import train_on_ray  # noqa: PLC0415 - an optional extra

    ray.init(num_cpus=3, include_dashboard=False, log_to_driver=False, configure_logging=False)
    try:
        train_on_ray(trained_alone.model_copy(update={"output": "on-ray"}), brief_workspace, num_workers=2)
    finally:
        ray.shutdown()
    assert_as_alone(brief_workspace, "on-ray")
