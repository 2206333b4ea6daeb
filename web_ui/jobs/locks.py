"""Advisory locks (flock) on existing files and folders. A lock ends with the process that holds it."""

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from data.store.files import storage_error


def try_lock(path: Path) -> int | None:
    """Lock a file and return its descriptor. None if another process holds the lock or there is no file (a
    link that leads to itself is none).

    The lock lasts while any process has the descriptor open. Closing it, or the end of the process, frees it.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ELOOP):
            return None
        raise storage_error(path, error) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # The folder may have moved to the trash between open and flock. The lock is then on another file.
        if os.path.samestat(os.fstat(descriptor), path.stat()):
            return descriptor
    except (BlockingIOError, FileNotFoundError):
        pass
    os.close(descriptor)
    return None


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder for the few milliseconds of one request. Meanwhile nobody moves the folder.

    Raises:
        FileNotFoundError: there is no such folder.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if not os.path.samestat(os.fstat(descriptor), folder.stat()):
            raise FileNotFoundError(folder)
        yield
    finally:
        os.close(descriptor)
