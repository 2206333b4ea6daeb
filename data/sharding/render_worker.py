"""A render worker: `python -m data.sharding.render_worker DESCRIPTOR` renders the shards that it receives
through a socket.

It is a separate program, not a fork, so it shares no state with its parent process. It ends when the socket
closes, so it never outlives its parent.
"""

import signal
import sys
import time
from contextlib import suppress
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

from data.dataset.manifest import ShardDone
from data.errors import DeepSynthError
from data.sharding.render_shard import ShardProgress, ShardTask, render_shard
from data.store.files import storage_error

PREVIEW_EVERY_S: Final = 1.0


def serve(connection: Connection) -> None:
    """Answer each task with its progress, then the shard or a DeepSynthError, until the socket closes."""
    with suppress(EOFError, OSError):  # OSError: the parent died in the middle of a message
        while True:
            connection.send(_run_task(connection.recv(), connection))


def _run_task(task: ShardTask, connection: Connection) -> ShardDone | DeepSynthError:
    previewed_s = float("-inf")  # always show the first page of a shard: a short run may have no other

    def report(shard_progress: ShardProgress, png: bytes) -> None:
        nonlocal previewed_s
        if png and time.monotonic() - previewed_s >= PREVIEW_EVERY_S:
            previewed_s = time.monotonic()
            shard_progress = replace(shard_progress, png=png)
        connection.send(shard_progress)

    try:
        return render_shard(task, report)
    except DeepSynthError as error:
        return error
    except OSError as error:  # an error of the disk; `serve` handles a closed socket
        return storage_error(Path(error.filename or task.path), error)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent handles Ctrl-C and ends its workers
    serve(Connection(int(sys.argv[1])))
