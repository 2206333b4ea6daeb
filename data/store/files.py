"""Files and folders that are whole or absent: temporary file -> fsync -> rename -> fsync of the folder."""

import errno
import hashlib
import io
import json
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from stat import S_ISREG
from typing import Any

from data.errors import NotFound, StorageError, UnsafePath, cause

TEMPORARY_SUFFIX = ".partial"
MAX_NAME_BYTES, MAX_PATH_BYTES = 255, 4095
"""Limits of Linux for one name of a path, and for all of it."""
MAX_SHOWN_CHARACTERS = 80
TRASH = ".trash"
"""Folder for what is on another disk than the workspace's trash."""


@contextmanager
def new_file(path: Path, *, is_durable: bool = True) -> Iterator[Path]:
    """Give a temporary path to write to; on success it becomes `path`. On any exception it is removed.

    Args:
        is_durable: wait until the file is on the disk. Otherwise a power failure may leave an empty or
            incomplete file at `path`.

    Raises:
        StorageError: the disk is full, read-only or not writable; an old file at `path` stays.
    """
    temporary = _temporary_path(path, secrets.token_hex(4))
    try:
        yield temporary
        if is_durable:
            _sync(temporary)
        temporary.replace(path)
        if is_durable:
            sync_folder(path.parent)
    except OSError as error:
        raise storage_error(path, error) from error
    finally:
        with suppress(OSError):  # a read-only disk raises it for a missing file too
            temporary.unlink()


@contextmanager
def new_folder(path: Path, *, aside: Path | None = None, replaces: bool = False) -> Iterator[Path]:
    """Give a temporary folder to fill; on success it becomes `path`. On any exception it is removed.

    Args:
        aside: folder of the same disk in which the temporary folder is made; None: beside `path`, where
            temporary folders that a crash left are removed first.
        replaces: an earlier folder at `path` gives way. Without, `path` must be absent or an empty folder.

    Raises:
        FileExistsError: there is something at `path`, and `replaces` is not set.
        StorageError: the disk is full, read-only or not writable; an earlier folder stays as it was. If only
            the fsync after the rename failed, the new folder is in place.
    """
    temporary = aside / _trash_name(path) if aside else _temporary_path(path, secrets.token_hex(4))
    if aside is None:
        for leftover in path.parent.glob(_temporary_path(path, "?" * 8).name):
            shutil.rmtree(leftover, ignore_errors=True)
    try:
        temporary.mkdir(parents=True)
        yield temporary
        _put_in_place(temporary, path, replaces=replaces)
    except OSError as error:
        if error.errno in (errno.EEXIST, errno.ENOTEMPTY) and str(error.filename2) == str(path):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path)) from error
        raise storage_error(path, error) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _put_in_place(temporary: Path, path: Path, *, replaces: bool) -> None:
    """Rename a folder; an earlier one stays beside it, as .<name>.earlier, until that is done."""
    earlier = path.with_name(f".{path.name}.earlier")
    if replaces:
        shutil.rmtree(earlier, ignore_errors=True)
        if path.exists():
            path.rename(earlier)
    temporary.rename(path)
    sync_folder(path.parent)
    if replaces:
        shutil.rmtree(earlier, ignore_errors=True)


def move_to_trash(path: Path, trash: Path, prefix: str = "") -> Path:
    """Move a file or folder into the folder `trash` by one rename, and return its path there. If `path` is on
    another disk than `trash`, it goes into the folder TRASH beside it.

    Raises:
        StorageError: the disk does not allow it; `path` stays.
    """
    trashed = trash / f"{prefix}{_trash_name(path)}"
    try:
        try:
            path.rename(trashed)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            trashed = path.parent / TRASH / trashed.name
            trashed.parent.mkdir(exist_ok=True)
            path.rename(trashed)
        sync_folder(path.parent)
    except OSError as error:
        raise storage_error(path, error) from error
    return trashed


def _temporary_path(path: Path, token: str) -> Path:
    return path.with_name(f".{path.name}.{token}{TEMPORARY_SUFFIX}")


def _trash_name(path: Path) -> str:
    return f"{path.name}.{secrets.token_hex(4)}"


def write_bytes(path: Path, content: bytes) -> None:
    """Write `content` to `path` so that readers see the old or the new file, never a part of it, also after a
    crash.

    Raises:
        StorageError: the disk is full, read-only or not writable; the old file stays.
    """
    with new_file(path) as temporary:
        temporary.write_bytes(content)


def write_output(path: Path, content: bytes) -> None:
    """Write `content` where a user asked for it. A link stays and its target is written; a pipe or a
    device is written to as it is; a regular file is replaced as by `write_bytes`.

    Raises:
        StorageError: as `write_bytes`; or `path` is a folder, or links lead in a circle.
    """
    try:
        if _is_special(path):
            with path.open("wb", buffering=0) as special:
                _write_all(special, content)
        else:
            write_bytes(Path(os.path.realpath(path)), content)
    except OSError as error:
        raise storage_error(path, error) from error


def _is_special(path: Path) -> bool:
    """Return whether a path names no regular file, or one that is open (/dev/stdout, /dev/fd/3)."""
    try:
        is_regular = S_ISREG(path.stat().st_mode)
    except FileNotFoundError:
        return False
    return not is_regular or path.is_relative_to("/dev") or path.is_relative_to("/proc")


def _write_all(file: io.FileIO, content: bytes) -> None:
    left = memoryview(content)
    while left:
        left = left[file.write(left) :]


def write_json(path: Path, value: Any) -> None:
    """Write `value` as indented JSON, atomically. Raises ValueError for NaN and infinity."""
    write_bytes(path, json_bytes(value, indent=2))


