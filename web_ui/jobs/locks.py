"""Advisory locks that end with the process that holds them, on files that are there anyway."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from data.store.files import storage_error


def try_lock(path: Path) -> int | None:
    """Lock a file and return its descriptor; None when another process holds it or the file is gone.

    The lock lives as long as any process has the descriptor open: closing it, or dying, gives it back.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise storage_error(path, error) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # The folder may have been moved to the trash between opening and locking: then the lock means
        # nothing.
        if os.path.samestat(os.fstat(descriptor), path.stat()):
            return descriptor
    except (BlockingIOError, FileNotFoundError):
        pass
    os.close(descriptor)
    return None


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder for the few milliseconds that a request needs; meanwhile the folder stays
    where it is.

    Raises:
        FileNotFoundError: the folder is gone.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if not os.path.samestat(os.fstat(descriptor), folder.stat()):
            raise FileNotFoundError(folder)
        yield
    finally:
        os.close(descriptor)
