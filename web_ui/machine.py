"""What this machine has and how busy it is. GPUs are asked through NVML; without its library or driver there are none."""

import shutil
from pathlib import Path

import psutil

from web_ui.schemas import Cpu, Disk, Gpu, Memory

GB = 1e9


def cpu() -> Cpu:
    """Return the processors and their load since the last call."""
    return Cpu(num_cores=psutil.cpu_count() or 1, load_percent=psutil.cpu_percent())


def memory() -> Memory:
    """Return the machine's memory and what this process uses of it."""
    machine = psutil.virtual_memory()
    return Memory(
        total_gb=machine.total / GB,
        used_gb=(machine.total - machine.available) / GB,
        service_gb=psutil.Process().memory_info().rss / GB,
    )


def disk(folder: Path) -> Disk:
    """Return the room on the disk that holds `folder`."""
    usage = shutil.disk_usage(folder)
    return Disk(total_gb=usage.total / GB, free_gb=usage.free / GB)


def gpus() -> list[Gpu]:
    """Return the NVIDIA GPUs of this machine; none where NVML is not installed or finds no driver."""
    try:
        import pynvml as nvml  # noqa: PLC0415  (only the training image has it)
    except ModuleNotFoundError:
        return []
    try:
        nvml.nvmlInit()
    except nvml.NVMLError:
        return []
    try:
        return [_gpu(nvml.nvmlDeviceGetHandleByIndex(index), index) for index in range(nvml.nvmlDeviceGetCount())]
    finally:
        nvml.nvmlShutdown()


def _gpu(handle: object, index: int) -> Gpu:
    import pynvml as nvml  # noqa: PLC0415

    memory_info = nvml.nvmlDeviceGetMemoryInfo(handle)
    try:
        load_percent = float(nvml.nvmlDeviceGetUtilizationRates(handle).gpu)
    except nvml.NVMLError:
        load_percent = None  # MIG slices do not report a load
    return Gpu(
        index=index,
        name=nvml.nvmlDeviceGetName(handle),
        memory_total_gb=memory_info.total / GB,
        memory_used_gb=memory_info.used / GB,
        load_percent=load_percent,
    )
