"""Which of train, validation and test the name of a split, file or folder means."""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from data.config import SplitName
from data.errors import InvalidInput
from data.records import TEST, TRAIN, VALIDATION

SPLIT_WORDS: Final = {
    "train": TRAIN,
    "training": TRAIN,
    "validation": VALIDATION,
    "valid": VALIDATION,
    "val": VALIDATION,
    "dev": VALIDATION,
    "test": TEST,
    "testing": TEST,
    "eval": TEST,
    "evaluation": TEST,
}
"""The words of the `datasets` library, docs/hub/datasets-file-names-and-splits."""
SPLITS: Final = (TRAIN, VALIDATION, TEST)

SplitNames = Mapping[str, SplitName]


def split_of(name: str, names: SplitNames) -> str | None:
    """Return the split that a name means, `skip` for one that is not to be read; None: it means none.

    Args:
        name: of a file without its suffix, of a folder, or of a split on the Hub.
        names: what the user says of whole names, or of words in them.

    Raises:
        InvalidInput: its words mean two splits.
    """
    if name in names:
        return _unless_none(names[name])
    words = [word for word in re.split(r"[^a-z]+", name.lower()) if word]
    meant = {word: names.get(word) or SPLIT_WORDS.get(word) for word in words}
    found = dict.fromkeys(split for split in map(_unless_none, meant.values()) if split)
    if len(found) > 1:
        raise InvalidInput(
            f"{name!r} names two splits: {' and '.join(found)}.",
            hint=f'Rename it, or say which it is: source.split_names {{"{name}": "train"}}.',
            fields={"source.split_names": f"must say what {name!r} is"},
        )
    return next(iter(found), None)


def map_splits(existing: Iterable[str], names: SplitNames) -> dict[str, str]:
    """Return split -> the name that the source gives it, for splits on the Hub. Names that mean none stay.

    Raises:
        InvalidInput: two names mean one split.
    """
    mapped: dict[str, str] = {}
    for name in existing:
        split = split_of(name, names) or name
        if split == "skip":
            continue
        if split in mapped:
            raise InvalidInput(
                f"The source's splits {mapped[split]!r} and {name!r} would both be {split}.",
                hint=f'Say which is read: source.split_names {{"{name}": "skip"}}.',
                fields={"source.split_names": f"must tell {mapped[split]!r} from {name!r}"},
            )
        mapped[split] = name
    return mapped


def _unless_none(split: str | None) -> str | None:
    return None if split == "none" else split
