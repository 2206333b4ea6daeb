"""The script that made the tiny base runs from nothing to a folder that loads."""

import subprocess
import sys
from pathlib import Path

import pytest

from data.store.workspace import Workspace
from training.model import load_model

SCRIPT = Path(__file__).parents[2] / "scripts" / "pretrain_tiny_base.py"


@pytest.mark.slow
def test_one_step_of_each_stage_leaves_a_model_that_loads(tmp_path: Path) -> None:
    output = tmp_path / "base"
    command = [sys.executable, str(SCRIPT), "--output", str(output), "--steps", "1", "1", "1"]
    subprocess.run(command, check=True, capture_output=True)
    loaded = load_model(str(output), None, Workspace.create(tmp_path / "workspace"))
    assert loaded.kind == "tiny"
