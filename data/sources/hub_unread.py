"""Data files of a repository on the Hub that the `datasets` library leaves out without a word: files of
another kind than most, and files whose names it does not take for a split."""

import re
from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import Final

import datasets

from data.errors import SourceError, listed
from data.sources.folders import DESCRIPTIONS
from data.sources.split_names import SPLIT_WORDS
from data.sources.tables import TABLES

_COMPRESSED: Final = frozenset({".gz", ".bz2", ".xz", ".zst", ".zip"})
_ALSO_DESCRIPTIONS: Final = frozenset({".json", ".txt"})
"""Suffixes that files besides the data have too."""


def unread_files(names: Iterable[str], builder: datasets.DatasetBuilder) -> list[str]:
    """Return the data files of a repository that are in no split. Empty if its card says which are read.

    Args:
        names: of all files of the repository.
    """
    files_by_split = builder.config.data_files or {}
    # The library names the splits of a card by text, and those that it takes from names of files by a class.
    if not all(isinstance(split, datasets.NamedSplit) for split in files_by_split):
        return []
    addresses = [address for files in files_by_split.values() for address in files]
    read = {address.partition("@")[2].partition("/")[2] for address in addresses}
    kinds = {_suffix(name) for name in read}
    return [name for name in sorted(names) if name not in read and _is_data(name, kinds)]


def require_splits_read(repository: str, unread: list[str]) -> None:
    """Refuse to leave out a file that names a split. Raises SourceError."""
    named = [name for name in unread if _words(name) & SPLIT_WORDS.keys()]
    if named:
        raise SourceError(
            f"{repository} holds files that name a split and are not read: {listed(named)}.",
            hint="The datasets library takes a name such as data/train-1.parquet for a split. Download the "
            "files, and make the dataset from their folder.",
        )


def _is_data(name: str, kinds: set[str]) -> bool:
    path, suffix = PurePosixPath(name), _suffix(name)
    is_hidden = any(part.startswith(".") for part in path.parts)
    is_description = path.name.partition(".")[0].lower() in DESCRIPTIONS
    is_clear = suffix not in _ALSO_DESCRIPTIONS or suffix in kinds or bool(_words(name) & SPLIT_WORDS.keys())
    return suffix in TABLES and is_clear and not is_hidden and not is_description


def _suffix(name: str) -> str:
    path = PurePosixPath(name)
    while path.suffix.lower() in _COMPRESSED:
        path = path.with_suffix("")
    return path.suffix.lower()


def _words(name: str) -> set[str]:
    return set(re.split(r"[^a-z]+", PurePosixPath(name).name.partition(".")[0].lower()))
