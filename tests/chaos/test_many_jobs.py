"""Ten thousand jobs in one workspace."""

import json

import pytest

from tests.web_ui.jobs.conftest import world
from tests.web_ui.jobs.world import World
from web_ui.jobs.job import REQUEST, STATE

__all__ = ["world"]

NUM_JOBS = 10_000


@pytest.mark.slow
def test_ten_thousand_jobs_are_listed_and_do_not_hold_up_a_new_one(world: World) -> None:
    for number in range(NUM_JOBS):
        folder = world.workspace.jobs / f"20260101-{number // 10:06d}-{number % 10:04x}"
        folder.mkdir()
        request = {"id": folder.name, "kind": "count", "role": "cpu", "created": "2026-01-01T00:00:00+00:00", "config": {}, "title": "old"}
        (folder / REQUEST).write_text(json.dumps(request))
        (folder / STATE).write_text(json.dumps({"state": "succeeded" if number % 2 else "failed", "attempts": 1}))
    jobs, total = world.store.list(state="failed", offset=4_990, limit=50)
    assert (len(jobs), total) == (10, NUM_JOBS // 2)
    world.start_runner()
    world.wait_for(lambda: world.store.runner_status("cpu").alive, "the runner")
    assert world.wait_for_end(world.submit("new")).state == "succeeded"
    assert world.store.list(limit=1)[0][0].title == "new"
