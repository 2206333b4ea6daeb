"""A disk that is full, and one that is read-only: a message, no half file, and on it goes when there is room again."""

import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from data.errors import StorageError
from tests.machine import require, require_root
from tests.web_ui.jobs.world import World


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[World]:
    require_root("mounting a small disk")
    mount = tmp_path / "disk"
    mount.mkdir()
    answer = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", mount], capture_output=True, text=True, check=False)
    require(answer.returncode == 0, f"no tmpfs can be mounted: {answer.stderr}")
    world = World(mount)
    yield world
    world.close()
    subprocess.run(["umount", "-l", mount], check=True)


def fill(path: Path) -> None:
    with path.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))


def test_on_a_full_disk_jobs_wait_or_fail_in_words_and_go_on_when_there_is_room(small_disk: World) -> None:
    world = small_disk
    runner = world.start_runner()
    running, filler = world.submit("a", num_steps=200), world.workspace.root / "filler"
    world.wait_for_steps(running)
    fill(filler)
    with pytest.raises(StorageError, match="disk is full"):
        world.submit("b")
    world.wait_for(lambda: world.processes(running) == [], "the worker to fail")
    filler.unlink()
    job = world.wait_for_state(running, "succeeded", "failed")
    if job.state == "failed":
        world.store.request_resume(running)
        world.wait_for_state(running, "succeeded")
    assert world.wait_for_end(world.submit("c")).state == "succeeded"
    assert runner.poll() is None
    assert not list(world.workspace.root.rglob("*.partial"))


def test_on_a_read_only_disk_requests_are_refused_in_words_and_served_again_after(small_disk: World) -> None:
    world = small_disk
    runner = world.start_runner()
    done = world.wait_for_end(world.submit("a")).id
    remount(world, "ro")
    for refused in (lambda: world.submit("b"), lambda: world.store.delete(done)):
        with pytest.raises(StorageError, match="Read-only"):
            refused()
    assert [job.id for job in world.store.list()[0]] == [done]
    remount(world, "rw")
    assert world.wait_for_end(world.submit("b")).state == "succeeded"
    assert runner.poll() is None


def remount(world: World, mode: str) -> None:
    def is_done() -> bool:  # a heartbeat on its way keeps the disk busy for a moment
        return subprocess.run(["mount", "-o", f"remount,{mode}", world.workspace.root], capture_output=True, check=False).returncode == 0

    world.wait_for(is_done, f"the disk to be {mode}")
