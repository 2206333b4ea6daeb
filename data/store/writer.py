"""One writer at a time for each dataset, model, evaluation and prediction, by a file lock that the operating
system releases when the process ends."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from data.errors import Conflict
from data.store.files import storage_error
from data.store.workspace import Workspace, validate_name

WrittenKind = Literal["dataset", "model", "evaluation", "prediction"]


@contextmanager
def hold_writer_lock(workspace: Workspace, kind: WrittenKind, name: str) -> Iterator[None]:
    """Hold the lock on an output for this process.

    Raises:
        Conflict: another process is writing it.
        StorageError: the lock file cannot be created.
    """
    path = workspace.cache / f"{kind}-{validate_name(name)}.lock"
    try:
        lock = path.open("w")
    except OSError as error:
        raise storage_error(path, error) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Conflict(
                f"The {kind} {name!r} is being made by another process.",
                hint="Wait for it to end, or choose another name.",
            ) from error
        yield
