"""What this machine has: real numbers, and GPUs as NVML reports them."""

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from web_ui import machine


class NoLoad(Exception):
    """NVML's error for what a device does not report."""


def fake_nvml(num_gpus: int) -> SimpleNamespace:
    """Return a stand-in for NVML with GPUs of 80 GB, the second of which is a slice that reports no load."""

    def load(handle: int) -> SimpleNamespace:
        if handle == 1:
            raise NoLoad
        return SimpleNamespace(gpu=37)

    return SimpleNamespace(
        NVMLError=NoLoad,
        nvmlInit=lambda: None,
        nvmlShutdown=lambda: None,
        nvmlDeviceGetCount=lambda: num_gpus,
        nvmlDeviceGetHandleByIndex=lambda index: index,
        nvmlDeviceGetName=lambda handle: f"GPU {handle}",
        nvmlDeviceGetMemoryInfo=lambda _: SimpleNamespace(total=80e9, used=8e9),
        nvmlDeviceGetUtilizationRates=load,
    )


def test_gpus_are_listed_with_memory_and_load(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", fake_nvml(2))
    whole, part = machine.gpus()
    assert (whole.name, whole.memory_total_gb, whole.memory_used_gb, whole.load_percent) == ("GPU 0", 80, 8, 37)
    assert part.load_percent is None


def test_without_nvml_there_are_no_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", None)
    assert machine.gpus() == []


def test_the_disk_is_that_of_the_folder(tmp_path: Path) -> None:
    disk = machine.disk(tmp_path)
    assert disk.total_gb >= disk.free_gb > 0
