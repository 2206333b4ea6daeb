"""Ten thousand jobs in one workspace."""

import pytest

from tests.chaos.many_jobs import NUM_JOBS, add_ended_jobs
from tests.web_ui.jobs.conftest import world
from tests.web_ui.jobs.world import World

__all__ = ["world"]


@pytest.mark.slow
def test_ten_thousand_jobs_are_listed_and_do_not_delay_a_new_job(world: World) -> None:
    add_ended_jobs(world)
    jobs, total = world.store.list(state="failed", offset=4_990, limit=50)
    assert (len(jobs), total) == (10, NUM_JOBS // 2)
    world.start_runner()
    world.wait_for(lambda: world.store.runner_status("cpu").alive, "the runner")
    assert world.wait_for_end(world.submit("new")).state == "succeeded"
    assert world.store.list(limit=1)[0][0].title == "new"
