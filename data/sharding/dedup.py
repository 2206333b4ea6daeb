"""Which texts were seen before: SHA-256 of the normalised text, kept in memory, within and across splits."""

import hashlib
import unicodedata
from collections.abc import Iterable

from data.records import TRAIN


def text_digest(text: str) -> bytes:
    """Return the SHA-256 of a text, the same whatever its case, white space and Unicode composition."""
    normalized = " ".join(unicodedata.normalize("NFC", text).casefold().split())
    return hashlib.sha256(normalized.encode("utf-8", "surrogatepass")).digest()


class SeenTexts:
    """The digests of every split read so far (about 110 bytes each in memory).

    Train is to be read last: of a text that occurs in several splits, the one in train goes and the others
    stay, so that nothing that is scored was trained on. Other splits keep such texts and only count them.
    """

    def __init__(self) -> None:
        self._splits: dict[str, set[bytes]] = {}

    def other_splits_with(self, split: str, digest: bytes) -> list[str]:
        """Return the other splits that hold the text."""
        return [other for other, digests in self._splits.items() if other != split and digest in digests]

    def add_if_new(self, split: str, digest: bytes) -> bool:
        """Say whether the next document of a split stays, and remember its text if so."""
        own = self._splits.setdefault(split, set())
        if digest in own or (split == TRAIN and self.other_splits_with(split, digest)):
            return False
        own.add(digest)
        return True

    def remember(self, split: str, digests: Iterable[bytes]) -> None:
        """Take in what an earlier, interrupted run admitted already."""
        self._splits.setdefault(split, set()).update(digests)
