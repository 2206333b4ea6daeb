"""Functions whose steps a GPU takes in one kernel, so that the numbers between them never go through its memory."""

from collections.abc import Callable
from functools import cache, wraps
from typing import Any, ParamSpec, TypeVar

import torch

from training.kernels import missing_for_kernels

P = ParamSpec("P")
R = TypeVar("R")


def fused(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function of tensors where they are on a GPU and this machine can compile. It comes to the same, but for rounding."""

    @wraps(function)
    def compiled_or_not(*args: P.args, **kwargs: P.kwargs) -> R:
        on_gpu = any(isinstance(value, torch.Tensor) and value.is_cuda for value in args)
        return (_compiled(function) if on_gpu and not missing_for_kernels() else function)(*args, **kwargs)

    return compiled_or_not


@cache
def _compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    torch._inductor.config.compile_threads = 1  # in this process: helpers could outlive a killed training
    torch._dynamo.config.recompile_limit = 32  # pages and batches of many sizes come by; beyond the limit nothing is compiled any more
    compiled: Callable[..., Any] = torch.compile(function)
    return compiled
