"""A clock that jumps: order of ids and shown times may be odd, but jobs run, durations are true and the
runner counts as alive."""

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
    """Make a job look as if it had been created at another time."""
    folder = world.workspace.jobs / job_id
    moved = world.workspace.jobs / f"{created:%Y%m%d-%H%M%S}-abcd"
    request = json.loads((folder / REQUEST).read_text())
    (folder / REQUEST).write_text(json.dumps(request | {"id": moved.name, "created": created.isoformat()}))
    folder.rename(moved)
    return moved.name


def test_jobs_of_the_past_and_of_the_future_are_run(world: World) -> None:
    past = date_back(world, world.submit("past"), datetime(1999, 1, 1, tzinfo=UTC))
    future = date_back(world, world.submit("future"), datetime(2099, 1, 1, tzinfo=UTC))
    world.start_runner()
    assert world.wait_for_end(past).state == "succeeded"
    assert world.wait_for_end(future).state == "succeeded"
    assert [job.id for job in world.store.list()[0]] == [future, past]


def test_under_a_jumping_clock_jobs_run_durations_are_true_and_the_runner_is_alive(world: World) -> None:
    world.start_runner(TINY_RUNNER_CLOCK="jumping")
    world.wait_for(lambda: world.store.runner_status("cpu").alive, "the runner")
    job_id = world.submit("a", num_steps=60)
    while world.store.get(job_id).state not in ("succeeded", "failed"):
        assert world.store.runner_status("cpu").alive
    job = world.store.get(job_id)
    assert job.state == "succeeded"
    assert 0 < job.run_s < 90


def test_trash_is_emptied_only_of_what_was_moved_there_long_ago(
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
