"""Functions whose steps a GPU takes in one kernel, so that the numbers between them never go through its
memory."""

from collections.abc import Callable
from functools import cache, wraps
from typing import Any, ParamSpec, TypeVar

import torch

from training.speed.compiler import missing_compiler_requirements

P = ParamSpec("P")
R = TypeVar("R")


def fused(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function of tensors where they are on a GPU and this machine can compile. It comes to the
    same, but for rounding."""

    @wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        on_gpu = any(isinstance(value, torch.Tensor) and value.is_cuda for value in args)
        return (_compiled(function) if on_gpu and not missing_compiler_requirements() else function)(
            *args, **kwargs
        )

    return wrapper


@cache
def _compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    # Compiled in this process, since helpers could outlive a killed training. Pages and batches of many sizes
    # come by, and beyond the limit nothing is compiled any more. Both as arguments: what torch's
    # configuration says holds for one thread, not for backward's.
    compiled: Callable[..., Any] = torch.compile(function, recompile_limit=32, options={"compile_threads": 1})  # type: ignore[call-overload]
    return compiled
