"""The script that made the tiny base runs from nothing to a folder that loads."""

import runpy
import sys
from pathlib import Path

import pytest

from data.store.workspace import Workspace
from training.models.loading import load_model

SCRIPT = Path(__file__).parents[2] / "scripts" / "pretrain_tiny_base.py"


def test_one_step_of_each_stage_leaves_a_model_that_loads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = tmp_path / "base"
    monkeypatch.setattr(sys, "argv", [str(SCRIPT), "--output", str(output), "--steps", "1", "1", "1"])
    monkeypatch.setattr(sys, "path", [*sys.path])  # the script adds its repository
    runpy.run_path(str(SCRIPT), run_name="__main__")
    loaded = load_model(str(output), None, Workspace.create(tmp_path / "workspace"))
    assert loaded.kind == "tiny"
