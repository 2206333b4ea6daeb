"""Store, runner and worker together, as real processes that run tiny stages."""

import json
import os
import signal
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from data.errors import Conflict, StorageError
from data.store.files import read_json, write_json
from tests.web_ui.jobs.tiny_stages import STAGES_NAME
from tests.web_ui.jobs.world import World
from web_ui.jobs import devices as devices_module
from web_ui.jobs.devices import role_devices
from web_ui.jobs.job import CONTROL, OUTCOME, REQUEST, STATE, JobState, RestartDelay, State
from web_ui.jobs.process import boot_id, is_alive
from web_ui.jobs.restart import RESTART_DELAYS_S
from web_ui.jobs.runner import Runner, RunnerOptions

LONG = 100_000


def total(world: World, name: str) -> int:
    return int(read_json(world.workspace.dataset(name) / "sum.json")["total"])


def test_a_job_runs_to_its_result(shared_world: World) -> None:
    job = shared_world.wait_for_end(shared_world.submit("a_job_runs_to_its_result", num_steps=7))
    assert (job.state, job.attempts, job.error) == ("succeeded", 1, None)
    assert job.result == {
        "path": str(shared_world.workspace.dataset("a_job_runs_to_its_result") / "sum.json"),
        "total": 21,
    }
    assert job.progress is not None
    assert (job.progress["done"], job.progress["total"], job.progress["unit"], job.progress["counts"]) == (
        7,
        7,
        "steps",
        {"odd": 0},
    )
    assert job.started is not None
    assert job.ended is not None
    assert job.run_s > 0
    metrics = [
        event["values"] for event in shared_world.store.events(job.id).events if event["kind"] == "metric"
    ]
    assert len(metrics) == 7
    assert metrics[0] == {"loss": 1.0, "broken": None}


def test_a_runner_starts_a_new_job_within_a_second(shared_world: World) -> None:
    shared_world.wait_for(lambda: shared_world.store.runner_status("cpu").alive, "the runner")
    started = time.monotonic()
    shared_world.wait_for_state(
        shared_world.submit("a_runner_starts_a_new_job_within_a_second"), "running", "succeeded"
    )
    assert time.monotonic() - started < 1


def test_an_error_of_the_stage_is_shown_with_hint_and_fields(shared_world: World) -> None:
    job = shared_world.wait_for_end(
        shared_world.submit("an_error_of_the_stage_is_shown_with_hint_and_fields", misbehaviour="refuse")
    )
    assert (job.state, job.attempts) == ("failed", 1)
    fields = {"num_steps": "is wrong"}
    assert job.error == {
        "code": "invalid_input",
        "message": "The number is wrong.",
        "hint": "Take another.",
        "fields": fields,
    }


def test_an_unexpected_error_is_shown_without_the_token(shared_world: World) -> None:
    job = shared_world.wait_for_end(
        shared_world.submit("an_unexpected_error_is_shown_without_the_token", misbehaviour="crash")
    )
    assert job.error is not None
    assert job.error["message"] == "RuntimeError: boom with ***"
    assert "Traceback" in shared_world.store.log(job.id).text
    texts = [path.read_text() for path in (shared_world.workspace.jobs / job.id).iterdir()]
    assert not any("hf_canary12345" in text for text in texts)


def test_the_worker_gets_the_token_of_the_hub_but_not_of_the_service(shared_world: World) -> None:
    job = shared_world.wait_for_end(
        shared_world.submit(
            "the_worker_gets_the_token_of_the_hub_but_not_of_the_service", misbehaviour="print"
        )
    )
    assert shared_world.store.log(job.id).text == 'ä line for the log ["HF_TOKEN"]\n'


def test_a_config_that_is_no_longer_valid_fails_with_a_message(world: World) -> None:
    job_id = world.submit("a")
    path = world.workspace.jobs / job_id / REQUEST
    request = read_json(path)
    path.write_text(json.dumps(request | {"config": {"name": "a", "num_stepps": 3}}))
    world.start_runner()
    job = world.wait_for_end(job_id)
    assert job.error is not None
    assert "num_stepps" in job.error["message"]


def test_a_paused_job_saves_and_a_resumed_job_continues_from_the_save(shared_world: World) -> None:
    job_id = shared_world.submit(
        "a_paused_job_saves_and_a_resumed_job_continues_from_the_save", num_steps=120
    )
    shared_world.wait_for_steps(job_id, 5)
    shared_world.store.request_pause(job_id)
    paused = shared_world.wait_for_state(job_id, "paused")
    assert shared_world.processes(job_id) == []
    saved = read_json(
        shared_world.workspace.dataset("a_paused_job_saves_and_a_resumed_job_continues_from_the_save")
        / "sum.json"
    )["step"]
    assert paused.progress is not None
    assert 5 <= saved < 120
    shared_world.store.request_resume(job_id)
    job = shared_world.wait_for_end(job_id)
    assert (
        job.state,
        job.attempts,
        total(shared_world, "a_paused_job_saves_and_a_resumed_job_continues_from_the_save"),
    ) == ("succeeded", 2, sum(range(120)))


