"""A pool of render processes whose processes die: which shard goes on, and which document is to blame."""

import errno
import sys
import threading
from collections.abc import Callable
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

from data import cores
from data.dataset.manifest import ShardDone
from data.dataset.shards import read_samples
from data.errors import RenderError, StorageError, Unavailable
from data.sharding import engines, render_worker
from data.sharding.render_shard import ShardProgress, ShardTask, render_shard
from tests.data.generation.runs import brief_config, files_config, news, run, write_lines


class Dying:
    """A render process, as far as the pool sees it, that dies whenever it is to draw a document it cannot
    bear."""

    def __init__(self, connection: Connection, is_deadly: Callable[[str], bool]) -> None:
        self._connection = connection
        self._is_deadly = is_deadly
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        try:
            task: ShardTask = self._connection.recv()
            while all(
                self._draws(document.text, number) for number, (document, _) in enumerate(task.documents)
            ):
                self._connection.send(self._finished(task))
                task = self._connection.recv()
        except (EOFError, OSError):
            pass
        self._connection.close()

    def _draws(self, text: str, number: int) -> bool:
        if self._is_deadly(text):
            return False
        self._connection.send(
            ShardProgress(split="train", index=0, num_done=number + 1, num_pages=number + 1, png=None)
        )
        return True

    def _finished(self, task: ShardTask) -> ShardDone:
        return render_shard(task, lambda working, png: None)

    def kill(self) -> None:
        return

    def wait(self) -> int:
        return -9


def with_deaths(monkeypatch: pytest.MonkeyPatch, is_deadly: Callable[[str], bool]) -> None:
    def start() -> tuple[Any, Connection]:
        ours, theirs = Pipe()
        return Dying(theirs, is_deadly), ours

    monkeypatch.setattr(engines, "_start_process", start)


def test_a_document_that_ends_its_process_again_and_again_is_rejected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_deaths(monkeypatch, lambda text: "number 2 " in text)
    path = write_lines(tmp_path / "rows.jsonl", [news(number) for number in range(5)])
    result = run(tmp_path, files_config(path, validation_fraction=0, test_fraction=0))
    assert [sample.document.text.split()[2] for sample in read_samples(result.folder, "train")] == [
        "0",
        "1",
        "3",
        "4",
    ]
    assert '"row": 2' in (result.folder / "rejected.jsonl").read_text()
    assert (
        "drawing it ended the render process 3 times (status -9)"
        in (result.folder / "rejected.jsonl").read_text()
    )


def test_processes_that_end_at_different_documents_end_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deadly = iter(["number 1 ", "number 3 ", "number 2 "])
    current = [next(deadly)]

    def is_deadly(text: str) -> bool:
        if current[0] not in text:
            return False
        current[0] = next(deadly, "")
        return True

    with_deaths(monkeypatch, is_deadly)
    path = write_lines(tmp_path / "rows.jsonl", [news(number) for number in range(5)])
    with pytest.raises(RenderError, match="3 render processes in a row ended with status -9") as caught:
        run(tmp_path, files_config(path, validation_fraction=0, test_fraction=0))
    assert "a smaller num_workers" in caught.value.hint


def test_a_worker_tells_a_fault_of_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(task: ShardTask, on_document: object) -> ShardDone:
        raise OSError(errno.EROFS, "Read-only file system", "shard")

    monkeypatch.setattr(render_worker, "render_shard", fail)
    ours, theirs = Pipe()
    threading.Thread(target=render_worker.serve, args=(theirs,), daemon=True).start()
    ours.send(None)
    assert ours.poll(10)
    assert isinstance(ours.recv(), StorageError)
    ours.close()


def test_an_engine_that_is_not_there_is_told_and_leaves_the_name_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "data.sharding.ray_engine", None)
    with pytest.raises(Unavailable, match="Ray"):
        run(tmp_path, brief_config(engine="ray"))
    assert run(tmp_path, brief_config(max_samples=3, shard_rows=3)).manifest.complete


@pytest.mark.parametrize(
    ("text", "expected"),
    [("max 100000", 64), ("250000 100000", 2), ("50000 100000", 1), ("nonsense", 64), (None, 64)],
)
def test_a_containers_limit_bounds_the_cores(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str | None, expected: int
) -> None:
    monkeypatch.setattr(cores.os, "sched_getaffinity", lambda process: range(64), raising=False)
    monkeypatch.setattr(cores, "CPU_QUOTA", tmp_path / "cpu.max")
    if text is not None:
        (tmp_path / "cpu.max").write_text(text)
    assert cores.num_cores() == expected