def json_bytes(value: Any, indent: int | None = None) -> bytes:
    """Return `value` as JSON in UTF-8, ending with a newline. Lone surrogates, which UTF-8 cannot hold, are
    written as JSON escapes."""
    return (json.dumps(value, ensure_ascii=False, indent=indent, allow_nan=False) + "\n").encode(
        errors="backslashreplace"
    )


def stored_bytes(path: Path) -> int:
    """Return the size of a file, or of all files below a folder, in bytes. Files deleted meanwhile, and
    links that lead nowhere, count 0."""
    total = 0
    for file in files_below(path) if path.is_dir() else [path]:
        try:
            stat = file.stat()
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.ELOOP):
                continue
            raise
        total += stat.st_size if S_ISREG(stat.st_mode) else 0
    return total


def files_below(folder: Path) -> Iterator[Path]:
    """Yield every file below a folder. Other processes may write and delete there: files deleted meanwhile
    are left out."""
    for place, _, names in os.walk(folder):
        yield from (Path(place, name) for name in names)


def read_json(path: Path) -> Any:
    """Read a JSON file.

    Raises:
        NotFound: there is no such file.
        StorageError: it is not valid JSON (incomplete, empty, overwritten, or nested too deep to read).
    """
    try:
        return json.loads(path.read_bytes())
    except FileNotFoundError as error:
        raise NotFound(f"There is no file {path}.") from error
    except (ValueError, RecursionError) as error:
        raise damaged_file(path, error) from error
    except OSError as error:
        raise storage_error(path, error) from error


def set_usual_mode(path: Path) -> None:
    """Give a file that a library made for its owner only the mode that other new files there have."""
    path.chmod(path.parent.stat().st_mode & 0o666)


def read_json_object(path: Path) -> dict[str, Any]:
    """Read a JSON file that holds one object. Raises as `read_json`; StorageError for another value."""
    value = read_json(path)
    if not isinstance(value, dict):
        raise damaged_file(path, "it holds no JSON object")
    return value


def damaged_file(path: Path, why: object) -> StorageError:
    """Return the error of a file whose content is not what its writer wrote."""
    return StorageError(f"{path} is damaged: {why}.", hint="Restore it from a backup or delete it.")


def sync_folder(folder: Path) -> None:
    """Make renames inside `folder` durable."""
    _sync(folder)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def file_sha256(path: Path) -> str:
    """Return the hexadecimal SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def inside(root: Path, name: str | Path) -> Path:
    """Resolve `name` below `root`, following links.

    Raises:
        UnsafePath: the name is empty, holds a NUL, is absolute, leaves `root` by `..` or by a link, is too
            long, or leads through links in a circle.
    """
    text = str(name)
    if not text or "\0" in text or Path(text).is_absolute():
        raise UnsafePath(
            f"{text!r} is not a path inside {root}.", hint="Use a relative path below the workspace."
        )
    base = root.resolve()
    path = resolve_path(base / text)
    if path == base or not path.is_relative_to(base):
        raise UnsafePath(f"{text!r} leaves {root}.", hint="Use a relative path below the workspace.")
    return path


def resolve_path(path: Path) -> Path:
    """Return the absolute path, with `~` replaced and links followed; it need not exist.

    Raises:
        UnsafePath: the path is no path of this machine: a NUL, too long, links in a circle, no such user.
    """
    require_usable_path(str(path))
    try:
        return path.expanduser().resolve()
    except (RuntimeError, OSError) as error:  # Python up to 3.12 raises RuntimeError for a circle of links
        raise UnsafePath(
            f"{str(path)!r} cannot be followed: {cause(error)}.",
            hint="Remove the link that leads to itself, or use another path.",
        ) from error


def require_usable_path(path: str) -> None:
    """Refuse what no file can be called. Raises UnsafePath, with the limit."""
    try:
        encoded = os.fsencode(path)
    except ValueError as error:
        raise UnsafePath(
            f"{path!r} is no path: it holds a lone surrogate.", hint="Use another name."
        ) from error
    longest = max(map(len, encoded.split(b"/")))
    if b"\0" in encoded or longest > MAX_NAME_BYTES or len(encoded) > MAX_PATH_BYTES:
        raise UnsafePath(
            f"{_shortened(path)} is no path: it holds a NUL, or is too long.",
            hint=f"A path has at most {MAX_PATH_BYTES} bytes, and each name in it at most {MAX_NAME_BYTES}.",
        )


def _shortened(path: str) -> str:
    return repr(path) if len(path) <= MAX_SHOWN_CHARACTERS else f"{path[:MAX_SHOWN_CHARACTERS]!r}..."


def require_space(folder: Path, needed_bytes: float, what: str, hint: str) -> None:
    """Check before the work starts that the disk of an existing folder has enough free space.

    Args:
        what: name of the data to be written; the subject of the message.

    Raises:
        StorageError: there is less free space than `needed_bytes`.
    """
    free_bytes = shutil.disk_usage(folder).free
    if needed_bytes > free_bytes:
        words = (
            f"{what} needs {needed_bytes / 1e9:.1f} GB more and the disk has {free_bytes / 1e9:.1f} GB free."
        )
        raise StorageError(words, hint=hint)


def storage_error(path: Path, error: OSError) -> StorageError:
    """Return the error of reading or writing `path` as a StorageError with a hint for the user."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StorageError(
            f"The disk is full: {path} could not be written.", hint="Free some space, then resume the job."
        )
    if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        return StorageError(
            f"{path} is not accessible: {error.strerror}.", hint="Check the folder's owner, mode and mount."
        )
    return StorageError(
        f"{path}: {error.strerror or error}.", hint="Check the disk that holds the workspace."
    )
