"""Two processes over gloo train as one does with the same samples per step."""

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


@pytest.mark.slow
def test_two_processes_have_the_losses_of_one(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path / "workspace")
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
    two = one.model_copy(update={"output": "two", "gradient_accumulation_steps": 1})
    script = tmp_path / "train_as_a_process.py"
    script.write_text(TRAIN_AS_A_PROCESS)
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "OMP_NUM_THREADS": "1"}
    subprocess.run([*torchrun, str(script), str(workspace.root), two.model_dump_json()], env=environment, check=True, timeout=600)
    assert losses(workspace, "two").keys() == {1, 2}
    assert losses(workspace, "two") == pytest.approx(losses(workspace, "one"), rel=1e-5)
    first, second = (load_model(name, None, workspace).model.state_dict() for name in ("one", "two"))
    assert all((first[name] - second[name]).abs().max() < 1e-5 for name in first)
