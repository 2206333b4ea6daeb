"""Functions compiled to one GPU kernel, so that intermediate results do not pass through the GPU's memory."""

from collections.abc import Callable
from functools import cache, wraps
from typing import Any, ParamSpec, TypeVar

import torch

from training.speed.compiler import missing_compiler_requirements

P = ParamSpec("P")
R = TypeVar("R")


def fused(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function of tensors if they are on a GPU and this machine can compile; the results differ by
    rounding only."""

    @wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        on_gpu = any(isinstance(value, torch.Tensor) and value.is_cuda for value in args)
        return (_compiled(function) if on_gpu and not missing_compiler_requirements() else function)(
            *args, **kwargs
        )

    return wrapper


@cache
def _compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    # Compile in this process: worker processes could outlive a killed training. Batches have many shapes, and
    # torch stops compiling at the limit. Both are arguments because torch's configuration holds for one
    # thread, and the backward pass runs in another.
    compiled: Callable[..., Any] = torch.compile(function, recompile_limit=32, options={"compile_threads": 1})  # type: ignore[call-overload]
    return compiled
