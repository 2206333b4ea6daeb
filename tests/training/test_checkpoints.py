"""Checkpoints: complete or absent, verified, pruned."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from data.errors import Conflict, StorageError
from data.store import files
from training.loop import checkpoints


def write(folder: Path, step: int, run: str = "run", content: bytes = b"weights") -> Path:
    unfinished = checkpoints.unfinished_path(folder, step)
    unfinished.mkdir(parents=True)
    (unfinished / "model.safetensors").write_bytes(content)
    return checkpoints.seal(folder, step, run).path


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_sealed_checkpoint_is_found(tmp_path: Path) -> None:
    write(tmp_path, 5)
    path = write(tmp_path, 10)
    assert checkpoints.last_good(tmp_path, "run", pytest.fail) == checkpoints.Checkpoint(10, path)
    assert names(tmp_path) == ["checkpoint-10", "checkpoint-5"]


@pytest.mark.parametrize("damage", ["cut", "changed", "missing", "unsealed"])
def test_a_damaged_checkpoint_is_skipped_and_reported(tmp_path: Path, damage: str) -> None:
    write(tmp_path, 5)
    weights = write(tmp_path, 10) / "model.safetensors"
    if damage == "cut":
        weights.write_bytes(b"weigh")
    elif damage == "changed":
        weights.write_bytes(b"WEIGHTS")
    elif damage == "missing":
        weights.unlink()
    else:
        (weights.parent / checkpoints.SEAL).unlink()
    said: list[str] = []
    found = checkpoints.last_good(tmp_path, "run", said.append)
    assert found is not None
    assert found.step == 5
    assert "step 10" in said[0]


def test_a_checkpoint_of_another_run_is_refused(tmp_path: Path) -> None:
    write(tmp_path, 5, run="another")
    with pytest.raises(Conflict, match="another training"):
        checkpoints.last_good(tmp_path, "run", pytest.fail)


def test_a_disk_without_room_for_the_checkpoints_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, 5, content=bytes(1000))
    stored = sum(file.stat().st_size for file in (tmp_path / "checkpoint-5").iterdir())
    needed = (
        3 * 12 * 10_000_000 + 5_000_000
    )  # two that stay and one more, 12 bytes a weight, and the finished model

    def with_free(free_bytes: int) -> float:
        monkeypatch.setattr(files.shutil, "disk_usage", lambda _: SimpleNamespace(free=free_bytes))
        return checkpoints.require_disk_space(tmp_path, 10_000_000, limit=1, model_bytes=5_000_000)

    assert with_free(needed - stored) == needed
    with pytest.raises(StorageError, match=r"needs 0\.4 GB more and the disk has 0\.4 GB free"):
        with_free(needed - stored - 1)


def test_unfinished_checkpoints_are_never_found(tmp_path: Path) -> None:
    unfinished = checkpoints.unfinished_path(tmp_path, 7)
    unfinished.mkdir()
    assert checkpoints.last_good(tmp_path, "run", pytest.fail) is None
    checkpoints.clear_unfinished(tmp_path)
    assert names(tmp_path) == []


@pytest.mark.parametrize(
    ("limit", "best", "kept"),
    [
        (2, None, ["checkpoint-3", "checkpoint-4"]),
        (2, 1, ["checkpoint-1", "checkpoint-4"]),
        (1, 2, ["checkpoint-2", "checkpoint-4"]),
        (3, 4, ["checkpoint-2", "checkpoint-3", "checkpoint-4"]),
    ],
)
def test_the_newest_and_the_best_stay(tmp_path: Path, limit: int, best: int | None, kept: list[str]) -> None:
    for step in (1, 2, 3, 4):
        write(tmp_path, step)
    checkpoints.prune(tmp_path, 4, 3, limit, best)
    assert names(tmp_path) == kept


@pytest.mark.parametrize(("limit", "kept"), [(1, ["checkpoint-4"]), (3, ["checkpoint-2", "checkpoint-4"])])
def test_checkpoints_that_a_resume_skipped_are_removed(tmp_path: Path, limit: int, kept: list[str]) -> None:
    for step in (2, 3, 4, 9):
        write(tmp_path, step)
    checkpoints.prune(tmp_path, 4, 2, limit, None)
    assert names(tmp_path) == kept


@pytest.mark.parametrize(("owner", "call"), [(files, "_sync"), (Path, "rename")])
def test_a_full_disk_leaves_the_earlier_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, owner: Any, call: str
) -> None:
    write(tmp_path, 5)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(owner, call, full)
    with pytest.raises(StorageError, match="disk is full"):
        write(tmp_path, 10)
    monkeypatch.undo()
    assert names(tmp_path) == ["checkpoint-5"]
    assert checkpoints.last_good(tmp_path, "run", pytest.fail) is not None


def test_a_checkpoint_stays_until_its_replacement_is_in_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = write(tmp_path, 5, content=b"earlier") / "model.safetensors"
    rename = Path.rename

    def fail_at_the_second(path: Path, target: Path) -> Path:
        if path == checkpoints.unfinished_path(tmp_path, 5):
            raise OSError(5, "Input/output error")
        return rename(path, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", fail_at_the_second)
        with pytest.raises(StorageError):
            write(tmp_path, 5)
        assert (names(tmp_path), weights.read_bytes()) == (["checkpoint-5"], b"earlier")
        patched.setattr(checkpoints, "discard", lambda *_: None)  # as if killed there
        with pytest.raises(StorageError):
            write(tmp_path, 5)
    assert not weights.exists()
    checkpoints.clear_unfinished(tmp_path)
    assert (names(tmp_path), weights.read_bytes()) == (["checkpoint-5"], b"earlier")
