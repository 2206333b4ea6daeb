"""When waiting jobs are expected to start, with a real runner of two slots and real workers."""

import time
from collections.abc import Iterator

import pytest

from tests.web_ui.jobs.world import World
from web_ui.jobs.expected_start import QueuePosition, read_queue

STEP_S = 0.05


@pytest.fixture
def busy(world: World) -> Iterator[World]:
    """A world whose two slots run jobs that count to 150 and to 100,000."""
    world.start_runner()
    world.wait_for_end(world.submit("known", num_steps=20, step_s=STEP_S))
    running = [world.submit(f"to_{steps}", num_steps=steps, step_s=STEP_S) for steps in (150, 100_000)]
    for job_id in running:
        world.wait_for_steps(job_id, 20)
    yield world
    for job_id in running:
        if world.store.get(job_id).state == "running":
            world.store.request_cancel(job_id)


def test_a_job_starts_when_the_job_in_front_was_expected_to_end(busy: World) -> None:
    waiting = busy.submit("waiting")
    position, asked_s = read_queue(busy.store)[waiting], time.monotonic()
    assert position.place == 1
    assert position.starts_in_s is not None
    busy.wait_for_state(waiting, "running", "succeeded")
    assert time.monotonic() - asked_s == pytest.approx(position.starts_in_s, rel=0.5, abs=3)


def test_jobs_that_wait_take_as_long_as_those_like_them_took(busy: World) -> None:
    known_s = busy.store.list(search="known")[0][0].run_s
    first, second, unlike, last = (
        busy.submit(name, num_steps=steps, step_s=STEP_S)
        for name, steps in (("a", 20), ("b", 20), ("c", 21), ("d", 20))
    )
    queue = read_queue(busy.store)
    starts = [queue[job_id].starts_in_s or 0 for job_id in (first, second, unlike, last)]
    assert starts[0] > 0
    assert [start - starts[0] for start in starts[1:3]] == pytest.approx([known_s, 2 * known_s])
    # nobody knows how long c takes, so d starts where the slow job ends
    assert starts[3] > 100_000 * STEP_S / 2


def test_nothing_is_said_without_a_runner_or_a_like_job(world: World) -> None:
    jobs = [world.submit(name) for name in "abc"]
    expected = {job_id: QueuePosition(place, None) for place, job_id in enumerate(jobs, 1)}
    assert read_queue(world.store) == expected
    world.store.move_to_front(jobs[2])
    assert read_queue(world.store)[jobs[2]].place == 1
