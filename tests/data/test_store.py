"""The promises of data.store: whole files, offsets that survive crashes, paths that stay inside."""

import json
import os
import threading
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from data.errors import NotFound, StorageError, UnsafePath
from data.store.events import EventLog, read_events
from data.store.files import (
    inside,
    move_to_trash,
    new_folder,
    read_json,
    stored_bytes,
    write_json,
    write_output,
)
from data.store.workspace import Workspace, names_hint, validate_name
from tests.machine import other_disk


def test_write_json_replaces_and_leaves_no_temporary_file(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", {"n": 1})
    write_json(tmp_path / "a.json", {"n": 2})
    assert read_json(tmp_path / "a.json") == {"n": 2}
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]


def test_a_fault_of_the_disk_is_not_hidden_by_the_temporary_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(
        StorageError
    ):  # as on a read-only disk, removing fails as writing does, though there is nothing to remove
        write_json(tmp_path / "file" / "a.json", {})


def test_what_is_on_another_disk_than_the_trash_goes_into_one_beside_it(tmp_path: Path) -> None:
    other = other_disk(tmp_path)
    workspace = Workspace.create(tmp_path / "workspace")
    (workspace.root / "models").rmdir()
    with TemporaryDirectory(dir=other) as models:
        (workspace.root / "models").symlink_to(models)
        folder = workspace.model("mine")
        folder.mkdir()
        trashed = move_to_trash(folder, workspace.trash)
        assert (trashed.is_dir(), folder.exists()) == (True, False)
        assert workspace.trash_folders() == [workspace.trash, workspace.models / ".trash"]
        assert trashed.parent.samefile(workspace.models / ".trash")


