"""Whether this machine can compile kernels for its GPU. Imports without torch, for `deepsynth doctor`."""

import os
import shutil
import sysconfig
from functools import cache
from importlib.util import find_spec
from pathlib import Path


@cache
def missing_compiler_requirements() -> list[str]:
    """List what is missing to compile kernels here. A GPU trains without them, at down to 0.7 of the
    speed."""
    needed = {
        "Triton (it comes with torch's CUDA wheels)": find_spec("triton") is not None,
        "a C compiler (gcc)": bool(os.environ.get("CC") or shutil.which("gcc") or shutil.which("clang")),
        "Python's C headers (python3-dev)": (Path(sysconfig.get_path("include")) / "Python.h").is_file(),
    }
    return [what for what, found in needed.items() if not found]
