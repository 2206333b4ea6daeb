"""What this machine has: real numbers, and GPUs as NVML reports them."""

import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from flask.testing import FlaskClient

from web_ui.commands import doctor
from web_ui.monitor import machine


def test_every_thread_of_the_server_sees_the_load() -> None:
    machine.cpu()
    with ThreadPoolExecutor(1) as another:
        assert 0 < another.submit(machine.cpu).result().load_percent <= 100


class NotSupported(Exception):
    """NVML's error for what a device does not report."""


def fake_nvml(num_gpus: int) -> SimpleNamespace:
    """Return a stand-in for NVML with GPUs of 80 GB: the second is a slice without load and memory, the third
    is lost."""

    def of_the_first(value: SimpleNamespace) -> Callable[[int], SimpleNamespace]:
        return lambda handle: refuse(handle) if handle else value

    def refuse(_: int) -> Any:
        raise NotSupported

    return SimpleNamespace(
        NVMLError=NotSupported,
        nvmlInit=lambda: None,
        nvmlShutdown=lambda: None,
        nvmlDeviceGetCount=lambda: num_gpus,
        nvmlDeviceGetHandleByIndex=lambda index: index if index < 2 else refuse(index),
        nvmlDeviceGetName=lambda handle: f"GPU {handle}",
        nvmlDeviceGetMemoryInfo=of_the_first(SimpleNamespace(total=80e9, used=8e9)),
        nvmlDeviceGetUtilizationRates=of_the_first(SimpleNamespace(gpu=37)),
    )


def test_gpus_are_listed_with_memory_and_load_where_they_tell_them(
    monkeypatch: pytest.MonkeyPatch, client: FlaskClient
) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", fake_nvml(3))
    gpus = client.get("/api/system").get_json()["gpus"]
    told = [(gpu["name"], gpu["memory_total_gb"], gpu["memory_used_gb"], gpu["load_percent"]) for gpu in gpus]
    assert told == [
        ("GPU 0", 80, 8, 37),
        ("GPU 1", None, None, None),
        ("GPU 2, which does not answer", None, None, None),
    ]
    assert 'deepsynth_gpu_memory_used_bytes{gpu="0"} 8000000000' in client.get("/metrics").text
    monkeypatch.setattr(doctor, "missing_compiler_requirements", list)
    assert (doctor._gpu().level, doctor._gpu().detail[:44]) == (
        "ok",
        "GPU 0, 80 GB; GPU 1, memory not reported; GPU"[:44],
    )
    monkeypatch.setattr(doctor, "missing_compiler_requirements", lambda: ["a C compiler (gcc)"])
    assert (doctor._gpu().level, "a C compiler" in doctor._gpu().detail, "gcc" in doctor._gpu().fix) == (
        "notice",
        True,
        True,
    )
    monkeypatch.setattr(doctor, "find_spec", {}.get)  # where no torch is
    assert doctor._gpu().level == "ok"


def test_without_nvml_there_are_no_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", None)
    assert machine.gpus() == []


def test_the_disk_is_that_of_the_folder(tmp_path: Path) -> None:
    disk = machine.disk(tmp_path)
    assert disk.total_gb >= disk.free_gb > 0
