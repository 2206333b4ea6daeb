"""Locks on what the workspace holds, by files that the operating system releases when the process ends: one
writer at a time for each dataset, model, evaluation, prediction and reading check, and no removal of what is
being read."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Literal

from data.errors import Conflict
from data.store.files import storage_error
from data.store.workspace import Workspace, validate_name

ReadKind = Literal["dataset", "model"]
WrittenKind = Literal[ReadKind, "evaluation", "prediction", "reading check"]


@contextmanager
def hold_writer_lock(workspace: Workspace, kind: WrittenKind, name: str) -> Iterator[None]:
    """Hold the lock on an output for this process.

    Raises:
        Conflict: another process is writing it.
        StorageError: the lock file cannot be created.
    """
    with _lock_file(workspace, f"{kind}-{validate_name(name)}.lock") as lock:
        if not _take(lock):
            raise Conflict(
                f"The {kind} {name!r} is being made by another process.",
                hint="Wait for it to end, or choose another name.",
            )
        yield


@contextmanager
def hold_reader_lock(workspace: Workspace, kind: ReadKind, name: str) -> Iterator[None]:
    """Keep a dataset or a model from being deleted or replaced while this process reads it. Many may read.

    Raises:
        StorageError: the lock file cannot be created.
    """
    with _lock_file(workspace, _readers(kind, name)) as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)  # waits while it is being moved away, for milliseconds
        yield


@contextmanager
def refuse_readers(workspace: Workspace, kind: ReadKind, name: str) -> Iterator[None]:
    """Let nobody begin to read a dataset or a model while it is moved away.

    Raises:
        Conflict: a process is reading it.
        StorageError: the lock file cannot be created.
    """
    with _lock_file(workspace, _readers(kind, name)) as lock:
        if not _take(lock):
            raise Conflict(
                f"The {kind} {name!r} is in use: a training, a search for a learning rate, an evaluation, "
                "a prediction or a reading check reads it.",
                hint="Wait for it to end, or stop it.",
            )
        yield


def _readers(kind: ReadKind, name: str) -> str:
    return f"{kind}-{validate_name(name)}.readers.lock"


@contextmanager
def _lock_file(workspace: Workspace, name: str) -> Iterator[IO[str]]:
    path = workspace.cache / name
    try:
        lock = path.open("w")
    except OSError as error:
        raise storage_error(path, error) from error
    with lock:
        yield lock


def _take(lock: IO[str]) -> bool:
    """Take a lock for this process alone; return whether nobody else holds it."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
