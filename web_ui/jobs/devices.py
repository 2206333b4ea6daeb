"""The devices of a runner: one job has one of them or several."""

import logging
import os
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from typing import Final

from web_ui.jobs.stages import Role

LOGGER = logging.getLogger("deepsynth.jobs")
NUM_CPU_SLOTS: Final = 2
NVIDIA_SMI_TIMEOUT_S: Final = 60.0
Device = str | None
"""The name of a device in CUDA_VISIBLE_DEVICES; None: a slot without a device of its own."""


def role_devices(role: Role) -> tuple[Device, ...]:
    """Return the slots of a role. gpu: one per GPU, or one without a GPU. cpu: NUM_CPU_SLOTS."""
    if role == "cpu":
        return (None,) * NUM_CPU_SLOTS
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is None and (program := shutil.which("nvidia-smi")):
        visible = ",".join(
            str(index) for index, line in enumerate(_list_gpus(program)) if line.startswith("GPU ")
        )
    return tuple(name.strip() for name in visible.split(",")) if visible else (None,)


def devices_of(visible: str | None) -> list[Device]:
    """Return the devices in a CUDA_VISIBLE_DEVICES; None: one slot without a device."""
    return list(visible.split(",")) if visible is not None else [None]


def visible_devices(devices: Sequence[Device]) -> str | None:
    """Return devices as the CUDA_VISIBLE_DEVICES of a job; None: the slot has no device."""
    names = [name for name in devices if name is not None]
    return ",".join(names) if names else None


def free_devices(devices: Sequence[Device], jobs: Iterable[str | None]) -> list[Device]:
    """Return the devices that no job has.

    Args:
        devices: of the runner.
        jobs: the CUDA_VISIBLE_DEVICES of each running job. Jobs of an earlier runner may have devices that
            this one does not know; each takes the place of one all the same.
    """
    free, num_unknown = list(devices), 0
    for device in (device for visible in jobs for device in devices_of(visible)):
        if device in free:
            free.remove(device)
        else:
            num_unknown += 1
    return free[: max(0, len(free) - num_unknown)]


def _list_gpus(program: str) -> list[str]:
    try:
        return subprocess.run(
            [program, "-L"], capture_output=True, text=True, check=False, timeout=NVIDIA_SMI_TIMEOUT_S
        ).stdout.splitlines()
    except subprocess.TimeoutExpired:
        LOGGER.warning(
            "nvidia-smi does not answer, so one job runs at a time",
            extra={"values": {"waited_s": NVIDIA_SMI_TIMEOUT_S}},
        )
        return []
