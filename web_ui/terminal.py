"""The Progress of a stage that runs in a terminal: a bar where there is a screen, a line now and then where there is none."""

import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from math import inf
from pathlib import Path
from time import monotonic
from types import FrameType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from data.progress import Level

LINE_EVERY_S = 5.0
STYLES: dict[Level, str] = {"info": "dim", "warning": "yellow", "error": "red"}


class TerminalProgress:
    """Shows one stage on standard error. `stop` makes the stage save and end at its next safe point."""

    def __init__(self, title: str, quiet: bool = False) -> None:
        self.console = Console(stderr=True, quiet=quiet, highlight=False)
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[unit]}  {task.fields[notes]}"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=self.console,
            disable=not self.console.is_terminal,
        )
        self._task = self._bar.add_task(title, total=None, unit="", notes="")
        self._title = title
        self._counts = self._values = ""
        self._line_s = -inf
        self._is_stopping = False

    def advance(self, done: int, total: int | None, unit: str, **counts: int) -> None:
        self._counts = " ".join(f"{name} {count:,}" for name, count in counts.items() if count)
        self._bar.update(self._task, completed=done, total=total, unit=unit, notes=self._notes())
        if not self.console.is_terminal and (done == total or monotonic() - self._line_s >= LINE_EVERY_S):
            self._line_s = monotonic()
            of_total = f" of {total:,}" if total is not None else ""
            self._print(f"{self._title}: {done:,}{of_total} {unit}  {self._notes()}".rstrip())

    def metric(self, step: int, values: Mapping[str, float | None]) -> None:
        shown = [f"{name} {value:.4g}" for name, value in values.items() if value is not None]
        self._values = " ".join(shown[:3])
        self._bar.update(self._task, notes=self._notes())

    def message(self, text: str, level: Level = "info") -> None:
        self._print(text if level == "info" else f"{level}: {text}", STYLES[level])

    def checkpoint(self, step: int, path: Path) -> None:
        self._print(f"checkpoint of step {step:,}: {path}", STYLES["info"])

    def preview(self, path: Path) -> None:
        return

    def should_stop(self) -> bool:
        return self._is_stopping

    def stop(self) -> None:
        """Make `should_stop` true from now on."""
        self._is_stopping = True

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Show the bar, and let Ctrl-C and SIGTERM end the stage at its next safe point; a second Ctrl-C ends it at once."""
        previous = {number: signal.signal(number, self._on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            with self._bar:
                yield
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        if self._is_stopping:
            raise KeyboardInterrupt
        self.stop()
        # A signal may come while the console is in use; writing past it cannot block.
        sys.stderr.write("\nStopping at the next safe point. Ctrl-C again ends it at once.\n")

    def _notes(self) -> str:
        return f"{self._counts} {self._values}".strip()

    def _print(self, text: str, style: str | None = None) -> None:
        self.console.print(text, style=style, markup=False, soft_wrap=True)
