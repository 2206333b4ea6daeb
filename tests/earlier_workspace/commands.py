"""What the workspace holds, and the commands that make and continue it.

The tests use the product only through its command (`deepsynth`, which is web_ui.cli:main), its API and the
files of the workspace. These are the same in every version.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
"""One thread and no GPU: the same machine then computes the same bytes."""
STOPPED_CODE = 130
"""Exit code of a command that was stopped and has saved its work."""
RUN_ALL = "import json, sys; from web_ui.cli import main; sys.exit(max(map(main, json.loads(sys.argv[1]))))"
"""Runs several command lines, also after one has failed."""

SAMPLE = ("--source", "sample", "--length", "brief", "--mode", "micro", "--max-samples", "30")
HELD_OUT = ("--set", "validation_fraction=0.1", "--set", "test_fraction=0.1", "--set", "num_workers=1")
WHOLE = ("generate", "--name", "whole", *SAMPLE, *HELD_OUT)
HALF = ("generate", "--name", "half", *SAMPLE, *HELD_OUT, "--seed", "1", "--set", "shard_rows=3")
WHOLE_REQUEST = {
    "name": "whole",
    "source": {"kind": "sample", "length": "brief"},
    "rendering": {"mode": "micro"},
    "max_samples": 30,
    "validation_fraction": 0.1,
    "test_fraction": 0.1,
    "num_workers": 1,
}
"""The same dataset as WHOLE, as a request to the API."""

TRAINING = {
    "dataset": "whole",
    "model": "tiny",
    "preset": "default",
    "per_device_train_batch_size": 2,
    "gradient_accumulation_steps": 1,
    "learning_rate": 1e-3,
    "num_eval_samples": 0,
    "num_test_samples": 1,
    "save_total_limit": 1,
    "logging_steps": 1,
}
FINISHED = TRAINING | {
    "output": "finished",
    "train": "projector",
    "max_steps": 4,
    "eval_steps": 4,
    "save_steps": 4,
}
PAUSED_STEP = 20
PAUSED = TRAINING | {
    "output": "paused",
    "train": "projector",
    "max_steps": 30,
    "eval_steps": PAUSED_STEP,
    "save_steps": PAUSED_STEP,
    "load_best_model_at_end": False,
}
PAUSED_JOB = TRAINING | {
    "output": "paused_job",
    "model": "finished",
    "train": "lora",
    "optim": "adafactor",
    "max_steps": 10,
    "eval_steps": 10,
    "save_steps": 10,
    "gradient_accumulation_steps": 2,
}


def train_command(values: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the command line of a training."""
    settings = {
        name: value for name, value in values.items() if name not in ("dataset", "model", "preset", "output")
    }
    named = [
        word for name in ("dataset", "model", "preset", "output") for word in (f"--{name}", str(values[name]))
    ]
    return (
        "train",
        *named,
        *(word for name, value in settings.items() for word in ("--set", f"{name}={value}")),
    )


def start_deepsynth(arguments: Sequence[str], workspace: Path) -> "subprocess.Popen[str]":
    """Start a command of the product in a process of its own."""
    return start_python(["-m", "web_ui.cli", *with_workspace(arguments, workspace)], workspace)


def run_deepsynth(workspace: Path, *commands: Sequence[str]) -> None:
    """Run commands of the product one after another in one process, which loads torch once."""
    lines = json.dumps([with_workspace(arguments, workspace) for arguments in commands])
    process = start_python(["-c", RUN_ALL, lines], workspace)
    _, errors = process.communicate()
    assert process.returncode == 0, errors


def with_workspace(arguments: Sequence[str], workspace: Path) -> list[str]:
    """Return the arguments with the options that every command has."""
    return [*arguments, "--workspace", str(workspace), "--quiet"]


def start_python(arguments: Sequence[str], workspace: Path) -> "subprocess.Popen[str]":
    """Start Python beside a workspace, without the settings of the user's own service."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DEEPSYNTH_")}
    return subprocess.Popen(
        [sys.executable, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=workspace.parent,
        env=kept | ENVIRONMENT,
    )
