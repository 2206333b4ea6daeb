"""A clock that jumps: ids may be out of order, but jobs run, durations are right and the runner is alive."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.web_ui.jobs.conftest import world
from tests.web_ui.jobs.world import World
from web_ui.jobs import runner
from web_ui.jobs.job import REQUEST
from web_ui.jobs.runner import empty_trash

__all__ = ["world"]


def date_back(world: World, job_id: str, created: datetime) -> str:
    """Change the time at which a job was created."""
    folder = world.workspace.jobs / job_id
    moved = world.workspace.jobs / f"{created:%Y%m%d-%H%M%S}-abcd"
    request = json.loads((folder / REQUEST).read_text())
    (folder / REQUEST).write_text(json.dumps(request | {"id": moved.name, "created": created.isoformat()}))
    folder.rename(moved)
    return moved.name


def test_jobs_created_in_the_past_or_future_run(world: World) -> None:
    past = date_back(world, world.submit("past"), datetime(1999, 1, 1, tzinfo=UTC))
    future = date_back(world, world.submit("future"), datetime(2099, 1, 1, tzinfo=UTC))
    world.start_runner()
    assert world.wait_for_end(past).state == "succeeded"
    assert world.wait_for_end(future).state == "succeeded"
    assert [job.id for job in world.store.list()[0]] == [future, past]


def test_with_a_jumping_clock_jobs_run_durations_are_right_and_the_runner_is_alive(world: World) -> None:
    world.start_runner(TINY_RUNNER_CLOCK="jumping")
    world.wait_for(lambda: world.store.runner_status("cpu").alive, "the runner")
    job_id = world.submit("a", num_steps=60)
    while world.store.get(job_id).state not in ("succeeded", "failed"):
        assert world.store.runner_status("cpu").alive
    job = world.store.get(job_id)
    assert job.state == "succeeded"
    assert 0 < job.run_s < 90


def test_only_files_that_were_trashed_long_ago_are_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, trashed = tmp_path / "model", tmp_path / "trash" / "model"
    for folder in (model, trashed.parent):
        folder.mkdir()
    os.utime(model, (0, 0))  # trained long ago
    model.rename(trashed)
    (trashed.parent / "upload").touch()
    empty_trash(trashed.parent)
    assert trashed.exists()
    monkeypatch.setattr(runner, "TRASH_MIN_AGE_S", -1)
    empty_trash(trashed.parent)
    assert list(trashed.parent.iterdir()) == []
