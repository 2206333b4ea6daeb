"""The processes that share a stage on several GPUs. This process is the first one, which reports; the others
are started here, watched, and end with it.

torch's variables (RANK, WORLD_SIZE, ...) tell each process its place; `training.models.processes` reads them.
"""

import json
import logging
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread
from time import monotonic, sleep
from typing import Final, TextIO, cast

from data.config import Config
from data.cores import num_cores
from data.errors import DeepSynthError, InvalidInput
from data.store.workspace import Workspace
from web_ui.jobs.stages import STAGES_NAME

END_TIMEOUT_S: Final = 60.0
"""Time in which the others must end after the first one."""
LOST_GRACE_S: Final = 10.0
"""Time in which this process must end by itself after another one was lost: its own error says more."""
POLL_S: Final = 0.2
LOGGER: Final = logging.getLogger("deepsynth.jobs")
LOST: Final = "Another process of this job ended. The work so far is saved; the job continues from there."


class PeerLost(SystemExit):
    """Another process of the stage vanished. This one ends without a result, as after a crash, and the job
    starts again from what is saved."""


def count_processes(num_gpus: int, num_devices: int) -> int:
    """Return the number of processes of a job, one for each GPU.

    Args:
        num_gpus: as the configuration says; 0: all.
        num_devices: of this machine.

    Raises:
        InvalidInput: there are not so many.
    """
    if num_gpus > num_devices:
        is_single = num_devices == 1
        there = "is 1 device" if is_single else f"are {num_devices} devices"
        raise InvalidInput(
            f"num_gpus={num_gpus}: there {there} for jobs here.",
            hint="Set num_gpus to 1." if is_single else f"Set it to {num_devices} or less, or to 0 for all.",
            fields={"num_gpus": f"at most {num_devices}"},
        )
    return num_gpus or num_devices


@contextmanager
def sharing(
    kind: str,
    config: Config,
    workspace: Workspace,
    num_processes: int,
    stages: str = STAGES_NAME,
    on_lost: Callable[[DeepSynthError | None], None] = lambda error: None,
) -> Iterator[None]:
    """Let other processes run the stage of a configuration together with this one, inside this block.

    Args:
        kind: of the job.
        config: the same for all processes.
        num_processes: with this one.
        stages: where the kinds of jobs are, `module:name`.
        on_lost: called with the error of another process, None if it just vanished, before this process ends
            because it still waits for it.

    Raises:
        DeepSynthError: that of another process, which ended this one's work.
        PeerLost: another process vanished.
    """
    if num_processes == 1:
        yield
        return
    with TemporaryDirectory(prefix="deepsynth-") as folder:
        environment = _environment(num_processes)
        command = [sys.executable, "-m", "web_ui.jobs.peer", kind, str(workspace.root), folder]
        group = _Group([
            _start([*command, "--stages", stages], config, environment | _place(rank))
            for rank in range(1, num_processes)
        ], Path(folder))  # fmt: skip
        os.environ.update(environment | _place(0))
        watch = Thread(target=group.watch, args=(on_lost,), daemon=True)
        watch.start()
        try:
            yield
        except RuntimeError:  # so torch tells that another process does not answer
            group.raise_if_lost()
            raise
        finally:
            group.end()


class _Group:
    """The other processes."""

    def __init__(self, processes: Sequence["subprocess.Popen[str]"], errors: Path) -> None:
        self._processes, self._errors = processes, errors
        self._is_over = Event()

    def watch(self, on_lost: Callable[[DeepSynthError | None], None]) -> None:
        """End this process if another one is lost and this one waits for it."""
        while not self._is_over.wait(POLL_S):
            if self._is_lost():
                if self._is_over.wait(LOST_GRACE_S):
                    return
                on_lost(self._error())
                LOGGER.error(LOST)
                os._exit(1)

    def raise_if_lost(self) -> None:
        """Raise the error of another process that ended before this one; give it a moment to end."""
        deadline_s = monotonic() + LOST_GRACE_S / 2
        while monotonic() < deadline_s and not self._is_lost():
            sleep(POLL_S)
        if error := self._error():
            raise error
        if self._is_lost():
            LOGGER.error(LOST)
            raise PeerLost(1)

    def end(self) -> None:
        """Wait for the others, and kill those that do not end."""
        self._is_over.set()
        deadline_s = monotonic() + END_TIMEOUT_S
        for process in self._processes:
            with suppress(subprocess.TimeoutExpired):
                process.wait(max(0.0, deadline_s - monotonic()))
            if process.poll() is None:
                process.kill()
                process.wait()

    def _is_lost(self) -> bool:
        return any(process.poll() not in (None, 0) for process in self._processes)

    def _error(self) -> DeepSynthError | None:
        """Return the error that one of the others wrote."""
        for path in sorted(self._errors.glob("*.json")):
            values = json.loads(path.read_text())
            error = DeepSynthError(values["message"], hint=values["hint"], fields=values["fields"])
            error.code = values["code"]  # type: ignore[misc]
            return error
        return None


def _start(command: list[str], config: Config, changes: dict[str, str]) -> "subprocess.Popen[str]":
    """Start a process. It gets the configuration as the first line of its input, and ends when its input is
    closed: then this process is gone."""
    process = subprocess.Popen(command, stdin=subprocess.PIPE, text=True, env={**os.environ, **changes})
    stdin = cast(TextIO, process.stdin)
    stdin.write(f"{config.model_dump_json()}\n")
    stdin.flush()
    return process


def _environment(num_processes: int) -> dict[str, str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    threads = max(1, num_cores() // num_processes)
    return {
        "WORLD_SIZE": str(num_processes),
        "LOCAL_WORLD_SIZE": str(num_processes),
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
        "OMP_NUM_THREADS": str(threads),
    }


def _place(rank: int) -> dict[str, str]:
    return {"RANK": str(rank), "LOCAL_RANK": str(rank)}
