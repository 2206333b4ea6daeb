"""The device that a model computes on, its precision, and the errors that say that its memory is used up."""

import gc

import torch

_OUT_OF_MEMORY_MESSAGES = ("out of memory", "CUBLAS_STATUS_ALLOC_FAILED", "CUDNN_STATUS_ALLOC_FAILED")
"""What libraries below torch say, in a plain RuntimeError, when memory does not suffice."""


def compute_device() -> torch.device:
    """Return the GPU where there is one, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def uses_bf16(wanted: bool) -> bool:
    """Say whether to compute in bfloat16: wanted, and the device has it."""
    return wanted and torch.cuda.is_available() and torch.cuda.is_bf16_supported()


def default_dtype() -> torch.dtype:
    """Return bfloat16 where a GPU computes with it, else float32."""
    return torch.bfloat16 if torch.cuda.is_available() and torch.cuda.is_bf16_supported() else torch.float32


class EvaluationOutOfMemory(RuntimeError):
    """Memory did not suffice for a batch that nothing was learnt from."""


def is_out_of_memory(error: RuntimeError) -> bool:
    """Say whether an error means that the GPU's memory did not suffice."""
    return isinstance(error, torch.OutOfMemoryError | EvaluationOutOfMemory) or any(
        sign in str(error) for sign in _OUT_OF_MEMORY_MESSAGES
    )


def free_memory() -> None:
    """Give back what a failed step left behind."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
