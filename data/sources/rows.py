"""The rows of a table: a mapping from column to value, or the fault of a row that cannot be read."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class RowFault:
    """Why a row cannot become a document."""

    reason: str
    """With the row's place or value."""
    kind: str
    """The same without them, so that rows can be counted by it."""

    def __str__(self) -> str:
        return self.reason


Row = Mapping[str, Any] | RowFault
