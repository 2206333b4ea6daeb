"""How many cores the work may use. A name of its own, since each platform answers differently."""

import os


def num_cores() -> int:
    """Return the cores of this process: those that taskset or a container left it, where the platform tells; else the machine's."""
    if hasattr(os, "sched_getaffinity"):  # not on macOS
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
