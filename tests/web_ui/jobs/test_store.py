"""The store without a runner: create, find, request and delete."""

import errno
import json
import multiprocessing
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from data.errors import Conflict, NotFound, StorageError, UnknownName
from data.store import files
from data.store.events import EVENTS, last_event
from tests.web_ui.jobs.tiny_stages import STAGES, CountConfig
from tests.web_ui.jobs.world import ROOT, World
from training.options.decoding_config import EvaluationConfig
from web_ui.jobs import stages, store
from web_ui.jobs.job import CONTROL, ID_PATTERN, LOG, OUTCOME, REQUEST, STATE, JobState, State
from web_ui.jobs.snapshot import LOG_LIMIT_BYTES
from web_ui.jobs.store import KEYS_FOLDER, JobStore


def set_state(world: World, job_id: str, state: State, **values: object) -> None:
    document = JobState(state=state).model_copy(update=values)
    (world.workspace.jobs / job_id / STATE).write_text(document.model_dump_json())


def test_a_new_job_is_queued_with_its_request(world: World) -> None:
    job = world.store.create("count", CountConfig(name="a", num_steps=3))
    assert ID_PATTERN.fullmatch(job.id)
    assert (job.kind, job.role, job.title, job.state, job.desired) == ("count", "cpu", "a", "queued", "run")
    assert job.config == {"name": "a", "num_steps": 3, "step_s": 0.01, "misbehaviour": "none"}
    assert [path.name for path in (world.workspace.jobs / job.id).iterdir()] == [REQUEST]
    assert list(world.workspace.trash.iterdir()) == []


def test_a_file_that_changes_under_its_old_times_is_read_again(world: World) -> None:
    job = world.store.create("count", CountConfig(name="a"))
    set_state(world, job.id, State.QUEUED)
    path = world.workspace.jobs / job.id / STATE
    times = path.stat()
    assert [found.state for found in world.store.unfinished()] == [State.QUEUED]
    text = path.read_text()
    path.write_text(text.replace('"queued"', '"paused"'))
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert path.stat().st_mtime_ns == times.st_mtime_ns
    assert [found.state for found in world.store.unfinished()] == [State.PAUSED]


def test_an_unknown_kind_is_refused_and_leaves_no_files(world: World) -> None:
    with pytest.raises(UnknownName, match="'nap'"):
        world.store.create("nap", CountConfig(name="a"))
    assert list(world.workspace.jobs.iterdir()) == []


def test_the_same_key_gives_the_same_job(world: World) -> None:
    first = world.store.create("count", CountConfig(name="a"), "key-1")
    assert world.store.create("count", CountConfig(name="a"), "key-1") == first
    assert world.store.create("count", CountConfig(name="a"), "key-2").id != first.id


def test_a_key_of_another_request_is_a_conflict(world: World) -> None:
    first = world.store.create("count", CountConfig(name="a"), "key-1")
    with pytest.raises(Conflict, match=first.id):
        world.store.create("count", CountConfig(name="b"), "key-1")


def test_the_key_of_a_deleted_job_makes_a_new_one(world: World) -> None:
    first = world.store.create("count", CountConfig(name="a"), "key-1")
    world.store.delete(first.id)
    assert not list((world.workspace.jobs / KEYS_FOLDER).iterdir())
    assert world.store.create("count", CountConfig(name="a"), "key-1").id != first.id


def create_with_key(root: Path) -> str:
    return JobStore(World(root).workspace, STAGES).create("count", CountConfig(name="a"), "key").id


