"""A render worker: `python -m data.sharding.render_worker DESCRIPTOR` draws the shards that come through a
socket.

It is its own program, not a fork, so it shares no state with whoever started it; and it lives exactly as long
as the other end of the socket does, so no worker outlives a run that was killed.
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
    """Answer each task with its progress and then the finished shard or a DeepSynthError, until the other end
    is gone."""
    with suppress(
        EOFError, OSError
    ):  # OSError: the other end died in the middle of a message, or is not listening any more
        while True:
            connection.send(_run_task(connection.recv(), connection))


def _run_task(task: ShardTask, connection: Connection) -> ShardDone | DeepSynthError:
    previewed_s = float("-inf")  # the first page of a shard is always shown: a short run has no later one

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
    except OSError as error:  # of a disk: that the other end is gone is `serve`'s to see
        return storage_error(Path(error.filename or task.path), error)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the run, which then lets its workers go
    serve(Connection(int(sys.argv[1])))
