"""Jobs that wait for other jobs, with a real runner and workers."""

import os
import signal

import pytest

from data.errors import Conflict
from tests.web_ui.jobs.tiny_stages import CountConfig
from tests.web_ui.jobs.world import World
from web_ui.jobs.job import Job, State


def submit(world: World, name: str, *after: Job, **values: object) -> Job:
    config = CountConfig.model_validate({"name": name, **values})
    return world.store.create("count", config, after=tuple(job.id for job in after))


def test_a_job_starts_after_all_jobs_that_it_names_have_succeeded(world: World) -> None:
    first, second = submit(world, "a", num_steps=20), submit(world, "b", num_steps=3)
    last = submit(world, "c", first, second)
    world.start_runner()
    ended = world.wait_for_end(last.id)
    starts = [world.store.get(job.id).ended for job in (first, second)]
    assert ended.state == State.SUCCEEDED
    assert ended.after == (first.id, second.id)
    assert all(start is not None and ended.started is not None and start <= ended.started for start in starts)


def test_a_chain_goes_on_after_runner_and_worker_are_killed(world: World) -> None:
    first = submit(world, "a", num_steps=100)
    last = submit(world, "c", submit(world, "b", first))
    runner = world.start_runner()
    world.wait_for_steps(first.id)
    os.kill(runner.pid, signal.SIGKILL)
    runner.wait()
    for process in world.processes(first.id):
        os.kill(process.pid, signal.SIGKILL)
    world.start_runner()
    assert world.wait_for_end(last.id).state == State.SUCCEEDED


def test_a_job_that_waits_for_a_failed_one_fails_and_can_be_resumed_after_it(world: World) -> None:
    first = submit(world, "a", misbehaviour="refuse")
    last = submit(world, "c", submit(world, "b", first))
    world.start_runner()
    ended = world.wait_for_end(last.id)
    assert (ended.state, ended.attempts, ended.started) == (State.FAILED, 0, None)
    assert ended.error is not None
    assert ended.error["message"].startswith("Not started: b (job ")
    assert "resume this one" in ended.error["hint"]
    world.store.request_resume(last.id)  # its job has still failed
    world.wait_for(lambda: world.store.get(last.id).desired is None, "the second refusal")
    assert world.store.get(last.id).state == State.FAILED


def test_a_cancelled_job_ends_the_jobs_that_wait_for_it(world: World) -> None:
    first = submit(world, "a", num_steps=100_000)
    last = submit(world, "b", first)
    world.start_runner()
    world.wait_for_state(first.id, "running")
    world.store.request_cancel(first.id)
    ended = world.wait_for_end(last.id)
    assert ended.state == State.FAILED
    assert ended.error is not None
    assert ended.error["message"].endswith("which this job waits for, was cancelled.")


def test_a_paused_job_keeps_the_others_waiting(world: World) -> None:
    first = submit(world, "a", num_steps=400)
    last = submit(world, "b", first, num_steps=1)
    world.start_runner()
    world.wait_for_state(first.id, "running")
    world.store.request_pause(first.id)
    world.wait_for_state(first.id, "paused")
    assert world.store.get(last.id).state == State.QUEUED
    world.store.request_resume(first.id)
    assert world.wait_for_end(last.id).state == State.SUCCEEDED


def test_a_job_that_another_waits_for_is_not_deleted(world: World) -> None:
    first = submit(world, "a")
    last = submit(world, "b", first)
    with pytest.raises(Conflict, match=f"b .job {last.id}. waits for job {first.id}"):
        world.store.delete(first.id)
    world.store.delete(last.id)
    world.store.delete(first.id)


def test_a_key_belongs_to_the_jobs_waited_for_too(world: World) -> None:
    first, second = submit(world, "a"), submit(world, "b")
    job = world.store.create("count", CountConfig(name="c"), "key", (first.id,))
    assert world.store.create("count", CountConfig(name="c"), "key", (first.id,)).id == job.id
    with pytest.raises(Conflict, match="different request"):
        world.store.create("count", CountConfig(name="c"), "key", (second.id,))


def test_jobs_moved_to_the_front_start_before_the_others(world: World) -> None:
    jobs = [submit(world, name) for name in "abcd"]
    assert world.store.move_to_front(jobs[3].id).moved_to_front is not None
    world.store.move_to_front(jobs[2].id)
    world.start_runner()  # with two slots
    starts = {job.title: world.wait_for_end(job.id).started or "" for job in jobs}
    assert max(starts["c"], starts["d"]) < min(starts["a"], starts["b"])


def test_only_waiting_jobs_are_moved(world: World) -> None:
    world.start_runner()
    job = world.wait_for_end(submit(world, "a").id)
    with pytest.raises(Conflict, match="does not wait"):
        world.store.move_to_front(job.id)
