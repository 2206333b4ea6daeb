"""The number of cores that this process may use. The answer depends on the platform."""

import os
from pathlib import Path
from typing import Final

CPU_QUOTA: Final = Path("/sys/fs/cgroup/cpu.max")
"""Inside a container with a limit (docker run --cpus): "<microseconds of CPU time> <per period in
microseconds>"; otherwise "max <period>"."""


def num_cores() -> int:
    """Return the number of cores that taskset and the container allow; on platforms without this information,
    the machine's number."""
    has_affinity = hasattr(os, "sched_getaffinity")  # not on macOS
    num_allowed = len(os.sched_getaffinity(0)) if has_affinity else os.cpu_count() or 1
    return max(1, min(num_allowed, _quota() or num_allowed))


def _quota() -> int | None:
    """Return the container's CPU limit in whole cores, at least 1; None without a limit."""
    try:
        quota, period = CPU_QUOTA.read_text().split()
        return None if quota == "max" else max(1, int(quota) // int(period))
    except (OSError, ValueError):
        return None
