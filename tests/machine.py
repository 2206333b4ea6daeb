"""What a test needs from the machine. A missing part skips the test with its reason, or fails it where all
must run (CI)."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

CHROMIUM = next(
    (path for name in ("chromium-headless-shell", "chromium") if (path := Path("/usr/bin") / name).exists()),
    None,
)
"""The shell is the same engine without windows: a fresh page takes a third of the processor time."""


def require(available: bool, reason: str) -> None:
    """Skip the running test, or fail it when DEEPSYNTH_REQUIRE_ALL=1, unless a part of the machine is
    available."""
    if available:
        return
    if os.environ.get("DEEPSYNTH_REQUIRE_ALL") == "1":
        pytest.fail(f"{reason} (and DEEPSYNTH_REQUIRE_ALL=1 allows no skipping)")
    pytest.skip(reason)


def require_chromium() -> None:
    require(CHROMIUM is not None, "no Chromium: apt-get install chromium-headless-shell")


def require_tesseract() -> None:
    require(shutil.which("tesseract") is not None, "no tesseract: apt-get install tesseract-ocr")


def require_docker() -> None:
    answer = (
        subprocess.run(["docker", "info"], capture_output=True, check=False)
        if shutil.which("docker")
        else None
    )
    require(answer is not None and answer.returncode == 0, "no Docker engine answers")


def require_root(purpose: str) -> None:
    require(os.geteuid() == 0, f"{purpose} needs root")


def other_disk(path: Path) -> Path:
    """Return a folder on another disk than `path`. Skip the running test without one."""
    shared_memory = Path("/dev/shm")
    is_other = shared_memory.is_dir() and shared_memory.stat().st_dev != path.stat().st_dev
    require(is_other, "no second file system at /dev/shm")
    return shared_memory


def require_gpu() -> None:
    """Skip the running test without an NVIDIA GPU; in CI too, whose machines have none."""
    import torch  # noqa: PLC0415 - most tests never load it

    if not torch.cuda.is_available():
        pytest.skip("no NVIDIA GPU")
