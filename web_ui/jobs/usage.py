"""What a job uses of its machine while it runs: processors and memory of its processes, and its GPU."""

import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import partial
from statistics import fmean
from time import monotonic
from typing import Any, Final

import psutil

from web_ui.jobs.devices import devices_of
from web_ui.jobs.nvml import ask_nvml, find_device, open_nvml

GB: Final = 1e9
MIN_INTERVAL_S: Final = 2.0
_INTERVALS: Final = 300
"""A measurement waits for this part of the running time, so that a job of days has some thousands of them."""


class UsageMeter:
    """Measures the job of this process now and then. A measurement takes some milliseconds."""

    def __init__(self, device: str | None) -> None:
        """Begin to measure; `device` is the job's CUDA_VISIBLE_DEVICES."""
        self._worker = psutil.Process()
        self._num_cores = len(os.sched_getaffinity(0))
        self._devices = [name for name in devices_of(device or None) if name]
        self._began_s = self._measured_s = monotonic()
        self._cpu_s = _cpu_time_s([self._worker])

    def measure_if_due(self) -> dict[str, float] | None:
        """Return the load since the last measurement and the memory now; None: it is too early.

        Returns:
            `cpu_load_percent` of all cores that the job may use, and `memory_gb`, in which what processes
            share counts once. Of a job with a GPU that tells them also `gpu_load_percent` and
            `gpu_memory_gb`, both of whole devices: their mean load, and the memory of all.
        """
        time_s = monotonic()
        passed_s = time_s - self._measured_s
        if passed_s < max(MIN_INTERVAL_S, (time_s - self._began_s) / _INTERVALS):
            return None
        processes = self._processes()
        cpu_s = _cpu_time_s(processes)
        used_s, self._cpu_s, self._measured_s = max(0.0, cpu_s - self._cpu_s), cpu_s, time_s
        return {
            "cpu_load_percent": min(100.0, 100 * used_s / passed_s / self._num_cores),
            "memory_gb": sum(map(_memory_bytes, processes)) / GB,
            **(_gpu_usage(self._devices) if self._devices else {}),
        }

    def _processes(self) -> list[psutil.Process]:
        return [self._worker, *self._worker.children(recursive=True)]


def _cpu_time_s(processes: Iterable[psutil.Process]) -> float:
    """Return the processor time of processes and of their children that have ended."""
    total_s = 0.0
    for process in processes:
        with suppress(psutil.Error):
            times = process.cpu_times()
            total_s += times.user + times.system + times.children_user + times.children_system
    return total_s


def _memory_bytes(process: psutil.Process) -> int:
    """Return the resident memory of a process, its part of what it shares with others; 0: it has ended."""
    with suppress(psutil.Error):
        return int(process.memory_full_info().pss)
    return 0


def _gpu_usage(devices: Sequence[str]) -> dict[str, float]:
    nvml: Any = open_nvml()
    if nvml is None:
        return {}
    try:
        handles = [found for name in devices if (found := find_device(nvml, name)) is not None]
        ask = partial(ask_nvml, nvml)
        rates = [ask(nvml.nvmlDeviceGetUtilizationRates, handle) for handle in handles]
        memory = [ask(nvml.nvmlDeviceGetMemoryInfo, handle) for handle in handles]
        return {
            **({"gpu_load_percent": fmean(each.gpu for each in rates)} if all(rates) and rates else {}),
            **({"gpu_memory_gb": sum(each.used for each in memory) / GB} if all(memory) and memory else {}),
        }
    finally:
        nvml.nvmlShutdown()
