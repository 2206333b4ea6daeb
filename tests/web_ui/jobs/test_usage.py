"""What a job uses of its machine, measured in a real worker process."""

import sys
import time
from types import SimpleNamespace
from typing import Any

import pytest

from data.store.events import EVENTS, read_events
from tests.web_ui.jobs.world import World
from web_ui.jobs.usage import MIN_INTERVAL_S, UsageMeter


def usage_of(world: World, job_id: str) -> list[dict[str, Any]]:
    events = read_events(world.workspace.jobs / job_id / EVENTS).events
    return [event["values"] for event in events if event["kind"] == "usage"]


def test_a_running_job_writes_its_load_and_memory(world: World) -> None:
    world.start_runner()
    job_id = world.submit("a", num_steps=10_000)
    world.wait_for(lambda: len(usage_of(world, job_id)) >= 2, "two measurements")
    world.store.request_cancel(job_id)
    for values in usage_of(world, job_id):
        assert values.keys() == {"cpu_load_percent", "memory_gb"}
        assert 0 <= values["cpu_load_percent"] <= 100
        assert 0.005 < values["memory_gb"] < 1


def test_the_load_is_that_of_the_time_since_the_last_measurement(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web_ui.jobs.usage.MIN_INTERVAL_S", 0.5)
    meter = UsageMeter(None)
    assert meter.measure_if_due() is None
    until_s = time.process_time() + 0.6
    while time.process_time() < until_s:
        pass
    busy = meter.measure_if_due()
    time.sleep(0.6)
    idle = meter.measure_if_due()
    assert busy is not None
    assert idle is not None
    assert busy["cpu_load_percent"] > 5 * idle["cpu_load_percent"]


@pytest.mark.parametrize(("device", "load", "memory_gb"), [("1", 80, 12), ("GPU-1,GPU-0", 60, 20)])
def test_a_job_with_gpus_writes_their_mean_load_and_all_their_memory(
    monkeypatch: pytest.MonkeyPatch, device: str, load: float, memory_gb: float
) -> None:
    class NotSupported(Exception):
        pass

    nvml = SimpleNamespace(
        NVMLError=NotSupported,
        nvmlInit=lambda: None,
        nvmlShutdown=lambda: None,
        nvmlDeviceGetHandleByIndex=lambda index: f"GPU-{index}",
        nvmlDeviceGetHandleByUUID=lambda uuid: uuid,
        nvmlDeviceGetUtilizationRates=lambda handle: SimpleNamespace(gpu={"GPU-1": 80, "GPU-0": 40}[handle]),
        nvmlDeviceGetMemoryInfo=lambda handle: SimpleNamespace(used={"GPU-1": 12e9, "GPU-0": 8e9}[handle]),
    )
    monkeypatch.setitem(sys.modules, "pynvml", nvml)
    meter = UsageMeter(device)
    time.sleep(MIN_INTERVAL_S)
    values = meter.measure_if_due()
    assert values is not None
    assert (values["gpu_load_percent"], values["gpu_memory_gb"]) == (load, memory_gb)
