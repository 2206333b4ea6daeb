"""What this machine has and how busy it is. GPUs are asked through NVML; without its library or driver there
are none."""

import shutil
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any

import psutil

from web_ui.api.schemas import Cpu, Disk, Gpu, Memory

GB = 1e9
MIN_MEASURED_S = 1.0


class _CpuLoad:
    """How busy the processors are. One measurement serves all threads: psutil's own begins anew, with 0, in
    each of them."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._at_s = self._idle_s = self._total_s = self._percent = 0.0

    def percent(self) -> float:
        """Return the share of time in use since the last measurement, at least MIN_MEASURED_S long; at first
        since the machine started."""
        with self._lock:
            if time.monotonic() - self._at_s >= MIN_MEASURED_S:
                times = psutil.cpu_times()
                idle_s = times.idle + getattr(times, "iowait", 0.0)
                total_s = (
                    sum(times) - getattr(times, "guest", 0.0) - getattr(times, "guest_nice", 0.0)
                )  # both are in `user` too
                self._percent = 100 * max(
                    0.0, 1 - (idle_s - self._idle_s) / max(total_s - self._total_s, 1e-9)
                )
                self._at_s, self._idle_s, self._total_s = time.monotonic(), idle_s, total_s
            return self._percent


_load = _CpuLoad()


def cpu() -> Cpu:
    """Return the processors and their load."""
    return Cpu(num_cores=psutil.cpu_count() or 1, load_percent=_load.percent())


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
        return [_gpu(nvml, index) for index in range(_query(nvml, nvml.nvmlDeviceGetCount) or 0)]
    finally:
        nvml.nvmlShutdown()


def _gpu(nvml: Any, index: int) -> Gpu:
    """Ask one device; what it does not tell (a lost GPU tells nothing, a MIG slice no load) is None."""
    handle = _query(nvml, nvml.nvmlDeviceGetHandleByIndex, index)
    ask = partial(_query, nvml) if handle is not None else lambda *_: None
    memory_info = ask(nvml.nvmlDeviceGetMemoryInfo, handle)
    rates = ask(nvml.nvmlDeviceGetUtilizationRates, handle)
    return Gpu(
        index=index,
        name=ask(nvml.nvmlDeviceGetName, handle) or f"GPU {index}, which does not answer",
        memory_total_gb=memory_info.total / GB if memory_info else None,
        memory_used_gb=memory_info.used / GB if memory_info else None,
        load_percent=float(rates.gpu) if rates else None,
    )


def _query(nvml: Any, ask: Callable[..., Any], *about: Any) -> Any:
    try:
        return ask(*about)
    except nvml.NVMLError:
        return None
