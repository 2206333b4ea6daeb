"""Detect duplicate texts within and across splits, by the SHA-256 of the normalised text."""

import hashlib
import unicodedata
from typing import Final

from data.dataset.losses import HELD_OUT, OTHER_SUMMARY, SAME_SUMMARY
from data.records import TRAIN

_SUMMARY_BYTES: Final = 8
"""Of a summary's digest that are remembered: enough to tell the summaries of one text apart."""


def text_digest(text: str) -> bytes:
    """Return the SHA-256 of a text after normalising its case, white space and Unicode composition (NFC)."""
    normalized = " ".join(unicodedata.normalize("NFC", text).casefold().split())
    return hashlib.sha256(normalized.encode("utf-8", "surrogatepass")).digest()


class SeenTexts:
    """The digests of all texts read so far, by split, each with that of its first summary (about 200 bytes
    each in memory).

    Train must be read last: a text that occurs in train and in another split is removed from train, so that
    no model is trained on a text that it is scored on. Other splits keep such texts and only count them.
    """

    def __init__(self) -> None:
        self._splits: dict[str, dict[bytes, bytes]] = {}

    def other_splits_with(self, split: str, digest: bytes) -> list[str]:
        """Return the other splits that contain the text."""
        return [other for other, digests in self._splits.items() if other != split and digest in digests]

    def repeated(self, split: str, digest: bytes, summary_digest: bytes) -> str | None:
        """Return what the next document of a split repeats: SAME_SUMMARY, OTHER_SUMMARY or HELD_OUT. None:
        it is new, and is remembered."""
        first = self._splits.setdefault(split, {}).get(digest)
        if first is not None:
            return SAME_SUMMARY if first == summary_digest[:_SUMMARY_BYTES] else OTHER_SUMMARY
        if split == TRAIN and self.other_splits_with(split, digest):
            return HELD_OUT
        self.remember(split, digest, summary_digest)
        return None

    def remember(self, split: str, digest: bytes, summary_digest: bytes) -> None:
        """Add a text that was kept, perhaps by an earlier, interrupted run, unless it is known."""
        self._splits.setdefault(split, {}).setdefault(digest, summary_digest[:_SUMMARY_BYTES])