def test_many_threads_and_processes_with_one_key_get_one_job(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(ROOT)  # the processes of the pool import this module
    root = world.workspace.root
    with multiprocessing.get_context("forkserver").Pool(3) as processes, ThreadPoolExecutor(8) as threads:
        elsewhere = processes.map_async(create_with_key, [root] * 12)
        ids = set(threads.map(create_with_key, [root] * 24)) | set(elsewhere.get(60))
    assert len(ids) == 1
    assert world.store.list()[1] == 1


def test_many_jobs_of_one_second_get_different_ids(world: World) -> None:
    with ThreadPoolExecutor(8) as threads:
        ids = list(threads.map(lambda number: world.submit(f"n{number}"), range(300)))
    assert len(set(ids)) == 300
    assert world.store.list(limit=1)[1] == 300


def test_a_job_that_cannot_be_written_leaves_no_files(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, _: object = None) -> None:
        raise StorageError(f"The disk is full: {path} could not be written.")

    monkeypatch.setattr(store, "write_json", refuse)
    with pytest.raises(StorageError):
        world.submit("a")
    assert list(world.workspace.trash.iterdir()) == list(world.workspace.jobs.iterdir()) == []


def test_a_job_that_the_disk_does_not_confirm_is_created_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(folder: Path) -> None:
        if folder == world.workspace.jobs:
            raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(files, "sync_folder", fail)
    with pytest.raises(StorageError, match="Input/output"):
        world.submit("a")
    assert world.store.list()[1] == 1


def test_jobs_are_listed_newest_first_by_page_kind_and_state(world: World) -> None:
    ids = [world.submit(f"n{number}") for number in range(5)]
    set_state(world, ids[0], State.SUCCEEDED)
    jobs, total = world.store.list(offset=1, limit=2)
    assert ([job.id for job in jobs], total) == ([ids[3], ids[2]], 5)
    assert [job.id for job in world.store.list(state="succeeded")[0]] == [ids[0]]
    assert world.store.list(kind="count", state=State.QUEUED)[1] == 4
    assert world.store.list(kind="training") == ([], 0)


def test_jobs_with_the_same_output_have_the_same_output_key(world: World) -> None:
    jobs = JobStore(world.workspace)
    made = [
        jobs.create("evaluation", EvaluationConfig(model=model, dataset="news", output=output)).output_key
        for model, output in (("a", "same"), ("b", "same"), ("a", "other"), ("a", None), ("a", None))
    ]
    assert (made[0] == made[1], len(set(made))) == (True, 4)


def test_a_job_without_an_output_name_gets_its_own_output() -> None:
    asked = {"model": "a", "output": None}
    assert stages.STAGES["prediction"].with_output(asked, "20261123-1") == {
        "model": "a",
        "output": "20261123-1.jsonl",
    }
    assert stages.STAGES["evaluation"].with_output({"output": "mine"}, "20261123-1") == {"output": "mine"}
    assert stages.STAGES["dataset"].with_output({"name": "a"}, "20261123-1") == {"name": "a"}


def test_the_list_follows_every_change(world: World) -> None:
    job_id = world.submit("a")
    for state in (State.RUNNING, State.FAILED, State.QUEUED, State.SUCCEEDED):
        set_state(world, job_id, state)
        assert [job.state for job in world.store.list()[0]] == [state]
    world.store.delete(job_id)
    assert world.store.list() == ([], 0)


ABSENT = "20261123-081500-7f3a"


@pytest.mark.parametrize(
    "job_id",
    ["", ".", "..", "../jobs", "/etc", "%2e%2e", "a\0b", ".keys", ABSENT, f"{ABSENT}/..", f"{ABSENT}\n"],
)
def test_an_invalid_id_is_not_found(world: World, job_id: str) -> None:
    for ask in (
        world.store.get,
        world.store.delete,
        world.store.request_cancel,
        world.store.events,
        world.store.log,
    ):
        with pytest.raises(NotFound):
            ask(job_id)


def test_a_link_in_the_jobs_folder_is_not_a_job(world: World, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "keep.txt").write_text("kept")
    (world.workspace.jobs / ABSENT).symlink_to(outside)
    with pytest.raises(NotFound):
        world.store.delete(ABSENT)
    assert (outside / "keep.txt").read_text() == "kept"


def test_a_request_sets_what_the_user_wants(world: World) -> None:
    job_id = world.submit("a")
    assert world.store.request_pause(job_id).desired == "pause"
    assert world.store.request_resume(job_id).desired == "run"
    assert world.store.request_cancel(job_id).desired == "cancel"


def test_a_job_being_cancelled_cannot_be_paused_or_resumed(world: World) -> None:
    job_id = world.submit("a")
    world.store.request_cancel(job_id)
    for ask in (world.store.request_pause, world.store.request_resume):
        with pytest.raises(Conflict, match="being cancelled"):
            ask(job_id)
    assert world.store.request_cancel(job_id).desired == "cancel"


@pytest.mark.parametrize("state", [State.SUCCEEDED, State.CANCELLED])
def test_a_job_in_a_final_state_refuses_requests(world: World, state: State) -> None:
    job_id = world.submit("a")
    set_state(world, job_id, state)
    with pytest.raises(Conflict, match=state):
        world.store.request_pause(job_id)
    with pytest.raises(Conflict, match=state):
        world.store.request_resume(job_id)


def test_a_failed_job_can_be_resumed_but_not_paused(world: World) -> None:
    job_id = world.submit("a")
    set_state(world, job_id, State.FAILED)
    assert world.store.get(job_id).desired is None
    with pytest.raises(Conflict):
        world.store.request_pause(job_id)
    assert world.store.request_resume(job_id).desired == "run"


@pytest.mark.parametrize("garbage", [b'{"x": "progress"}\n', b"[" * 100_000 + b'"preview"\n'])
def test_a_damaged_event_is_skipped(world: World, garbage: bytes) -> None:
    job_id = world.submit("a")
    path = world.workspace.jobs / job_id / EVENTS
    path.write_bytes(b'{"kind": "preview", "path": "x"}\n' + garbage)
    assert len(world.store.events(job_id).events) == 2
    event = last_event(path, "preview")
    assert event is not None
    assert event["path"] == "x"


WRONG_TYPES = b'{"state": 5, "desired": 5, "attempt": "x"}'


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", WRONG_TYPES, b"\xff\xfe\0", b"[" * 100_000])
@pytest.mark.parametrize("name", [REQUEST, CONTROL, STATE, OUTCOME])
def test_a_damaged_file_is_reported_on_its_job_and_hides_no_other_job(
    world: World, name: str, content: bytes
) -> None:
    healthy, damaged = world.submit("healthy"), world.submit("damaged")
    (world.workspace.jobs / damaged / name).write_bytes(content)
    jobs = {job.id: job for job in world.store.list()[0]}
    assert jobs[healthy].error is None
    assert jobs[damaged].error is not None
    assert name in jobs[damaged].error["message"]
    assert jobs[damaged].error["hint"]
    json.dumps(world.store.get(damaged).as_dict())
    world.store.delete(damaged)
    assert [job.id for job in world.store.list()[0]] == [healthy]


def test_an_empty_job_folder_is_reported(world: World) -> None:
    (world.workspace.jobs / ABSENT).mkdir()
    job = world.store.get(ABSENT)
    assert (job.state, job.kind, job.created) == ("failed", "unknown", "2026-11-23T08:15:00+00:00")
    assert world.store.list()[1] == 1


def test_a_damaged_event_is_shown_and_so_is_the_progress_before_it(world: World) -> None:
    job_id = world.submit("a")
    good = {
        "seq": 1,
        "kind": "progress",
        "done": 1,
        "total": 2,
        "unit": "steps",
        "counts": {},
        "rate": None,
        "eta_s": None,
    }
    (world.workspace.jobs / job_id / EVENTS).write_bytes(
        json.dumps(good).encode() + b'\n{"kind": "progress", \n'
    )
    assert [event["kind"] for event in world.store.events(job_id).events] == ["progress", "damaged"]
    progress = world.store.get(job_id).progress
    assert progress is not None
    assert progress["done"] == 1


def test_a_log_is_read_from_any_offset_in_whole_characters(world: World) -> None:
    job_id = world.submit("a")
    assert world.store.log(job_id).text == ""
    path = world.workspace.jobs / job_id / LOG
    path.write_bytes("eins ä".encode()[:-1])
    first = world.store.log(job_id)
    path.write_bytes("eins ä zwei".encode())
    second = world.store.log(job_id, first.next_offset)
    assert (first.text, second.text) == ("eins ", "ä zwei")
    assert world.store.log(job_id, 10_000).text == ""


def test_the_end_of_a_log_is_read_without_its_beginning(world: World) -> None:
    job_id = world.submit("a")
    assert world.store.log(job_id, -10).text == ""
    (world.workspace.jobs / job_id / LOG).write_bytes(b"x" * LOG_LIMIT_BYTES + "früher ä spät".encode())
    end = world.store.log(job_id, -7)
    assert end.text == " spät"
    assert world.store.log(job_id, end.next_offset).text == ""
    assert len(world.store.log(job_id, -(1 << 40)).text) == LOG_LIMIT_BYTES


def test_a_log_with_invalid_utf8_is_shown(world: World) -> None:
    job_id = world.submit("a")
    (world.workspace.jobs / job_id / LOG).write_bytes(b"\xff\xfe broken \x80\xe2")
    assert "broken" in world.store.log(job_id).text
    assert world.store.log(job_id).next_offset >= 11