def test_an_output_goes_through_a_link_into_a_file_that_is_there_or_not(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    for name in ("there", "missing"):
        (tmp_path / name).symlink_to(tmp_path / "kept" / name)
    (tmp_path / "kept" / "there").write_text("old")
    for name in ("there", "missing"):
        write_output(tmp_path / name, b"new")
        assert (tmp_path / name).is_symlink()
        assert (tmp_path / "kept" / name).read_text() == "new"


def test_an_output_goes_into_a_pipe_and_a_device_as_it_is(tmp_path: Path) -> None:
    pipe, content, read = tmp_path / "pipe", b"line\n" * 100_000, []
    os.mkfifo(pipe)
    (tmp_path / "device").symlink_to("/dev/null")
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    write_output(pipe, content)
    reader.join(10)
    assert read == [content]
    assert pipe.is_fifo()
    write_output(tmp_path / "device", content)
    assert (tmp_path / "device").is_char_device()
    with pytest.raises(StorageError, match="disk is full"):
        write_output(Path("/dev/full"), content)


def test_an_output_cannot_be_a_folder_or_a_circle_of_links(tmp_path: Path) -> None:
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    for path in (tmp_path, tmp_path / "circle"):
        with pytest.raises(StorageError):
            write_output(path, b"new")
    assert (tmp_path / "circle").is_symlink()


def test_a_new_folder_is_whole_or_absent_and_removes_what_a_crash_left(tmp_path: Path) -> None:
    (tmp_path / ".run.0123abcd.partial").mkdir()
    with pytest.raises(StorageError, match="disk is full"), new_folder(tmp_path / "run"):
        raise OSError(28, "No space left on device")
    assert list(tmp_path.iterdir()) == []
    with new_folder(tmp_path / "run") as folder:
        (folder / "file").touch()
    assert [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")] == ["run", "run/file"]


def test_a_new_folder_replaces_another_only_when_told_to(tmp_path: Path) -> None:
    (tmp_path / "run" / "old").mkdir(parents=True)
    with pytest.raises(FileExistsError), new_folder(tmp_path / "run"):
        pass
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["old"]
    with new_folder(tmp_path / "run", replaces=True) as folder:
        (folder / "new").touch()
    assert [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")] == ["run", "run/new"]


def test_a_folder_is_made_aside_and_goes_to_the_trash_under_a_name_of_its_own(tmp_path: Path) -> None:
    trash = tmp_path / "trash"
    trash.mkdir()
    with new_folder(tmp_path / "run", aside=trash) as folder:
        assert (folder.parent, folder.name.startswith("run.")) == (trash, True)
    moved = [move_to_trash(tmp_path / "run", trash, "model-")]
    (tmp_path / "run").mkdir()
    moved.append(move_to_trash(tmp_path / "run", trash, "model-"))
    assert sorted(trash.iterdir()) == sorted(moved)
    assert all(path.name.startswith("model-run.") for path in moved)


def test_bytes_that_are_no_text_are_written_and_read_back(tmp_path: Path) -> None:
    text = os.fsdecode(b"caf\xe9")
    write_json(tmp_path / "a.json", {"name": text})
    assert read_json(tmp_path / "a.json") == {"name": text}
    EventLog(tmp_path / "events.jsonl").append("message", text=text)
    assert read_events(tmp_path / "events.jsonl").events[0]["text"] == text


def test_what_vanishes_while_it_is_measured_counts_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "kept" / "gone").mkdir(parents=True)
    (tmp_path / "kept" / "file").write_bytes(b"12345")
    scan = os.scandir

    def scan_too_late(folder: Any) -> Any:
        if Path(folder).name == "gone":
            Path(folder).rmdir()
        return scan(folder)

    monkeypatch.setattr(os, "scandir", scan_too_late)
    assert stored_bytes(tmp_path) == 5


@pytest.mark.parametrize("content", [b"", b'{"a": 1', b"\x00\xff garbage"])
def test_damaged_json_says_so(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.json").write_bytes(content)
    with pytest.raises(StorageError, match="damaged"):
        read_json(tmp_path / "a.json")


def test_missing_json_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        read_json(tmp_path / "a.json")


@pytest.mark.parametrize("name", ["../x", "/etc/passwd", "a/../../x", "", ".", "a\0b", "link/x"])
def test_inside_refuses_whatever_leaves(tmp_path: Path, name: str) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (root / "link").symlink_to(tmp_path)
    with pytest.raises(UnsafePath):
        inside(root, name)


@pytest.mark.parametrize("name", ["..", "a/b", "a..b", ".hidden", "%2e%2e", "", "x" * 97, "a\nb"])
def test_checked_name_refuses(name: str) -> None:
    with pytest.raises(UnsafePath):
        validate_name(name)


def test_workspace_folders(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path / "w s")
    assert workspace.dataset("news").parent == workspace.datasets
    assert workspace.jobs.is_dir()


def test_events_continue_after_a_torn_line(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    log = EventLog(path)
    log.append("message", text="one")
    log.close()
    first = read_events(path)
    with path.open("ab") as file:
        file.write(b'{"seq": 2, "kind": "mess')
    assert read_events(path, first.next_offset).events == []
    log = EventLog(path)
    log.append("message", text="two")
    later = read_events(path, first.next_offset)
    assert [(event["seq"], event["text"]) for event in later.events] == [(2, "two")]
    assert [json.loads(line)["seq"] for line in path.read_text().splitlines()] == [1, 2]


def test_events_read_in_slices_reach_every_line(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    log = EventLog(path)
    for number in range(50):
        log.append("message", text="x" * number * 10)
    offset, seen = 0, []
    while True:
        piece = read_events(path, offset, limit_bytes=100)
        if not piece.events:
            break
        seen += [event["seq"] for event in piece.events]
        offset = piece.next_offset
    assert seen == list(range(1, 51))


def test_a_long_list_of_names_is_cut() -> None:
    assert names_hint(f"n{number:02}" for number in range(12)).endswith("n09 and 2 more.")
    assert names_hint([]) == "None exists yet."
