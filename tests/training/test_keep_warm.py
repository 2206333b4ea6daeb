"""A warm model in this process: its socket, changed and vanished files, memory, and models that answer one
after the other."""

import json
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch

from data.errors import ModelError
from data.store.workspace import Workspace
from tests.training.small_models import write_small
from tests.training.trainings import Listener
from training.generation.decoding_batch import DecodingBatch
from training.keep_warm import keep_warm, load_answerer
from training.models.tiny import BASE_FOLDER
from training.options.warm_config import WarmModelConfig
from training.options.warm_protocol import SOCKET, DocumentPart, WarmRequest, as_line, connect

TEXT = WarmRequest(parts=(DocumentPart(kind="text", content="Tea was served."),))
JOB = "20261129-000000-0000"


class Stoppable(Listener):
    """A listener that can be told to stop."""

    def __init__(self) -> None:
        super().__init__()
        self.is_stopping = False

    def should_stop(self) -> bool:
        return self.is_stopping


@contextmanager
def warm(workspace: Workspace, **settings: Any) -> Iterator[tuple[Stoppable, list[BaseException | object]]]:
    """Keep a model warm in a thread; yields its listener, and the list that gets its result or its error."""
    folder = workspace.jobs / JOB
    folder.mkdir()
    listener, ends = Stoppable(), []
    config = WarmModelConfig(**{"model": "tiny", "socket_folder": JOB, **settings})

    def run() -> None:
        try:
            ends.append(keep_warm(config, workspace, listener))
        except BaseException as error:  # noqa: BLE001 - the test looks at it
            ends.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    wait_for(lambda: (folder / SOCKET).exists() or ends)
    try:
        yield listener, ends
    finally:
        listener.is_stopping = True
        thread.join(30)


def wait_for(ready: Any, limit_s: float = 30) -> None:
    deadline_s = time.monotonic() + limit_s
    while not ready():
        assert time.monotonic() < deadline_s
        time.sleep(0.02)


def ask(workspace: Workspace, request: WarmRequest = TEXT) -> list[dict[str, Any]]:
    with connect(workspace.jobs / JOB, 5) as connection:
        connection.settimeout(30)
        connection.sendall(as_line(request))
        with connection.makefile("rb") as lines:
            return [json.loads(line) for line in lines]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.create(tmp_path / "workspace")


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "copied"
    shutil.copytree(BASE_FOLDER, folder)
    return folder


def test_a_request_gets_its_events_in_order(workspace: Workspace) -> None:
    with warm(workspace):
        events = ask(workspace)
    kinds = [event["event"] for event in events]
    assert kinds[:2] == ["waiting", "read"]
    assert set(kinds[2:-1]) == {"text"}
    assert kinds[-1] == "end"
    assert "".join(event["text"] for event in events if event["event"] == "text") == events[-1]["text"]


def test_a_line_that_is_no_request_is_refused_and_the_next_one_is_answered(workspace: Workspace) -> None:
    with warm(workspace):
        with connect(workspace.jobs / JOB, 5) as connection:
            connection.sendall(b"hello\n")
            answer = json.loads(connection.makefile("rb").readline())
        assert (answer["event"], answer["status"]) == ("error", 422)
        assert ask(workspace)[-1]["event"] == "end"


def test_the_socket_is_for_its_owner_alone_and_goes_with_the_process(workspace: Workspace) -> None:
    path = workspace.jobs / JOB / SOCKET
    with warm(workspace):
        assert path.stat().st_mode & 0o777 == 0o600
    assert not path.exists()


def test_a_model_whose_files_changed_is_loaded_again(workspace: Workspace, model: Path) -> None:
    with warm(workspace, model=str(model)) as (listener, _):
        before = ask(workspace)[-1]["text"]
        shutil.copy(model / "config.json", model / "new.json")
        (model / "new.json").replace(model / "config.json")
        wait_for(lambda: any("is loaded again" in text for text in listener.texts))
        wait_for(lambda: ask(workspace)[-1]["event"] == "end")
        assert ask(workspace)[-1]["text"] == before


def test_a_model_that_vanished_ends_the_job_in_words(workspace: Workspace, model: Path) -> None:
    with warm(workspace, model=str(model)) as (_, ends):
        shutil.rmtree(model)
        wait_for(lambda: ends)
    assert isinstance(ends[0], ModelError)
    assert "is no longer on disk" in ends[0].message


def test_a_kind_with_a_sliding_window_answers_with_whole_texts(workspace: Workspace, tmp_path: Path) -> None:
    write_small("unlimited_ocr", tmp_path / "unlimited")
    with warm(workspace, model=str(tmp_path / "unlimited"), max_length=8, mode="tiny") as (_, ends):
        assert not ends
        events = ask(workspace)
        assert [event["event"] for event in events][:2] == ["waiting", "read"]
        assert events[-1]["event"] == "end"


def test_a_document_without_memory_is_refused_and_the_next_one_is_answered(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    join = DecodingBatch.join

    def refuse(*_: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    with warm(workspace):
        monkeypatch.setattr(DecodingBatch, "join", refuse)
        answer = ask(workspace)[-1]
        monkeypatch.setattr(DecodingBatch, "join", join)
        assert (answer["event"], answer["status"]) == ("error", 503)
        assert "too little memory" in answer["message"]
        assert ask(workspace)[-1]["event"] == "end"


def test_a_fault_in_a_step_is_answered_and_the_model_goes_on(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = DecodingBatch.step

    def fail(_batch: DecodingBatch) -> None:
        raise RuntimeError("shapes do not match")

    with warm(workspace):
        monkeypatch.setattr(DecodingBatch, "step", fail)
        answer = ask(workspace)[-1]
        monkeypatch.setattr(DecodingBatch, "step", step)
        assert answer["message"] == "The model failed on this document: shapes do not match"
        assert ask(workspace)[-1]["event"] == "end"


def test_counts_and_rates_are_reported(workspace: Workspace) -> None:
    with warm(workspace) as (listener, _):
        ask(workspace)
        wait_for(lambda: any(step for step, _ in listener.metrics))
    step, values = next((step, values) for step, values in listener.metrics if step)
    assert step == 1
    assert {"samples_per_s", "tokens_per_s", "queue_s", "first_token_s", "waiting", "running"} == set(values)


def test_the_same_process_answers_without_a_socket(workspace: Workspace) -> None:
    answer = load_answerer(WarmModelConfig(model="tiny"), workspace, Listener())
    with warm(workspace):
        expected = ask(workspace)[-1]["text"]
    assert list(answer(TEXT))[-1]["text"] == expected
    empty = WarmRequest(parts=(DocumentPart(kind="text", content=" "),))
    assert [event["event"] for event in answer(empty)] == ["error"]
