"""Which process is which. A pid is reused; pid, kernel start time and boot together are not, whatever the
clock does.

Every process of a job carries the job's folder in its environment, so that none can be left behind unseen.
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
    """One process, told apart from a later one with the same pid."""

    pid: int
    start_ticks: int
    boot_id: str


@cache
def boot_id() -> str:
    """Return what names this boot of the machine."""
    return (PROC / "sys/kernel/random/boot_id").read_text().strip()


def identify(pid: int) -> ProcessIdentity | None:
    """Return the identity of a living process; None when it has ended (a zombie has ended)."""
    try:
        fields = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else ProcessIdentity(pid, int(fields[19]), boot_id())


def is_alive(process: ProcessIdentity) -> bool:
    """Say whether exactly this process still runs."""
    return identify(process.pid) == process


def age_s(process: ProcessIdentity) -> float:
    """Return for how long a process of this boot has existed, by a clock that nobody sets."""
    return float((PROC / "uptime").read_text().split()[0]) - process.start_ticks / TICKS_PER_S


def send(process: ProcessIdentity, number: signal.Signals) -> None:
    """Signal a process if it is still the one that was meant."""
    if is_alive(process):
        with suppress(ProcessLookupError):
            os.kill(process.pid, number)


def kill_group(process: ProcessIdentity) -> None:
    """SIGKILL the process group that a living process leads."""
    if is_alive(process):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def job_processes(folder: Path) -> list[ProcessIdentity]:
    """Find every living process that belongs to the job in `folder`, in whatever session or group it is by
    now."""
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
    """SIGKILL everything that belongs to the job in `folder`; return how many processes that were."""
    processes = job_processes(folder)
    for process in processes:
        send(process, signal.SIGKILL)
    return len(processes)
