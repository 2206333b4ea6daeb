"""Detect duplicate texts within and across splits, by the SHA-256 of the normalised text."""

import hashlib
import unicodedata
from collections.abc import Iterable

from data.records import TRAIN


def text_digest(text: str) -> bytes:
    """Return the SHA-256 of a text after normalising its case, white space and Unicode composition (NFC)."""
    normalized = " ".join(unicodedata.normalize("NFC", text).casefold().split())
    return hashlib.sha256(normalized.encode("utf-8", "surrogatepass")).digest()


class SeenTexts:
    """The digests of all texts read so far, by split (about 110 bytes each in memory).

    Train must be read last: a text that occurs in train and in another split is removed from train, so that
    no model is trained on a text that it is scored on. Other splits keep such texts and only count them.
    """

    def __init__(self) -> None:
        self._splits: dict[str, set[bytes]] = {}

    def other_splits_with(self, split: str, digest: bytes) -> list[str]:
        """Return the other splits that contain the text."""
        return [other for other, digests in self._splits.items() if other != split and digest in digests]

    def add_if_new(self, split: str, digest: bytes) -> bool:
        """Return whether the next document of a split is kept; remember its text if it is."""
        own = self._splits.setdefault(split, set())
        if digest in own or (split == TRAIN and self.other_splits_with(split, digest)):
            return False
        own.add(digest)
        return True

    def remember(self, split: str, digests: Iterable[bytes]) -> None:
        """Add the digests of the texts that an earlier, interrupted run kept."""
        self._splits.setdefault(split, set()).update(digests)
