"""Write the folder of one dataset. Its configuration never changes; the complete manifest is written last."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, fields, replace
from functools import reduce
from importlib.metadata import version
from operator import add
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from data.config import DatasetConfig, mutable_fields
from data.dataset.manifest import (
    MANIFEST,
    REJECTED,
    Counts,
    Manifest,
    RejectedRow,
    ShardDone,
    SplitEntry,
    read_manifest,
)
from data.dataset.shards import read_footer
from data.errors import Conflict
from data.progress import Progress
from data.rendering.fonts import installed_fonts_digest
from data.rendering.style import PageStyle
from data.store.files import TEMPORARY_SUFFIX, storage_error, sync_folder, write_bytes

LIBRARIES: Final = ("deepsynth", "datasets", "deflate", "numpy", "pillow", "pyarrow", "skia-python")
FONTS: Final = "installed fonts"
ABSENT: Final = "(absent)"


def content_fields(config: DatasetConfig) -> dict[str, Any]:
    """Return the part of the configuration that decides the dataset's bytes, as JSON values."""
    return config.model_dump(mode="json", exclude=mutable_fields(DatasetConfig))


def load_matching_manifest(folder: Path, config: DatasetConfig) -> Manifest | None:
    """Return the manifest of an earlier run with the same configuration.

    Raises:
        Conflict: the dataset of this name has another configuration; the message lists the differences.
    """
    if not (folder / MANIFEST).exists():
        return None
    manifest = read_manifest(folder)
    require_unchanged(folder.name, "configuration", _with_new_fields(manifest.config), content_fields(config))
    return manifest


def _with_new_fields(config: Mapping[str, Any]) -> Mapping[str, Any]:
    """Add the fields that the configuration of an earlier version lacks, with their defaults."""
    try:
        return content_fields(DatasetConfig.model_validate(config))
    except ValidationError:
        return config


def begin_dataset(
    folder: Path, config: DatasetConfig, source: Mapping[str, Any], style: PageStyle
) -> Manifest:
    """Write the incomplete manifest before the first shard. If there is one, check that it describes the same
    dataset.

    Shards without a manifest are removed: they may belong to another dataset.

    Raises:
        Conflict: the source, the libraries or the fonts changed after the interrupted run, so new shards
            would differ from its shards.
        StorageError: the folder cannot be written.
    """
    manifest = Manifest(
        name=folder.name,
        complete=False,
        config=content_fields(config),
        source=_to_json_values(source),
        style={name: value for name, value in _fields(style) if name != "degradation"},
        versions={**{library: version(library) for library in LIBRARIES}, FONTS: installed_fonts_digest()},
    )
    earlier = load_matching_manifest(folder, config)
    if earlier is None:
        _create_folder(folder)
        _remove_shards(folder, _shard_paths(folder))
        manifest.write(folder)
    else:
        _require_same_result(earlier, manifest)
    return earlier or manifest


def _create_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        sync_folder(folder.parent)
    except OSError as error:
        raise storage_error(folder, error) from error


def _require_same_result(earlier: Manifest, now: Manifest) -> None:
    """Raise Conflict unless two manifests with the same configuration give the same bytes."""
    require_unchanged(earlier.name, "source", earlier.source, now.source)
    require_unchanged(earlier.name, "style", earlier.style, now.style)
    hint = _restore_versions_hint(earlier, now)
    require_unchanged(earlier.name, "versions", earlier.versions, now.versions, hint)


def _restore_versions_hint(earlier: Manifest, now: Manifest) -> str:
    """Return a hint on how to restore the versions with which the interrupted run began."""
    changed = {name: was for name, was in earlier.versions.items() if now.versions.get(name) != was}
    libraries = " ".join(f"{name}=={was}" for name, was in changed.items() if name != FONTS)
    steps = [f"install {libraries} again"] if libraries else []
    if FONTS in changed:
        steps.append("put the installed fonts back as they were")
    return f"To resume the dataset, {' and '.join(steps)}; otherwise delete it, or choose another name."


def reopen_if_damaged(folder: Path, manifest: Manifest, progress: Progress) -> bool:
    """Mark a finished dataset as unfinished if some of its shards are missing or have a wrong size, so that
    they are made again. Return whether there were such shards.

    Raises:
        StorageError: a damaged shard cannot be removed, or the manifest cannot be written.
    """
    shards = [shard for split in manifest.splits.values() for shard in split.shards]
    damaged = [shard for shard in shards if _size_bytes(folder / shard.path) != shard.size_bytes]
    if damaged:
        names = ", ".join(shard.path for shard in damaged[:3])
        text = f"{len(damaged)} shards of {folder.name!r} are gone or damaged and are made again: {names}."
        progress.message(text, "warning")
        # First the shards, then the manifest: an unfinished dataset counts every existing shard as complete.
        _remove_shards(folder, [path for shard in damaged if (path := folder / shard.path).exists()])
        replace(manifest, complete=False).write(folder)
    return bool(damaged)


