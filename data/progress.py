"""The interface by which a stage reports its progress. A stage does not know who listens: a job's event log,
a terminal or a test."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, Protocol

Level = Literal["info", "warning", "error"]


class Progress(Protocol):
    """The listener of one stage. Implementations must be fast: stages call them often."""

    def advance(self, done: int, total: int | None, unit: str, **counts: int) -> None:
        """Report the position, `done` of `total` units (None: unknown), and named counts."""

    def metric(self, step: int, values: Mapping[str, float | None]) -> None:
        """Report measured values (loss, learning_rate, rouge1, ...) at an optimizer step."""

    def message(self, text: str, level: Level = "info") -> None:
        """Report a sentence for the user's log."""

    def checkpoint(self, step: int, path: Path) -> None:
        """Report that the checkpoint of `step` is complete at `path`."""

    def preview(self, path: Path) -> None:
        """Report that the image at `path`, for example the latest page, can be shown to the user."""

    def should_stop(self) -> bool:
        """Say whether the stage should save and raise `Stopped` at its next safe point."""


class Silent:
    """A listener that ignores all reports and never requests a stop."""

    def advance(self, done: int, total: int | None, unit: str, **counts: int) -> None:
        return

    def metric(self, step: int, values: Mapping[str, float | None]) -> None:
        return

    def message(self, text: str, level: Level = "info") -> None:
        return

    def checkpoint(self, step: int, path: Path) -> None:
        return

    def preview(self, path: Path) -> None:
        return

    def should_stop(self) -> bool:
        return False
