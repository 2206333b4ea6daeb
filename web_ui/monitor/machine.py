"""Cores, memory, disk and GPUs of this machine, and their load. Without NVML's library or driver: no GPUs."""

import shutil
import time
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any

import psutil

from web_ui.api.schemas import Cpu, Disk, Gpu, Memory
from web_ui.jobs.nvml import ask_nvml, open_nvml

GB = 1e9
MIN_MEASURED_S = 1.0


class _CpuLoad:
    """Load of the cores, one measurement for all threads: psutil's own starts again at 0 in each thread."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._at_s = self._idle_s = self._total_s = self._percent = 0.0

    def percent(self) -> float:
        """Return the load in percent since the last measurement, over at least MIN_MEASURED_S. The first
        call measures since boot."""
        with self._lock:
            if time.monotonic() - self._at_s >= MIN_MEASURED_S:
                times = psutil.cpu_times()
                idle_s = times.idle + getattr(times, "iowait", 0.0)
                # guest times are part of `user` and `nice` too
                total_s = sum(times) - getattr(times, "guest", 0.0) - getattr(times, "guest_nice", 0.0)
                self._percent = 100 * max(
                    0.0, 1 - (idle_s - self._idle_s) / max(total_s - self._total_s, 1e-9)
                )
                self._at_s, self._idle_s, self._total_s = time.monotonic(), idle_s, total_s
            return self._percent


_load = _CpuLoad()


def cpu() -> Cpu:
    """Return the number of cores and their load."""
    return Cpu(num_cores=psutil.cpu_count() or 1, load_percent=_load.percent())


def memory() -> Memory:
    """Return the memory of the machine, and the memory that this process uses."""
    machine = psutil.virtual_memory()
    return Memory(
        total_gb=machine.total / GB,
        used_gb=(machine.total - machine.available) / GB,
        service_gb=psutil.Process().memory_info().rss / GB,
    )


def disk(folder: Path) -> Disk:
    """Return the size of the disk that holds `folder`, and its free space."""
    usage = shutil.disk_usage(folder)
    return Disk(total_gb=usage.total / GB, free_gb=usage.free / GB)


def gpus() -> list[Gpu]:
    """Return the NVIDIA GPUs of this machine. Empty if NVML is not installed or finds no driver."""
    nvml = open_nvml()
    if nvml is None:
        return []
    try:
        return [_gpu(nvml, index) for index in range(ask_nvml(nvml, nvml.nvmlDeviceGetCount) or 0)]
    finally:
        nvml.nvmlShutdown()


def _gpu(nvml: Any, index: int) -> Gpu:
    """Query one GPU. Values that NVML does not report are None (a lost GPU: all; a MIG slice: the load)."""
    handle = ask_nvml(nvml, nvml.nvmlDeviceGetHandleByIndex, index)
    query = partial(ask_nvml, nvml) if handle is not None else lambda *_: None
    memory_info = query(nvml.nvmlDeviceGetMemoryInfo, handle)
    rates = query(nvml.nvmlDeviceGetUtilizationRates, handle)
    return Gpu(
        index=index,
        name=query(nvml.nvmlDeviceGetName, handle) or f"GPU {index}, which does not answer",
        memory_total_gb=memory_info.total / GB if memory_info else None,
        memory_used_gb=memory_info.used / GB if memory_info else None,
        load_percent=float(rates.gpu) if rates else None,
    )
