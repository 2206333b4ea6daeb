"""Functions whose steps a GPU takes in one kernel, so that the numbers between them never go through its memory."""

import shutil
import sysconfig
from collections.abc import Callable
from functools import cache, wraps
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import torch

P = ParamSpec("P")
R = TypeVar("R")


def fused(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function of tensors where they are on a GPU and this machine can compile. It comes to the same, but for rounding."""

    @wraps(function)
    def compiled_or_not(*args: P.args, **kwargs: P.kwargs) -> R:
        on_gpu = any(isinstance(value, torch.Tensor) and value.is_cuda for value in args)
        return (_compiled(function) if on_gpu and not missing_for_fusion() else function)(*args, **kwargs)

    return compiled_or_not


@cache
def missing_for_fusion() -> list[str]:
    """List what keeps kernels from being compiled here. Without it a GPU trains all the same, but more slowly."""
    needed = {
        "Triton (it comes with torch's CUDA wheels)": find_spec("triton") is not None,
        "a C compiler (gcc)": any(shutil.which(name) for name in ("cc", "gcc", "clang")),
        "Python's C headers (python3-dev)": (Path(sysconfig.get_path("include")) / "Python.h").is_file(),
    }
    return [what for what, found in needed.items() if not found]


@cache
def _compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    torch._inductor.config.compile_threads = 1  # in this process: helpers could outlive a killed training
    compiled: Callable[..., Any] = torch.compile(function)
    return compiled