def test_a_pause_followed_by_a_resume_does_not_stop_the_job(shared_world: World) -> None:
    job_id = shared_world.submit("a_pause_followed_by_a_resume_does_not_stop_the_job", num_steps=120)
    shared_world.wait_for_steps(job_id)
    for _ in range(5):
        shared_world.store.request_pause(job_id)
        shared_world.store.request_resume(job_id)
    assert shared_world.wait_for_end(job_id).state == "succeeded"


def test_a_queued_job_can_be_paused_resumed_and_cancelled(world: World) -> None:
    paused, cancelled = world.submit("a"), world.submit("b")
    world.store.request_pause(paused)
    world.store.request_cancel(cancelled)
    world.start_runner()
    assert world.wait_for_state(paused, "paused").attempts == 0
    assert world.wait_for_end(cancelled).state == "cancelled"
    world.store.request_resume(paused)
    assert world.wait_for_end(paused).state == "succeeded"


def test_cancel_ends_a_worker_at_its_safe_point(shared_world: World) -> None:
    job_id = shared_world.submit("cancel_ends_a_worker_at_its_safe_point", num_steps=LONG)
    shared_world.wait_for_steps(job_id)
    shared_world.store.request_cancel(job_id)
    job = shared_world.wait_for_end(job_id)
    assert (job.state, job.error, shared_world.processes(job_id)) == ("cancelled", None, [])
    assert read_json(shared_world.workspace.jobs / job_id / OUTCOME)["status"] == "stopped"


def test_cancel_kills_a_worker_that_ignores_sigterm(shared_world: World) -> None:
    job_id = shared_world.submit(
        "cancel_kills_a_worker_that_ignores_sigterm", num_steps=LONG, misbehaviour="deaf"
    )
    shared_world.wait_for_steps(job_id)
    shared_world.store.request_cancel(job_id)
    assert shared_world.wait_for_end(job_id).state == "cancelled"
    assert shared_world.processes(job_id) == []


def test_cancel_kills_a_stopped_worker(shared_world: World) -> None:
    job_id = shared_world.submit("cancel_kills_a_stopped_worker", num_steps=LONG)
    shared_world.wait_for_steps(job_id)
    os.kill(shared_world.processes(job_id)[0].pid, signal.SIGSTOP)
    shared_world.store.request_cancel(job_id)
    assert shared_world.wait_for_end(job_id).state == "cancelled"


def test_a_running_job_cannot_be_deleted_and_an_ended_job_can(shared_world: World) -> None:
    job_id = shared_world.submit("a_running_job_cannot_be_deleted_and_an_ended_job_can", num_steps=LONG)
    shared_world.wait_for_steps(job_id)
    with pytest.raises(Conflict, match="is running"):
        shared_world.store.delete(job_id)
    shared_world.store.request_cancel(job_id)
    shared_world.wait_for_end(job_id)
    shared_world.store.delete(job_id)
    assert not (shared_world.workspace.jobs / job_id).exists()
    assert list(shared_world.workspace.trash.iterdir()) == []
    assert (
        shared_world.workspace.dataset("a_running_job_cannot_be_deleted_and_an_ended_job_can") / "sum.json"
    ).exists()


def test_a_killed_worker_restarts_from_its_last_save(shared_world: World) -> None:
    job_id = shared_world.submit("a_killed_worker_restarts_from_its_last_save", num_steps=120)
    shared_world.wait_for_steps(job_id, 20)
    os.kill(shared_world.processes(job_id)[0].pid, signal.SIGKILL)
    job = shared_world.wait_for_end(job_id)
    assert (job.state, job.attempts, total(shared_world, "a_killed_worker_restarts_from_its_last_save")) == (
        "succeeded",
        2,
        sum(range(120)),
    )


def test_a_job_whose_worker_always_crashes_fails_with_the_reason(shared_world: World) -> None:
    job_id = shared_world.submit(
        "a_job_whose_worker_always_crashes_fails_with_the_reason", misbehaviour="vanish"
    )
    job = shared_world.wait_for_end(job_id)
    assert (job.state, job.attempts) == ("failed", len(RESTART_DELAYS_S))
    assert job.error is not None
    assert "SIGKILL" in job.error["message"]


