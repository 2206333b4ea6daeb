"""How many cores the work may use. A name of its own, since each platform answers differently."""

import os
from pathlib import Path
from typing import Final

CPU_QUOTA: Final = Path("/sys/fs/cgroup/cpu.max")
"""Inside a container with a limit (docker run --cpus): "<microseconds of processor time> <of so many>"; else
"max ..."."""


def num_cores() -> int:
    """Return the cores of this process: those that taskset or a container left it, where the platform tells;
    else the machine's."""
    has_affinity = hasattr(os, "sched_getaffinity")  # not on macOS
    num_allowed = len(os.sched_getaffinity(0)) if has_affinity else os.cpu_count() or 1
    return max(1, min(num_allowed, _quota() or num_allowed))


def _quota() -> int | None:
    """Return the whole cores that a container's limit amounts to; None where there is none."""
    try:
        quota, period = CPU_QUOTA.read_text().split()
        return None if quota == "max" else max(1, int(quota) // int(period))
    except (OSError, ValueError):
        return None
