"""Checkpoints on disk: complete or absent, verified before use, pruned to a limit.

A checkpoint is written into a hidden folder, sealed (checkpoint.json lists its files with sizes and digests)
and then renamed, so that a crash or a full disk leaves the earlier checkpoints unchanged.
"""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from data.errors import Conflict, DeepSynthError, StorageError
from data.store.files import file_sha256, require_space, storage_error, stored_bytes, sync_folder, write_json
from data.validation import read_record
from training.options.disk import most_disk_bytes

SEAL = "checkpoint.json"
_NAME = re.compile(r"checkpoint-(\d+)")
_EARLIER = ".earlier.partial"
"""Suffix of an earlier checkpoint while a new one of the same step replaces it."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A sealed checkpoint."""

    step: int
    path: Path


@dataclass(frozen=True, slots=True)
class _Seal:
    """The content of checkpoint.json."""

    run: str
    """Digest of everything that decides the training; a checkpoint belongs to one run."""
    step: int
    files: dict[str, dict[str, int | str]]
    """Path in the folder -> size_bytes and sha256."""


def checkpoint_path(folder: Path, step: int) -> Path:
    """Return the folder of a step's checkpoint."""
    return folder / f"checkpoint-{step}"


def unfinished_path(folder: Path, step: int) -> Path:
    """Return the folder in which a checkpoint is written before it is sealed."""
    return folder / f".checkpoint-{step}.partial"


def seal(folder: Path, step: int, run: str) -> Checkpoint:
    """Write the seal of a step's unfinished checkpoint, sync its files to disk, and rename its folder.

    Raises:
        StorageError: the disk is full or not writable; the unfinished folder is removed, an earlier
            checkpoint of the step stays.
    """
    unfinished, final = unfinished_path(folder, step), checkpoint_path(folder, step)
    earlier = _earlier_path(folder, step)
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
    """Remove an unfinished checkpoint, and restore the one that it would have replaced."""
    shutil.rmtree(unfinished_path(folder, step), ignore_errors=True)
    with suppress(OSError):  # the next start tries again, and reports an error
        _restore_earlier(_earlier_path(folder, step))


def verify(path: Path, run: str | None = None) -> Checkpoint:
    """Check that a checkpoint is complete and belongs to `run` (None: to any run).

    Raises:
        StorageError: a file is missing, shorter or changed.
        Conflict: the checkpoint belongs to another run.
    """
    if not (path / SEAL).is_file():
        raise StorageError(
            f"{path} is missing, or was not finished.", hint="Restore it from a backup, or train again."
        )
    seal = read_record(path / SEAL, _Seal)
    if run is not None and seal.run != run:
        raise Conflict(
            f"{path} belongs to another training (other data, model or settings).",
            hint="Choose another output name, or set overwrite to replace the earlier training.",
            fields={"output": "holds checkpoints of another training"},
        )
    for name, wanted in seal.files.items():
        if not (path / name).is_file() or _file_entry(path / name) != wanted:
            raise StorageError(
                f"{path / name} is damaged or missing.", hint="Restore it from a backup, or train again."
            )
    return Checkpoint(seal.step, path)


def last_good(folder: Path, run: str, warn: Callable[[str], None]) -> Checkpoint | None:
    """Return the newest complete checkpoint, or None. Damaged checkpoints are reported and skipped.

    Raises:
        Conflict: the checkpoints belong to another run.
    """
    for checkpoint in sorted(_all(folder), key=lambda checkpoint: -checkpoint.step):
        try:
            return verify(checkpoint.path, run)
        except Conflict:
            raise
        except DeepSynthError as error:
            warn(f"Checkpoint of step {checkpoint.step} is skipped: {error.message}")
    return None


def prune(folder: Path, newest_step: int, good_step: int, limit: int, best_step: int | None) -> None:
    """Keep the newest checkpoints up to `limit`, the best one among them, and remove the others.

    Args:
        newest_step: step of the checkpoint just written. It always stays, for a resume. So a limit of 1 may
            keep two checkpoints, the newest and the best.
        good_step: step of the newest good checkpoint before it; 0: none. All checkpoints after this step are
            damaged: the resume skipped them.
    """
    found = list(_all(folder))
    before = [one.step for one in found if one.step <= good_step and one.step != newest_step]
    ranked = sorted(before, key=lambda step: (step != best_step, -step))
    kept = {newest_step, *ranked[: limit - 1], best_step}
    for checkpoint in found:
        if checkpoint.step not in kept:
            shutil.rmtree(checkpoint.path)


def require_disk_space(folder: Path, num_trainable_parameters: int, limit: int, model_bytes: int) -> float:
    """Check that the disk has room for the checkpoints and the finished model; return the bytes that they
    need at most.

    Args:
        folder: of the checkpoints; the bytes that it holds already are subtracted in the check.
        limit: as in `prune`.
        model_bytes: size of the finished model.

    Raises:
        StorageError: the disk has less free space.
    """
    most_bytes = most_disk_bytes(num_trainable_parameters, limit, model_bytes)
    hint = "Free some space, set save_total_limit lower, or choose a `train` option with fewer weights."
    name = "The training with its checkpoints and finished model"
    require_space(folder, most_bytes - stored_bytes(folder), name, hint)
    return most_bytes


def clear_unfinished(folder: Path) -> None:
    """Remove checkpoints that a crash left unfinished, and restore those that they would have replaced.

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
    """Sync a file to disk, and return its size and digest."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    return {"size_bytes": path.stat().st_size, "sha256": file_sha256(path)}
