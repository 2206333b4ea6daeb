"""What must stay light: neither the web process nor the command line's help may load torch, pyarrow or
Skia."""

import subprocess
import sys

import pytest

HEAVY = {"torch", "transformers", "accelerate", "peft", "pyarrow", "skia", "datasets"}
LIGHT = [
    "training.options.config",
    "training.options.optimal_configs",
    "training.options.memory",
    "evaluation.training_metrics",
    "data.config",
    "data.dataset.manifest",
    "web_ui.cli",
    "web_ui.app",
]


@pytest.mark.parametrize("module", LIGHT)
def test_module_imports_nothing_heavy(module: str) -> None:
    program = f"import sys, {module}; print(sorted({HEAVY} & set(sys.modules)))"
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"
