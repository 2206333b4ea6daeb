"""The device and the precision that a model computes in, and how to recognise that GPU memory ran out."""

import gc

import torch

_OUT_OF_MEMORY_MESSAGES = ("out of memory", "CUBLAS_STATUS_ALLOC_FAILED", "CUDNN_STATUS_ALLOC_FAILED")
"""Messages of libraries below torch, in a plain RuntimeError, when GPU memory runs out."""


def compute_device() -> torch.device:
    """Return the GPU if there is one, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def uses_bf16(wants_bf16: bool = True) -> bool:
    """Return whether to compute in bfloat16: requested, and there is a GPU that supports it."""
    return wants_bf16 and torch.cuda.is_available() and torch.cuda.is_bf16_supported()


def compute_dtype(wants_bf16: bool = True) -> torch.dtype:
    """Return the dtype to load and compute a model in: bfloat16 as `uses_bf16` says, else float32."""
    return torch.bfloat16 if uses_bf16(wants_bf16) else torch.float32


def dtype_name(dtype: torch.dtype) -> str:
    """Return the name of a dtype without its module: `bfloat16`."""
    return str(dtype).removeprefix("torch.")


class EvaluationOutOfMemory(RuntimeError):
    """GPU memory ran out in an evaluation batch, not in a training step."""


def is_out_of_memory(error: RuntimeError) -> bool:
    """Return whether an error means that GPU memory ran out."""
    return isinstance(error, torch.OutOfMemoryError | EvaluationOutOfMemory) or any(
        message in str(error) for message in _OUT_OF_MEMORY_MESSAGES
    )


def free_memory() -> None:
    """Free the GPU memory that a failed step, or a model no longer in use, still holds."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