def test_a_stalled_job_waits_until_it_is_resumed_while_other_jobs_run(world: World) -> None:
    stalled, same, other = world.submit("a"), world.submit("a"), world.submit("b")
    wait = RestartDelay(until_s=time.monotonic() + 1000, boot_id=boot_id())
    write_json(
        world.workspace.jobs / stalled / STATE,
        JobState(state=State.INTERRUPTED, attempts=3, wait=wait).model_dump(mode="json"),
    )
    runner = Runner(world.workspace, "cpu", RunnerOptions(devices=(None, None), stages=STAGES_NAME))
    runner.tick()
    assert list(runner.attempts) == [other]
    assert [world.store.get(job_id).state for job_id in (stalled, same)] == ["queued", "queued"]
    retry_at = world.store.get(stalled).retry_at
    assert retry_at is not None
    assert 990 < (datetime.fromisoformat(retry_at) - datetime.now(UTC)).total_seconds() <= 1001
    world.store.request_resume(stalled)
    assert world.store.get(stalled).retry_at is None
    runner.tick()
    assert list(runner.attempts) == [other, stalled]


def test_a_failed_job_can_be_resumed(shared_world: World) -> None:
    job_id = shared_world.submit("a_failed_job_can_be_resumed", misbehaviour="refuse")
    shared_world.wait_for_end(job_id)
    shared_world.store.request_resume(job_id)
    shared_world.wait_for(lambda: shared_world.store.get(job_id).attempts == 2, "a second attempt")
    assert shared_world.wait_for_end(job_id).state == "failed"


def test_children_of_a_killed_worker_are_killed(shared_world: World) -> None:
    job_id = shared_world.submit("children_of_a_killed_worker_are_killed", misbehaviour="orphan")
    assert shared_world.wait_for_end(job_id).state == "failed"
    assert shared_world.processes(job_id) == []


def test_a_new_runner_adopts_the_running_worker(world: World) -> None:
    runner = world.start_runner()
    job_id = world.submit("a", num_steps=120)
    world.wait_for_steps(job_id)
    (worker,) = world.processes(job_id)
    runner.kill()
    runner.wait()
    world.start_runner()
    world.wait_for(lambda: job_id in world.store.runner_status("cpu").running, "the adoption")
    assert is_alive(worker)
    job = world.wait_for_end(job_id)
    assert (job.state, job.attempts, total(world, "a")) == ("succeeded", 1, sum(range(120)))


def test_an_adopted_worker_can_be_paused_and_cancelled_even_with_a_damaged_request(world: World) -> None:
    runner = world.start_runner()
    first, second = world.submit("a", num_steps=LONG), world.submit("b", num_steps=LONG, misbehaviour="deaf")
    world.wait_for_steps(first)
    world.wait_for_steps(second)
    runner.kill()
    runner.wait()
    request = world.workspace.jobs / second / REQUEST
    whole = request.read_bytes()
    request.write_bytes(b"{")
    world.start_runner()
    world.store.request_pause(first)
    world.store.request_cancel(second)
    assert world.wait_for_state(first, "paused").attempts == 1
    assert world.wait_for_end(second).error is not None
    assert world.processes(second) == []
    request.write_bytes(whole)
    assert world.store.get(second).state == "cancelled"


def test_the_end_of_a_worker_without_a_runner_is_recorded_later(world: World) -> None:
    runner = world.start_runner()
    job_id = world.submit("a", num_steps=60)
    world.wait_for_steps(job_id)
    runner.kill()
    runner.wait()
    world.wait_for(lambda: world.processes(job_id) == [], "the worker's end")
    assert world.store.get(job_id).state == "running"
    world.start_runner()
    assert world.wait_for_end(job_id).attempts == 1


def test_a_process_with_the_pid_of_a_worker_before_a_reboot_is_not_the_worker(world: World) -> None:
    job_id = world.submit("a")
    mine = os.getpid()
    worker = {"pid": mine, "start_ticks": 1, "boot_id": "of-another-boot"}
    (world.workspace.jobs / job_id / STATE).write_text(
        json.dumps({"state": "running", "attempts": 1, "worker": worker})
    )
    world.start_runner()
    job = world.wait_for_end(job_id)
    assert (job.state, job.attempts) == ("succeeded", 2)


def test_a_job_whose_runner_was_killed_before_its_worker_started_is_started_again(world: World) -> None:
    job_id = world.submit("a")
    (world.workspace.jobs / job_id / STATE).write_text(json.dumps({"state": "running", "attempts": 1}))
    world.start_runner()
    assert world.wait_for_end(job_id).attempts == 2


