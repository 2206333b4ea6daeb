"""The engines that render shards: a pool of local processes, or Ray. Both make the same files."""

import os
import subprocess
import sys
from collections.abc import Generator, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Final, Protocol

from data.config import DatasetConfig
from data.cores import num_cores
from data.dataset.manifest import ShardDone
from data.errors import DeepSynthError, RenderError, Unavailable
from data.sharding.render_shard import ShardProgress, ShardTask

POLL_INTERVAL_S: Final = 0.25
MAX_ATTEMPTS: Final = 3

Event = ShardProgress | ShardDone | None


class Engine(Protocol):
    """Renders shards in parallel."""

    def run(self, tasks: Iterator[ShardTask]) -> Generator[Event, None, None]:
        """Take the next task when a worker is free; yield progress and results, and None at least every
        second.

        Closing the generator ends the work at once; unfinished shards leave no file. The DeepSynthError of a
        worker is raised.
        """


class LocalEngine:
    """`num_workers` processes, each rendering one shard at a time; one further task is prepared ahead."""

    def __init__(self, num_workers: int) -> None:
        self._num_workers = num_workers

    def run(self, tasks: Iterator[ShardTask]) -> Generator[Event, None, None]:
        workers = [_Worker.start() for _ in range(self._num_workers)]
        try:
            ready = next(tasks, None)
            while ready or any(worker.task for worker in workers):
                for worker in workers:
                    if ready and not worker.task:
                        worker.assign(ready)
                        ready = next(tasks, None)
                yield from _receive([worker for worker in workers if worker.task])
        finally:
            for worker in workers:
                worker.end()


@dataclass(slots=True, kw_only=True)
class _Worker:
    process: "subprocess.Popen[bytes]"
    connection: Connection
    task: ShardTask | None = None
    num_done: int = 0
    """Documents of the task that this attempt has rendered."""
    died_at: list[int] = field(default_factory=list)
    """The value of `num_done` at each unexpected end of a process during this task."""

    @classmethod
    def start(cls) -> "_Worker":
        process, connection = _start_process()
        return cls(process=process, connection=connection)

    def assign(self, task: ShardTask) -> None:
        self.task, self.num_done = task, 0
        with suppress(BrokenPipeError, ConnectionResetError):  # the process died: `_receive` handles it
            self.connection.send(task)

    def restart(self) -> None:
        """Repeat the task in a new process, after the old one was killed (by the kernel, when memory runs
        out).

        After MAX_ATTEMPTS ends during the same document, this document is rejected.

        Raises:
            RenderError: MAX_ATTEMPTS processes ended, and no single document caused it.
        """
        task, status = self.task, self._close_process()
        self.died_at.append(self.num_done)
        is_last = len(self.died_at) >= MAX_ATTEMPTS
        if task is None or (is_last and not self._is_one_document_to_blame(task)):
            raise self._processes_ended_error(status)
        if is_last:
            kind = f"drawing it ended the render process {MAX_ATTEMPTS} times"
            task = task.with_rejected(self.num_done, f"{kind} (status {status})", kind)
            self.died_at.clear()
        self.process, self.connection = _start_process()
        self.assign(task)

    def _processes_ended_error(self, status: int) -> RenderError:
        task = self.task
        rows = f" ({task.split}, rows around {task.documents[0][0].row})" if task and task.documents else ""
        return RenderError(
            f"{len(self.died_at)} render processes in a row ended with status {status} on one shard{rows}.",
            hint="See the log. Status -9 means that memory ran out: start again with a smaller num_workers; "
            "the finished shards are kept.",
        )

    def finish(self) -> None:
        """Make this worker free for the next task."""
        self.task = None
        self.died_at.clear()

    def _is_one_document_to_blame(self, task: ShardTask) -> bool:
        return len(set(self.died_at)) == 1 and self.num_done < len(task.documents)

    def end(self) -> None:
        self.connection.close()
        self.process.kill()
        self.process.wait()

    def _close_process(self) -> int:
        self.connection.close()
        return self.process.wait()


def _receive(busy: list[_Worker]) -> Iterator[Event]:
    answering = wait([worker.connection for worker in busy], timeout=POLL_INTERVAL_S)
    for worker in busy:
        if worker.connection not in answering:
            continue
        try:
            event = worker.connection.recv()
        except (EOFError, OSError):  # OSError: the process died in the middle of a message
            worker.restart()
            continue
        if isinstance(event, DeepSynthError):
            raise event
        if isinstance(event, ShardDone):
            worker.finish()
        else:
            worker.num_done = event.num_done
        yield event
    yield None


def _start_process() -> "tuple[subprocess.Popen[bytes], Connection]":
    ours, theirs = Pipe()
    root = str(Path(__file__).resolve().parents[2])
    environment = {name: value for name, value in os.environ.items() if name != "HF_TOKEN"}
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
    command = [sys.executable, "-m", "data.sharding.render_worker", str(theirs.fileno())]
    process = subprocess.Popen(command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, env=environment)
    theirs.close()
    return process, ours


def open_engine(config: DatasetConfig, num_shards: int) -> Engine:
    """Return the configured engine, with at most one worker per shard.

    Raises:
        Unavailable: engine=ray, but Ray is not installed or its cluster does not answer.
    """
    if config.engine == "ray" and num_shards:
        try:
            from data.sharding.ray_engine import RayEngine  # noqa: PLC0415 - an optional extra
        except ImportError as error:
            raise Unavailable(
                "engine=ray needs Ray, which is not installed.",
                hint="In the checkout: .venv/bin/pip install -c constraints.txt -e '.[ray]'. Or use "
                "engine=local.",
            ) from error
        return RayEngine(config.num_workers)
    return LocalEngine(min(num_shards, config.num_workers or num_cores()))
