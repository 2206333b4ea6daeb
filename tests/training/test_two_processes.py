"""Two processes train as one does with the same samples per step, started by torchrun or by Ray."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from data.config import DatasetConfig, RenderingConfig, SampleSource
from data.generate import generate
from data.progress import Silent
from data.store.workspace import Workspace
from training.config import TrainingConfig
from training.model import load_model
from training.optimal_configs import training_config
from training.train import train

TRAIN_AS_A_PROCESS = """
import json, sys
from pathlib import Path
from data.progress import Silent
from data.store.workspace import Workspace
from training.config import TrainingConfig
from training.train import train
train(TrainingConfig(**json.loads(sys.argv[2])), Workspace(Path(sys.argv[1])), Silent())
"""


def losses(workspace: Workspace, output: str) -> dict[int, float]:
    history = json.loads((workspace.model(output) / "metrics_history.json").read_text())
    records = history["history"] if isinstance(history, dict) else history
    return {record["step"]: record["train_loss"] for record in records if record.get("train_loss") is not None}


@pytest.fixture(scope="module")
def trained_alone(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, TrainingConfig]:
    """Train in one process, and return what two processes must do with half the accumulation."""
    workspace = Workspace.create(tmp_path_factory.mktemp("workspace"))
    source = SampleSource(length="brief")
    generate(DatasetConfig(name="brief", source=source, max_samples=16, rendering=RenderingConfig(mode="micro")), workspace, Silent())
    few = {
        "max_steps": 2,
        "eval_steps": 2,
        "save_steps": 2,
        "logging_steps": 1,
        "max_length": 48,
        "num_eval_samples": 3,
        "num_test_samples": 1,
    }
    one = training_config(
        "default", dataset="brief", output="one", train="dense", **few, per_device_train_batch_size=4, gradient_accumulation_steps=2
    )
    train(one, workspace, Silent())
    return workspace, one.model_copy(update={"gradient_accumulation_steps": 1})


def assert_as_alone(workspace: Workspace, output: str) -> None:
    """Two steps were made with the losses of one process, and end in its weights."""
    assert losses(workspace, output).keys() == {1, 2}
    assert losses(workspace, output) == pytest.approx(losses(workspace, "one"), rel=1e-5)
    first, second = (load_model(name, None, workspace).model.state_dict() for name in ("one", output))
    assert all((first[name] - second[name]).abs().max() < 1e-5 for name in first)


@pytest.mark.slow
def test_two_processes_have_the_losses_of_one(trained_alone: tuple[Workspace, TrainingConfig], tmp_path: Path) -> None:
    workspace, config = trained_alone
    two = config.model_copy(update={"output": "two"})
    script = tmp_path / "train_as_a_process.py"
    script.write_text(TRAIN_AS_A_PROCESS)
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "OMP_NUM_THREADS": "1"}
    subprocess.run([*torchrun, str(script), str(workspace.root), two.model_dump_json()], env=environment, check=True, timeout=600)
    assert_as_alone(workspace, "two")


@pytest.mark.slow
def test_two_workers_on_ray_have_the_losses_of_one(trained_alone: tuple[Workspace, TrainingConfig]) -> None:
    ray = pytest.importorskip("ray")
    from training.ray_engine import train_on_ray  # noqa: PLC0415 - an optional extra

    workspace, config = trained_alone
    ray.init(num_cpus=3, include_dashboard=False, log_to_driver=False, configure_logging=False)
    try:
        train_on_ray(config.model_copy(update={"output": "on-ray"}), workspace, num_workers=2)
    finally:
        ray.shutdown()
    assert_as_alone(workspace, "on-ray")
