"""A small disk that can be filled and made read-only. Needs root."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

TIMEOUT_S = 60.0


@dataclass(frozen=True, slots=True)
class SmallDisk:
    """One mounted tmpfs."""

    mount: Path

    @contextmanager
    def filled(self) -> Iterator[None]:
        """Fill the disk inside the `with` block."""
        filler = self.mount / "filler"
        with filler.open("wb", buffering=0) as file:
            for size in (1 << 20, 4096):
                with suppress(OSError):
                    while file.write(bytes(size)) == size:
                        pass
        try:
            yield
        finally:
            filler.unlink()

    @contextmanager
    def read_only(self) -> Iterator[None]:
        """Make the disk read-only inside the `with` block; waits until no file is open for writing."""
        self._remount("ro")
        try:
            yield
        finally:
            self._remount("rw")

    def _remount(self, mode: str) -> None:
        deadline_s = time.monotonic() + TIMEOUT_S
        while subprocess.run(
            ["mount", "-o", f"remount,{mode}", self.mount], capture_output=True, check=False
        ).returncode:
            assert time.monotonic() < deadline_s, (
                f"{self.mount} could not be remounted {mode}: files stay open"
            )
            time.sleep(0.02)


@contextmanager
def small_disk(mount: Path, size: str) -> Iterator[SmallDisk]:
    """Mount a small disk. Raises CalledProcessError if mounting is not allowed."""
    mount.mkdir()
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", mount],
        capture_output=True,
        text=True,
        check=True,
    )
    try:
        yield SmallDisk(mount)
    finally:
        subprocess.run(["umount", "-l", mount], check=True)
