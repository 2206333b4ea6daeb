"""A full disk and a read-only disk: a message, no half-written file, and jobs continue later."""

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from data.errors import StorageError
from tests.chaos.small_disk import SmallDisk, small_disk
from tests.machine import require, require_root
from tests.web_ui.jobs.world import World


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    require_root("mounting a small disk")
    with ExitStack() as stack:
        try:
            disk = stack.enter_context(small_disk(tmp_path / "disk", "1m"))
        except subprocess.CalledProcessError as error:
            require(False, f"no tmpfs can be mounted: {error.stderr}")
        yield disk


@pytest.fixture
def world(disk: SmallDisk) -> Iterator[World]:
    world = World(disk.mount)
    yield world
    world.close()


def test_on_a_full_disk_jobs_wait_or_fail_with_a_message_and_continue_when_there_is_space(
    disk: SmallDisk, world: World
) -> None:
    runner = world.start_runner()
    running = world.submit("a", num_steps=200)
    world.wait_for_steps(running)
    with disk.filled():
        with pytest.raises(StorageError, match="disk is full"):
            world.submit("b")
        world.wait_for(lambda: world.processes(running) == [], "the worker to fail")
    job = world.wait_for_state(running, "succeeded", "failed")
    if job.state == "failed":
        world.store.request_resume(running)
        world.wait_for_state(running, "succeeded")
    assert world.wait_for_end(world.submit("c")).state == "succeeded"
    assert runner.poll() is None
    assert not list(world.workspace.root.rglob("*.partial"))


def test_on_a_read_only_disk_requests_are_refused_with_a_message_and_accepted_later(
    disk: SmallDisk, world: World
) -> None:
    runner = world.start_runner()
    done = world.wait_for_end(world.submit("a")).id
    with disk.read_only():
        for refused in (lambda: world.submit("b"), lambda: world.store.delete(done)):
            with pytest.raises(StorageError, match="Read-only"):
                refused()
        assert [job.id for job in world.store.list()[0]] == [done]
    assert world.wait_for_end(world.submit("b")).state == "succeeded"
    assert runner.poll() is None
