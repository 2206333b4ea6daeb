"""A folder as one tar file that is made while it is sent: no copy on the disk, one block in memory.

Its length is known before the first byte, so a reader sees when it breaks off. The reader's lock keeps the
folder from being deleted or replaced meanwhile.
"""

import tarfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from data.errors import Conflict
from web_ui.catalog.outputs import output_files

BLOCK_BYTES: Final = 1 << 20
_END: Final = bytes(2 * tarfile.BLOCKSIZE)


@dataclass(frozen=True, slots=True)
class ArchiveMember:
    """One file as it was when the archive was begun."""

    path: Path
    header: bytes
    size_bytes: int

    @property
    def padding(self) -> int:
        return -self.size_bytes % tarfile.BLOCKSIZE


def archive_members(folder: Path, root: str) -> list[ArchiveMember]:
    """Return the files of a folder as members of a tar file, below the folder `root` in it.

    Raises:
        FileNotFoundError: a file was removed just now.
    """
    return [_member(path, f"{root}/{path.relative_to(folder).as_posix()}") for path in output_files(folder)]


def archive_bytes(members: list[ArchiveMember]) -> int:
    """Return the length of the tar file; 0 without members."""
    own = sum(len(member.header) + member.size_bytes + member.padding for member in members)
    return own + len(_END) if members else 0


def stream_archive(members: list[ArchiveMember], held: ExitStack) -> Iterator[bytes]:
    """Yield the tar file, and release what is held at its end.

    Raises:
        Conflict: a file was cut short meanwhile. The archive breaks off before its announced length.
    """
    with held:
        for member in members:
            yield member.header
            yield from _content(member)
            yield bytes(member.padding)
        yield _END


def _member(path: Path, name: str) -> ArchiveMember:
    status = path.stat()
    info = tarfile.TarInfo(name)
    info.size, info.mtime, info.mode = status.st_size, int(status.st_mtime), 0o644
    return ArchiveMember(path, info.tobuf(tarfile.PAX_FORMAT), status.st_size)


def _content(member: ArchiveMember) -> Iterator[bytes]:
    left = member.size_bytes
    with member.path.open("rb") as file:
        while left:
            block = file.read(min(BLOCK_BYTES, left))
            if not block:
                raise Conflict(f"{member.path.name} changed while it was read.", hint="Download it again.")
            left -= len(block)
            yield block
