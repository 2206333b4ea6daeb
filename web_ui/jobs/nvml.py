"""NVIDIA's management library (NVML), which tells load and memory of GPUs. Only the training image has it."""

from collections.abc import Callable
from typing import Any


def open_nvml() -> Any | None:
    """Return the library, initialised. None: it is not installed or finds no driver."""
    try:
        import pynvml as nvml  # noqa: PLC0415  (only the training image has it)
    except ModuleNotFoundError:
        return None
    try:
        nvml.nvmlInit()
    except nvml.NVMLError:
        return None
    return nvml


def ask_nvml(nvml: Any, function: Callable[..., Any], *arguments: Any) -> Any:
    """Return the answer of one of its functions. None: the device does not tell it."""
    try:
        return function(*arguments)
    except nvml.NVMLError:
        return None


def find_device(nvml: Any, name: str) -> Any | None:
    """Return the handle of a device as CUDA_VISIBLE_DEVICES names it: a number, or a UUID. None: there is no
    such device."""
    if name.isdecimal():
        return ask_nvml(nvml, nvml.nvmlDeviceGetHandleByIndex, int(name))
    return ask_nvml(nvml, nvml.nvmlDeviceGetHandleByUUID, name)
