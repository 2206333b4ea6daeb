"""How a runner acts on the files of a job, tested without worker processes."""

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from data.store.files import write_json
from tests.web_ui.jobs.world import World
from web_ui.jobs.attempt import Attempt, read_state, settle_attempt
from web_ui.jobs.idle import move_idle_job, read_earliest_start_s, recover_state
from web_ui.jobs.job import CONTROL, LOG, OUTCOME, STATE, JobState, Outcome, RestartDelay, State, now
from web_ui.jobs.process import boot_id, identify
from web_ui.jobs.progress import EventProgress


@dataclass
class Ended:
    """A child process that ended with this exit code."""

    returncode: int = -signal.SIGKILL


def settle(folder: Path, state: JobState, child: Ended | None = None) -> None:
    """Settle an attempt that left this state."""
    settle_attempt(Attempt(folder=folder, state=state, output_key=("count", "a"), child=child))


@pytest.mark.parametrize(
    ("state", "to"),
    [
        (State.QUEUED, State.QUEUED),
        (State.INTERRUPTED, State.QUEUED),
        (State.PAUSED, State.PAUSED),
        (State.FAILED, State.FAILED),
    ],
)
def test_a_damaged_control_does_not_start_a_stopped_job(world: World, state: State, to: State) -> None:
    folder = world.workspace.jobs / world.submit("a")
    write_json(folder / STATE, JobState(state=state, answered="earlier").model_dump(mode="json"))
    (folder / CONTROL).write_bytes(b"{")
    assert move_idle_job(folder) == to


@pytest.mark.parametrize(
    ("status", "to"), [("succeeded", State.SUCCEEDED), ("failed", State.FAILED), ("stopped", State.PAUSED)]
)
def test_a_damaged_state_is_recovered_from_the_last_outcome(world: World, status: str, to: State) -> None:
    job_id = world.submit("a")
    folder = world.workspace.jobs / job_id
    world.store.request_pause(job_id)
    write_json(folder / OUTCOME, Outcome(attempt=3, status=status, ended=now()).model_dump(mode="json"))
    (folder / STATE).write_bytes(b"{")
    recover_state(folder)
    assert (move_idle_job(folder), read_state(folder).attempts) == (to, 3)


def test_a_failed_job_with_a_damaged_state_runs_again_only_when_resumed(world: World) -> None:
    job_id = world.submit("a")
    folder = world.workspace.jobs / job_id
    world.store.request_resume(job_id)
    write_json(folder / OUTCOME, Outcome(attempt=1, status="failed", ended=now()).model_dump(mode="json"))
    (folder / STATE).write_bytes(b"{")
    recover_state(folder)
    assert move_idle_job(folder) == State.FAILED
    (folder / STATE).write_bytes(b"{")
    world.store.request_resume(job_id)
    recover_state(folder)
    assert move_idle_job(folder) == State.QUEUED


def test_a_job_resumed_without_a_runner_can_be_cancelled(world: World) -> None:
    job_id = world.submit("a")
    folder = world.workspace.jobs / job_id
    write_json(folder / STATE, JobState(state=State.FAILED).model_dump(mode="json"))
    world.store.request_resume(job_id)
    world.store.request_cancel(job_id)
    assert move_idle_job(folder) == State.CANCELLED


@pytest.mark.parametrize("is_old", [True, False])
def test_a_worker_that_ended_without_a_runner_ran_until_its_last_file_change(
    world: World, is_old: bool
) -> None:
    folder = world.workspace.jobs / world.submit("a")
    (folder / LOG).touch()
    os.utime(folder / LOG, (time.time() - is_old * 1e6,) * 2)
    settle(folder, JobState(state=State.RUNNING, attempts=1, worker=identify(os.getpid())))
    assert (read_state(folder).run_s == 0) == is_old


@pytest.mark.parametrize("stalled", range(5))
def test_each_crash_without_progress_makes_the_delay_longer(world: World, stalled: int) -> None:
    folder, started_s = world.workspace.jobs / world.submit("a"), time.monotonic()
    settle(folder, JobState(state=State.RUNNING, attempts=1, stalled=stalled), Ended(1))
    state = read_state(folder)
    if stalled == 4:
        assert state.error is not None
        assert "5 times in a row, each time at the same place (exit code 1)" in state.error["message"]
        assert str(folder / LOG) in state.error["hint"]
        return
    wait_s = (0, 5, 30, 120)[stalled]
    assert move_idle_job(folder) == State.QUEUED
    assert started_s + wait_s <= read_earliest_start_s(folder) <= time.monotonic() + wait_s
    (event,) = world.store.events(folder.name).events
    assert "(exit code 1)" in event["text"]
    assert (f"tried again in {wait_s} s" in event["text"]) == (wait_s > 0)


def test_a_reboot_or_a_resume_ends_the_delay(world: World) -> None:
    folder, far_s = world.workspace.jobs / world.submit("a"), time.monotonic() + 1000
    for boot, until_s in (("another", 0.0), (boot_id(), far_s)):
        write_json(
            folder / STATE, JobState(wait=RestartDelay(until_s=far_s, boot_id=boot)).model_dump(mode="json")
        )
        assert read_earliest_start_s(folder) == until_s
    world.store.request_pause(folder.name)
    assert move_idle_job(folder) == State.PAUSED
    world.store.request_resume(folder.name)
    assert move_idle_job(folder) == State.QUEUED
    assert read_earliest_start_s(folder) == 0
    world.store.request_cancel(folder.name)
    assert move_idle_job(folder) == State.CANCELLED
    assert world.store.get(folder.name).desired is None


def test_a_job_with_new_progress_in_any_unit_has_not_stalled(world: World) -> None:
    folder = world.workspace.jobs / world.submit("a")
    # a file of a version that did not store the progress by unit
    (folder / STATE).write_text('{"state": "running", "attempts": 1, "furthest": 95000}')
    stalled = []
    for done, unit in (
        (90_000, "samples"),
        (100, "files"),
        (300, "files"),
        (300, "files"),
        (80_000, "samples"),
        (400, "files"),
    ):
        progress = EventProgress(folder)
        progress.advance(done, None, unit)
        progress.close()
        settle(folder, read_state(folder).model_copy(update={"state": State.RUNNING}), Ended())
        stalled.append(read_state(folder).stalled)
    assert stalled == [0, 0, 0, 1, 2, 0]


@pytest.mark.parametrize(
    ("status", "words", "blames_memory"),
    [(-35, "killed by signal 35", False), (-9, "killed by SIGKILL", True)],
)
def test_the_error_names_the_signal_that_killed_the_worker(
    world: World, status: int, words: str, blames_memory: bool
) -> None:
    folder = world.workspace.jobs / world.submit("a")
    settle(folder, JobState(state=State.RUNNING, attempts=5, stalled=4), Ended(status))
    error = read_state(folder).error
    assert error is not None
    assert words in error["message"]
    assert ("memory" in error["hint"]) == blames_memory
