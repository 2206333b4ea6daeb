"""The interface by which a stage reports its progress. A stage does not know who listens: a job's event log,
a terminal or a test."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

Level = Literal["info", "warning", "error"]


class Progress(Protocol):
    """The listener of one stage. Implementations must be fast: stages call them often."""

    def begin(self, activity: str, start: float | None = None, end: float | None = None) -> None:
        """Report that an activity of the work begins.

        Args:
            activity: what is done now, such as "Loading" or "Drawing pages".
            start, end: the shares of the whole work, 0 to 1, between which the activity lies; None: those of
                the activity before it.
        """

    def advance(self, done: int, total: int | None, unit: str, **counts: int) -> None:
        """Report the position in the activity, `done` of `total` units (None: unknown), and named counts."""

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

    def begin(self, activity: str, start: float | None = None, end: float | None = None) -> None:
        return

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


@dataclass(frozen=True, slots=True)
class PartialProgress:
    """The listener of a stage within longer work: its activities lie between two shares of the whole."""

    whole: Progress
    start: float
    end: float

    def begin(self, activity: str, start: float | None = None, end: float | None = None) -> None:
        if start is None or end is None:
            return self.whole.begin(activity)
        width = self.end - self.start
        return self.whole.begin(activity, self.start + start * width, self.start + end * width)

    def advance(self, done: int, total: int | None, unit: str, **counts: int) -> None:
        self.whole.advance(done, total, unit, **counts)

    def metric(self, step: int, values: Mapping[str, float | None]) -> None:
        self.whole.metric(step, values)

    def message(self, text: str, level: Level = "info") -> None:
        self.whole.message(text, level)

    def checkpoint(self, step: int, path: Path) -> None:
        self.whole.checkpoint(step, path)

    def preview(self, path: Path) -> None:
        self.whole.preview(path)

    def should_stop(self) -> bool:
        return self.whole.should_stop()
