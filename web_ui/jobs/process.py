"""Identity of processes, from /proc. Pids are reused; pid, kernel start time and boot id together are not.

Every process of a job has the job's folder in its environment (DEEPSYNTH_JOB), so that each can be found.
"""

import os
import signal
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

JOB_VARIABLE = "DEEPSYNTH_JOB"
PROC = Path("/proc")
TICKS_PER_S = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class ProcessIdentity:
    """One process, distinct from a later process with the same pid. `start_ticks`: clock ticks since boot."""

    pid: int
    start_ticks: int
    boot_id: str


@cache
def boot_id() -> str:
    """Return the kernel's random id of this boot."""
    return (PROC / "sys/kernel/random/boot_id").read_text().strip()


def identify(pid: int) -> ProcessIdentity | None:
    """Return the identity of a running process. None if it has ended; a zombie has ended."""
    try:
        fields = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else ProcessIdentity(pid, int(fields[19]), boot_id())


def is_alive(process: ProcessIdentity) -> bool:
    """Say whether this process, not a later one with its pid, still runs."""
    return identify(process.pid) == process


def age_s(process: ProcessIdentity) -> float:
    """Return the age of a process of this boot in seconds, on the clock of the kernel (/proc/uptime)."""
    return float((PROC / "uptime").read_text().split()[0]) - process.start_ticks / TICKS_PER_S


def send(process: ProcessIdentity, number: signal.Signals) -> None:
    """Send a signal to a process if it still runs."""
    if is_alive(process):
        with suppress(ProcessLookupError):
            os.kill(process.pid, number)


def kill_group(process: ProcessIdentity) -> None:
    """Send SIGKILL to the process group that a running process leads."""
    if is_alive(process):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def job_processes(folder: Path) -> list[ProcessIdentity]:
    """Find every running process of the job in `folder`, whatever its session or process group."""
    mark = f"{JOB_VARIABLE}={folder}".encode()
    found = []
    for entry in PROC.iterdir():
        if entry.name.isdecimal():
            with suppress(OSError):
                if mark in (entry / "environ").read_bytes().split(b"\0") and (
                    process := identify(int(entry.name))
                ):
                    found.append(process)
    return found


def is_leader(process: ProcessIdentity) -> bool:
    """Say whether a process leads its session, as a worker does."""
    try:
        return os.getsid(process.pid) == process.pid
    except ProcessLookupError:
        return False


def kill_job(folder: Path) -> int:
    """Send SIGKILL to every process of the job in `folder`. Returns the number of processes."""
    processes = job_processes(folder)
    for process in processes:
        send(process, signal.SIGKILL)
    return len(processes)