def test_of_two_runners_one_works_and_the_other_ends_with_the_reason(world: World) -> None:
    runners = [world.start_runner() for _ in range(2)]
    world.wait_for(lambda: any(runner.poll() is not None for runner in runners), "one to give way")
    assert sorted((runner.poll() is None) for runner in runners) == [False, True]
    assert "Another runner for role cpu" in world.log.read_text()
    assert world.wait_for_end(world.submit("a")).state == "succeeded"


def test_two_jobs_with_the_same_output_run_one_after_the_other(world: World) -> None:
    first, second = world.submit("same", num_steps=50), world.submit("same", num_steps=50)
    world.start_runner()
    world.wait_for_state(first, "running")
    assert world.store.get(second).state == "queued"
    ends = [world.wait_for_end(first), world.wait_for_end(second)]
    assert [job.state for job in ends] == ["succeeded", "succeeded"]
    assert ends[1].started is not None
    assert ends[0].ended is not None
    assert ends[0].ended <= ends[1].started


def test_no_more_jobs_run_than_there_are_slots(world: World) -> None:
    world.start_runner()
    ids = [world.submit(f"n{number}", num_steps=30) for number in range(5)]
    most = 0
    while any(world.store.get(job_id).state != "succeeded" for job_id in ids):
        most = max(most, sum(world.store.get(job_id).state == "running" for job_id in ids))
        time.sleep(0.01)
    assert most == 2


def test_a_job_of_another_role_waits(world: World) -> None:
    job_id = world.submit("a")
    path = world.workspace.jobs / job_id / REQUEST
    path.write_text(json.dumps(read_json(path) | {"role": "gpu"}))
    world.start_runner()
    world.wait_for_end(world.submit("b"))
    assert world.store.get(job_id).state == "queued"
    assert not world.store.runner_status("gpu").alive


def test_a_stopped_runner_leaves_its_workers_alone(world: World) -> None:
    runner = world.start_runner()
    job_id = world.submit("a", num_steps=LONG)
    world.wait_for_steps(job_id)
    runner.terminate()
    assert runner.wait(20) == 0
    assert len(world.processes(job_id)) == 1


def test_a_runner_with_save_on_stop_stops_its_workers_and_the_next_runner_continues(world: World) -> None:
    runner = world.start_runner("10")
    job_id = world.submit("a", num_steps=120)
    world.wait_for_steps(job_id)
    runner.terminate()
    assert runner.wait(20) == 0
    assert world.processes(job_id) == []
    assert world.store.get(job_id).state == "paused"
    world.start_runner()
    job = world.wait_for_end(job_id)
    assert (job.state, job.attempts, total(world, "a")) == ("succeeded", 2, sum(range(120)))


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"state": "asleep"}'])
def test_a_damaged_state_is_recovered_and_the_job_succeeds(world: World, content: bytes) -> None:
    job_id = world.submit("a")
    (world.workspace.jobs / job_id / STATE).write_bytes(content)
    world.start_runner()
    assert world.wait_for_end(job_id).state == "succeeded"


def test_a_damaged_control_does_not_stop_the_job_and_the_next_request_repairs_it(shared_world: World) -> None:
    job_id = shared_world.submit(
        "a_damaged_control_does_not_stop_the_job_and_the_next_request_repairs_it", num_steps=LONG
    )
    shared_world.wait_for_steps(job_id)
    (shared_world.workspace.jobs / job_id / CONTROL).write_bytes(b"{")
    error = shared_world.store.get(job_id).error
    assert error is not None
    assert CONTROL in error["message"]
    shared_world.store.request_pause(job_id)
    assert shared_world.wait_for_state(job_id, "paused").error is None


def test_a_repeated_error_is_logged_once(world: World, log_lines: list[str]) -> None:
    runner = Runner(world.workspace, "cpu", RunnerOptions(devices=(None,)))
    for error in (
        StorageError("full"),
        StorageError("full"),
        StorageError("read-only"),
        None,
        StorageError("read-only"),
    ):
        with runner._logging_errors("job"):
            if error:
                raise error
    assert [json.loads(line)["error"] for line in log_lines] == ["full", "read-only", "read-only"]


def test_a_gpu_driver_that_does_not_answer_leaves_one_slot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "nvidia-smi"
    program.write_text("#!/bin/sh\nexec sleep 60\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr(devices_module, "NVIDIA_SMI_TIMEOUT_S", 0.1)
    assert role_devices("gpu") == (None,)


def test_half_written_files_of_ended_processes_are_removed(world: World) -> None:
    job_id = world.submit("a")
    (world.workspace.jobs / job_id / ".state.json.0123abcd.partial").write_bytes(b"{")
    world.start_runner()
    world.wait_for_end(job_id)
    assert not list((world.workspace.jobs / job_id).glob(".*"))
