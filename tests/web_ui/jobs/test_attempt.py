"""What a runner makes of the files that it finds, without any process."""

import os
import time

import pytest

from data.store.files import write_json
from tests.web_ui.jobs.world import World
from web_ui.jobs.attempt import Attempt, move_idle, read_state, recover_state, settle
from web_ui.jobs.job import CONTROL, LOG, OUTCOME, STATE, JobState, Outcome, RunState, now
from web_ui.jobs.process import identify

MAKES = ("count", "a")


@pytest.mark.parametrize(
    ("state", "to"),
    [
        (JobState.QUEUED, JobState.QUEUED),
        (JobState.INTERRUPTED, JobState.QUEUED),
        (JobState.PAUSED, JobState.PAUSED),
        (JobState.FAILED, JobState.FAILED),
    ],
)
def test_a_damaged_control_starts_nothing_that_was_stopped(world: World, state: JobState, to: JobState) -> None:
    folder = world.workspace.jobs / world.submit("a")
    write_json(folder / STATE, RunState(state=state, answered="earlier").model_dump(mode="json"))
    (folder / CONTROL).write_bytes(b"{")
    assert move_idle(folder) == to


@pytest.mark.parametrize(("status", "to"), [("succeeded", JobState.SUCCEEDED), ("failed", JobState.FAILED), ("stopped", JobState.PAUSED)])
def test_a_damaged_state_is_recovered_from_the_last_outcome(world: World, status: str, to: JobState) -> None:
    job_id = world.submit("a")
    folder = world.workspace.jobs / job_id
    world.store.request_pause(job_id)
    write_json(folder / OUTCOME, Outcome(attempt=3, status=status, ended=now()).model_dump(mode="json"))
    (folder / STATE).write_bytes(b"{")
    recover_state(folder)
    assert (move_idle(folder), read_state(folder).attempts) == (to, 3)


def test_a_failed_job_with_a_damaged_state_runs_again_only_when_asked(world: World) -> None:
    job_id = world.submit("a")
    folder = world.workspace.jobs / job_id
    world.store.request_resume(job_id)
    write_json(folder / OUTCOME, Outcome(attempt=1, status="failed", ended=now()).model_dump(mode="json"))
    (folder / STATE).write_bytes(b"{")
    recover_state(folder)
    assert move_idle(folder) == JobState.FAILED
    (folder / STATE).write_bytes(b"{")
    world.store.request_resume(job_id)
    recover_state(folder)
    assert move_idle(folder) == JobState.QUEUED


def test_a_resume_that_waits_for_a_runner_can_be_taken_back(world: World) -> None:
    job_id = world.submit("a")
    folder = world.workspace.jobs / job_id
    write_json(folder / STATE, RunState(state=JobState.FAILED).model_dump(mode="json"))
    world.store.request_resume(job_id)
    world.store.request_cancel(job_id)
    assert move_idle(folder) == JobState.CANCELLED


@pytest.mark.parametrize("is_old", [True, False])
def test_a_worker_that_ended_unseen_ran_until_its_last_sign(world: World, is_old: bool) -> None:
    folder = world.workspace.jobs / world.submit("a")
    (folder / LOG).touch()
    os.utime(folder / LOG, (time.time() - is_old * 1e6,) * 2)
    settle(Attempt(folder, RunState(state=JobState.RUNNING, attempts=1, worker=identify(os.getpid())), MAKES))
    assert (read_state(folder).run_s == 0) == is_old


def test_a_death_by_a_signal_without_a_name_is_told(world: World) -> None:
    folder = world.workspace.jobs / world.submit("a")
    state = RunState(state=JobState.RUNNING, attempts=5, stalled=4)
    settle(Attempt(folder, state, MAKES, child=Ended()))
    error = read_state(folder).error
    assert error is not None
    assert "killed by signal 35" in error["message"]


class Ended:
    """A child that a real-time signal killed."""

    returncode = -35
