"""Checkpoints on disk: whole or absent, verified before use, pruned to a limit.

A checkpoint is written into a hidden folder, sealed (a list of its files with sizes and digests) and then
renamed into place, so that a crash or a full disk leaves the earlier ones as they were.
"""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from data.errors import Conflict, DeepSynthError, StorageError
from data.store.files import (
    file_sha256,
    read_json,
    require_space,
    storage_error,
    stored_bytes,
    sync_folder,
    write_json,
)

SEAL = "checkpoint.json"
_PARAMETER_BYTES = 4 + 8
"""A weight that trains and Adam's two moments of it, in float32; all else in a checkpoint is small."""
_NAME = re.compile(r"checkpoint-(\d+)")
_EARLIER = ".earlier.partial"
"""Ends the name of a checkpoint that makes room for another one of its step."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A sealed checkpoint."""

    step: int
    path: Path


@dataclass(frozen=True, slots=True)
class _Seal:
    """What a checkpoint says about itself."""

    run: str
    """Digest of everything that decides the training; a checkpoint belongs to one run."""
    step: int
    files: dict[str, dict[str, int | str]]


def checkpoint_path(folder: Path, step: int) -> Path:
    """Return where the checkpoint of a step lies."""
    return folder / f"checkpoint-{step}"


def unfinished_path(folder: Path, step: int) -> Path:
    """Return where a checkpoint is written before it is sealed."""
    return folder / f".checkpoint-{step}.partial"


def seal(folder: Path, step: int, run: str) -> Checkpoint:
    """Make the unfinished checkpoint of a step durable and put it into place.

    Raises:
        StorageError: the disk is full or not writable; the unfinished folder is removed, an earlier
            checkpoint of the step stays.
    """
    unfinished, final, earlier = (
        unfinished_path(folder, step),
        checkpoint_path(folder, step),
        _earlier_path(folder, step),
    )
    try:
        files = {str(path.relative_to(unfinished)): _file_entry(path) for path in _files(unfinished)}
        write_json(unfinished / SEAL, asdict(_Seal(run, step, files)))
        if final.exists():
            final.rename(earlier)
        unfinished.rename(final)
        sync_folder(folder)
        shutil.rmtree(earlier, ignore_errors=True)
    except OSError as error:
        raise storage_error(final, error) from error
    finally:
        discard(folder, step)
    return Checkpoint(step, final)


def discard(folder: Path, step: int) -> None:
    """Remove what was written of a checkpoint that will not be finished; the one that it was to replace has
    its place again."""
    shutil.rmtree(unfinished_path(folder, step), ignore_errors=True)
    with suppress(OSError):  # the next start tries it again, and says when it fails
        _restore_earlier(_earlier_path(folder, step))


def verify(path: Path, run: str | None = None) -> Checkpoint:
    """Check that a checkpoint is whole and belongs to `run`.

    Raises:
        StorageError: a file is missing, cut short or changed.
        Conflict: it belongs to another run.
    """
    if not (path / SEAL).is_file():
        raise StorageError(
            f"{path} is missing, or was not finished.", hint="Restore it from a backup, or train again."
        )
    document = read_json(path / SEAL)
    if run is not None and document["run"] != run:
        raise Conflict(
            f"{path} belongs to another training (other data, model or settings).",
            hint="Choose another output name, or set overwrite to replace the earlier training.",
            fields={"output": "holds checkpoints of another training"},
        )
    for name, wanted in document["files"].items():
        if not (path / name).is_file() or _file_entry(path / name) != wanted:
            raise StorageError(
                f"{path / name} is damaged or missing.", hint="Restore it from a backup, or train again."
            )
    return Checkpoint(document["step"], path)


def last_good(folder: Path, run: str, warn: Callable[[str], None]) -> Checkpoint | None:
    """Return the newest whole checkpoint, or None where there is none; damaged ones are reported and passed
    over.

    Raises:
        Conflict: the checkpoints belong to another run.
    """
    for checkpoint in sorted(_all(folder), key=lambda checkpoint: -checkpoint.step):
        try:
            return verify(checkpoint.path, run)
        except Conflict:
            raise
        except DeepSynthError as error:
            warn(f"Checkpoint of step {checkpoint.step} is passed over: {error.message}")
    return None


def prune(folder: Path, newest_step: int, good_step: int, limit: int, best_step: int | None) -> None:
    """Keep the newest checkpoints up to `limit` in all, the best one among them, and remove the others.

    Args:
        newest_step: of the checkpoint just written. It always stays: it is what a resume goes on from. So a
            limit of 1 may keep two, the newest and the best.
        good_step: of the newest good one before; 0: there was none. All others after it are damaged, for a
            resume passed them over.
    """
    before = (
        checkpoint.step
        for checkpoint in _all(folder)
        if checkpoint.step <= good_step and checkpoint.step != newest_step
    )
    ranked = sorted(before, key=lambda step: (step != best_step, -step))
    kept = {newest_step, *ranked[: limit - 1], best_step}
    for checkpoint in list(_all(folder)):
        if checkpoint.step not in kept:
            shutil.rmtree(checkpoint.path)


def require_disk_space(folder: Path, num_trainable_parameters: int, limit: int, model_bytes: int) -> float:
    """Return the bytes that a training's checkpoints and its finished model take at most, after a look
    whether the disk has them.

    Args:
        folder: of the checkpoints; what it holds already is taken off.
        limit: as in `prune`.
        model_bytes: size of the finished model.

    Raises:
        StorageError: it has less.
    """
    # The newest and the best stay whatever the limit says, and one more is written before the oldest goes.
    most_bytes = (max(limit, 2) + 1) * num_trainable_parameters * _PARAMETER_BYTES + model_bytes
    hint = "Free some space, set save_total_limit lower, or choose a `train` option with fewer weights."
    require_space(
        folder,
        most_bytes - stored_bytes(folder),
        "The training with its checkpoints and finished model",
        hint,
    )
    return most_bytes


def clear_unfinished(folder: Path) -> None:
    """Remove what a crash left half written, and give a checkpoint that it was to replace its place again.

    Raises:
        StorageError: the folder is not writable.
    """
    try:
        for path in folder.glob(f".checkpoint-*{_EARLIER}"):
            _restore_earlier(path)
        for path in folder.glob(".checkpoint-*.partial"):
            shutil.rmtree(path)
    except OSError as error:
        raise storage_error(folder, error) from error


def _earlier_path(folder: Path, step: int) -> Path:
    return folder / f".checkpoint-{step}{_EARLIER}"


def _restore_earlier(earlier: Path) -> None:
    final = earlier.with_name(earlier.name.removeprefix(".").removesuffix(_EARLIER))
    if earlier.exists() and not final.exists():
        earlier.rename(final)


def _all(folder: Path) -> Iterator[Checkpoint]:
    if folder.is_dir():
        for path in folder.iterdir():
            if (match := _NAME.fullmatch(path.name)) and path.is_dir():
                yield Checkpoint(int(match[1]), path)


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _file_entry(path: Path) -> dict[str, int | str]:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    return {"size_bytes": path.stat().st_size, "sha256": file_sha256(path)}
