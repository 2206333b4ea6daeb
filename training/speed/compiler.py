"""Checks whether this machine can compile GPU kernels. Imports no torch: `deepsynth doctor` reads it too."""

import os
import shutil
import sysconfig
from functools import cache
from importlib.util import find_spec
from pathlib import Path


@cache
def missing_compiler_requirements() -> list[str]:
    """List the programs and files that are missing to compile kernels. Without compiled kernels a GPU trains
    at 0.7 to 1.0 of the speed (docs/decisions.md)."""
    needed = {
        "Triton (it comes with torch's CUDA wheels)": find_spec("triton") is not None,
        "a C compiler (gcc)": bool(os.environ.get("CC") or shutil.which("gcc") or shutil.which("clang")),
        "Python's C headers (python3-dev)": (Path(sysconfig.get_path("include")) / "Python.h").is_file(),
    }
    return [what for what, found in needed.items() if not found]
