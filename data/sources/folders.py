"""Which files of a folder are data, and which split each of them belongs to. No file that names a split is
left out without a word."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from data.errors import InvalidInput, SourceError, listed
from data.sources.split_names import SPLITS, SplitNames, split_of
from data.sources.tables import KINDS, SUMMARY_SUFFIX, format_suffix, is_table, is_unicode, packed_suffix

DESCRIPTIONS: Final = (
    "readme",
    "license",
    "licence",
    "notice",
    "changelog",
    "citation",
    "copying",
    "authors",
)
"""Stems of files that describe data."""
SAVED_BY_DATASETS: Final = ("dataset_dict.json", "state.json")
MAX_DESCRIPTION_BYTES: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class FilesBySplit:
    """The data files of a source."""

    splits: Mapping[str, Sequence[Path]]
    notes: Sequence[str] = field(default=())
    """What was decided that the names alone do not tell, in sentences."""


def find_files(root: Path, names: SplitNames) -> FilesBySplit:
    """Find the data files of a file or folder, with the split that each belongs to.

    Raises:
        SourceError: there is none, or a file that names a split cannot be read.
        InvalidInput: it is not clear which split a file belongs to.
    """
    if root.is_file():
        return FilesBySplit({"train": [root]})
    _refuse_saved_dataset(root)
    files = [path for path in sorted(root.rglob("*")) if not _is_hidden(path, root) and path.is_file()]
    _require_unicode_names(files, root)
    data, left_out = _divide(files, root, names)
    if not data:
        raise SourceError(f"The folder {root} holds no file that can be read.", hint=f"Kinds: {KINDS}.")
    notes = []
    if left_out:
        shown = listed([path.relative_to(root).as_posix() for path in left_out])
        notes.append(f"{len(left_out)} files that describe the data are not read: {shown}.")
    splits, skipped = _assign(data, root, names)
    if skipped:
        notes.append(f"{len(skipped)} files are not read, as source.split_names says: {listed(skipped)}.")
    return FilesBySplit(splits, tuple(notes))


def _divide(files: Sequence[Path], root: Path, names: SplitNames) -> tuple[list[Path], list[Path]]:
    """Tell data files from files that describe the data; refuse a file that names a split and cannot be
    read."""
    tables = [path for path in files if is_table(path) and not path.name.endswith(SUMMARY_SUFFIX)]
    has_rows = any(format_suffix(path) != ".txt" for path in tables if not _is_description(path))
    data, left_out = [], []
    for path in tables:
        is_beside_rows = has_rows and format_suffix(path) == ".txt"
        if _is_description(path) or is_beside_rows:
            left_out.append(path)
        else:
            data.append(path)
    for path in set(files) - set(tables) if data else ():
        if not path.name.endswith(SUMMARY_SUFFIX) and _own_split(path, names) not in (None, "skip"):
            raise SourceError(
                f"{path.relative_to(root)} names a split and is not of a kind that can be read.",
                hint=f"Kinds: {KINDS}. Convert it, or move it away.",
            )
    return data, left_out


def _is_description(path: Path) -> bool:
    """Say whether a file describes the data: by its name, or as a .json file that holds one object."""
    if path.stem.lower() in DESCRIPTIONS:
        return True
    if format_suffix(path) != ".json" or packed_suffix(path) or path.stat().st_size > MAX_DESCRIPTION_BYTES:
        return False
    return path.read_bytes().lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")


def _assign(files: Sequence[Path], root: Path, names: SplitNames) -> tuple[dict[str, list[Path]], list[str]]:
    """Return the files of each split, and the names of those that the user skips."""
    by_split: dict[str | None, list[Path]] = {}
    for path in files:
        by_split.setdefault(_split_of_file(path.relative_to(root), names), []).append(path)
    skipped = [path.relative_to(root).as_posix() for path in by_split.pop("skip", [])]
    unnamed = by_split.pop(None, [])
    named: dict[str, list[Path]] = {split: by_split[split] for split in SPLITS if split in by_split}
    if unnamed and named:
        raise _unclear(root, unnamed, named)
    return named or {"train": unnamed}, skipped


def _split_of_file(path: Path, names: SplitNames) -> str | None:
    """Return the split that a file's own name, or else the nearest folder's, means. A .txt file is one
    document, and its own name is the document's."""
    own = [] if format_suffix(path) == ".txt" and path.name not in names else [path]
    for place in (*own, *list(path.parents)[:-1]):
        split = _own_split(place, names)
        if split:
            return split
    return None


def _own_split(path: Path, names: SplitNames) -> str | None:
    for name in (path.name, path.stem):
        if name in names:
            return split_of(name, names)
    return split_of(path.name.partition(".")[0], names)


def _unclear(root: Path, unnamed: Sequence[Path], named: Mapping[str, Sequence[Path]]) -> InvalidInput:
    few, many = (unnamed, [path for paths in named.values() for path in paths])
    split, word_file = next((split, paths[0]) for split, paths in named.items())
    return InvalidInput(
        f"{len(many)} files of {root} name a split, such as {word_file.relative_to(root)} ({split}), and "
        f"{len(few)} name none, such as {few[0].relative_to(root)}.",
        hint="Put train, validation or test into the names of the others; or, where the word is no split, "
        "set "
        f'source.split_names {{"{word_file.stem}": "none"}}.',
        fields={"source.path": "holds files of an unknown split"},
    )


def _refuse_saved_dataset(root: Path) -> None:
    if any((root / name).is_file() for name in SAVED_BY_DATASETS) and next(root.rglob("*.arrow"), None):
        raise SourceError(
            f"{root} was written by save_to_disk of the datasets library, which only that library reads.",
            hint="Write each split as Parquet: "
            f'load_from_disk("{root.name}")["train"].to_parquet("train.parquet").',
        )


def _require_unicode_names(files: Sequence[Path], root: Path) -> None:
    for name in (str(path.relative_to(root)) for path in files):
        if not is_unicode(name):
            raise SourceError(
                f"The file name {name!a} in {root} is not UTF-8.", hint="Rename the file or its folder."
            )


def _is_hidden(path: Path, root: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(root).parts)