def _size_bytes(path: Path) -> int | None:
    return path.stat().st_size if path.exists() else None


def discard_if_empty(folder: Path) -> None:
    """Remove the manifest of a dataset without samples, so that its name is free for another configuration.
    rejected.jsonl stays; `begin_dataset` removes the shards."""
    if not any(read_footer(path).counts.num_kept for path in _shard_paths(folder)):
        (folder / MANIFEST).unlink(missing_ok=True)


def _shard_paths(folder: Path) -> list[Path]:
    return list(folder.glob("*/shard-*.parquet"))


def _remove_shards(folder: Path, shards: Sequence[Path]) -> None:
    """Remove shards durably: no power failure may bring them back beside the next manifest."""
    try:
        for path in shards:
            path.unlink()
        for parent in {path.parent for path in shards}:
            sync_folder(parent)
    except OSError as error:
        raise storage_error(folder, error) from error


def remove_partial_files(folder: Path) -> None:
    """Remove the incomplete files of a killed run. Errors are ignored: the next write reports them."""
    for path in folder.rglob(f".*{TEMPORARY_SUFFIX}"):
        with suppress(OSError):
            path.unlink()


def complete_dataset(folder: Path, manifest: Manifest, shards: Mapping[str, list[ShardDone]]) -> Manifest:
    """Write rejected.jsonl and the complete manifest, from the footers of the shards."""
    write_rejected(folder, shards)
    splits = {}
    for split, done in sorted(shards.items(), key=lambda item: _split_order(item[0])):
        done.sort(key=lambda shard: shard.index)
        splits[split] = SplitEntry(_sum_counts(done), tuple(shard.entry for shard in done))
    totals = reduce(add, (entry.counts for entry in splits.values()), Counts())
    size_bytes = sum(shard.entry.size_bytes for done in shards.values() for shard in done)
    finished = replace(manifest, complete=True, totals=totals, size_bytes=size_bytes, splits=splits)
    finished.write(folder)
    return finished


def write_rejected(folder: Path, shards: Mapping[str, list[ShardDone]]) -> list[RejectedRow]:
    """Write all rejected rows to rejected.jsonl, in order of split and row, and return them."""
    rows = [row for done in shards.values() for shard in done for row in shard.footer.rejected]
    rows.sort(key=lambda row: (*_split_order(row.split), row.row))
    lines = (
        json.dumps(
            {name: value for name, value in asdict(row).items() if value is not None}, ensure_ascii=False
        )
        for row in rows
    )
    write_bytes(folder / REJECTED, "".join(f"{line}\n" for line in lines).encode())
    return rows


def require_unchanged(
    name: str,
    part: str,
    was: Mapping[str, Any],
    now: Mapping[str, Any],
    hint: str = "Choose another name, delete the dataset, or use the values with which it was made.",
) -> None:
    """Raise Conflict, with every value that differs, unless `was` and `now` are equal."""
    old, new = _flatten(_to_json_values(was)), _flatten(_to_json_values(now))
    pairs = {key: (old.get(key, ABSENT), new.get(key, ABSENT)) for key in sorted({**old, **new})}
    changed = {key: (before, after) for key, (before, after) in pairs.items() if before != after}
    if changed:
        words = "; ".join(
            f"{key} was {json.dumps(a)}, now {json.dumps(b)}" for key, (a, b) in changed.items()
        )
        raise Conflict(
            f"The dataset {name!r} exists with another {part}: {words}.",
            hint=hint,
            fields={key: f"was {before}, now {after}" for key, (before, after) in changed.items()},
        )


def _flatten(value: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, item in value.items():
        flat.update(_flatten(item, f"{prefix}{key}.") if isinstance(item, dict) else {f"{prefix}{key}": item})
    return flat


def _fields(record: PageStyle) -> Iterator[tuple[str, Any]]:
    return ((item.name, getattr(record, item.name)) for item in fields(record))


def _to_json_values(value: Mapping[str, Any]) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(json.dumps(value))
    return loaded


def _sum_counts(done: list[ShardDone]) -> Counts:
    return reduce(add, (shard.footer.counts for shard in done), Counts())


def _split_order(split: str) -> tuple[int, str]:
    usual = ("train", "validation", "test")
    return (usual.index(split) if split in usual else len(usual), split)
