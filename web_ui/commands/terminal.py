"""The `Progress` of a stage in a terminal: a bar on a terminal, otherwise a line every LINE_INTERVAL_S."""

import json
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from math import inf
from pathlib import Path
from time import monotonic
from types import FrameType
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from data.dataset.losses import NOTHING_LOST
from data.progress import Level
from evaluation.training_metrics import METRICS
from web_ui.commands.score_parts import SCORE_PARTS

LINE_INTERVAL_S = 5.0
SHOWN_METRICS = ("train_loss", "eval_loss", "rougeL", "learning_rate")
STYLES: dict[Level, str] = {"info": "dim", "warning": "yellow", "error": "red"}


class TerminalProgress:
    """Shows the progress of one stage on standard error."""

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
        self._line_printed_s = -inf
        self._is_stopping = False

    def begin(self, activity: str, start: float | None = None, end: float | None = None) -> None:
        self._bar.update(self._task, description=f"{self._title}: {activity}")

    def advance(self, done: int, total: int | None, unit: str, **counts: int) -> None:
        self._counts = " ".join(f"{name} {count:,}" for name, count in counts.items() if count)
        self._bar.update(self._task, completed=done, total=total, unit=unit, notes=self._notes())
        if not self.console.is_terminal and (
            done == total or monotonic() - self._line_printed_s >= LINE_INTERVAL_S
        ):
            self._line_printed_s = monotonic()
            of_total = f" of {total:,}" if total is not None else ""
            self._print(f"{self._title}: {done:,}{of_total} {unit}  {self._notes()}".rstrip())

    def metric(self, step: int, values: Mapping[str, float | None]) -> None:
        self._values = " ".join(
            f"{METRICS[name].name or name} {value:.4g}"
            for name in SHOWN_METRICS
            if (value := values.get(name)) is not None
        )
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
        """Make `should_stop` true from now on: the stage saves and ends at its next safe point."""
        self._is_stopping = True

    @contextmanager
    def show(self) -> Iterator[None]:
        """Show the bar. Ctrl-C or SIGTERM ends the stage at its next safe point, a second signal at once."""
        previous = {
            number: signal.signal(number, self._on_signal) for number in (signal.SIGINT, signal.SIGTERM)
        }
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
        # The signal may interrupt a use of the console, which is locked then. sys.stderr cannot block.
        sys.stderr.write("\nStopping at the next safe point. Press Ctrl-C again to stop at once.\n")

    def _notes(self) -> str:
        return f"{self._counts} {self._values}".strip()

    def _print(self, text: str, style: str | None = None) -> None:
        self.console.print(text, style=style, markup=False, soft_wrap=True)


def print_result(result: Mapping[str, Any], as_json: bool) -> None:
    """Print the result of a stage: one line per number or path, a table per list of rows, texts one below the
    other."""
    if as_json:
        print(json.dumps(result, ensure_ascii=False, indent=2))
        return
    console = Console(highlight=False, soft_wrap=True)
    for name, value in result.items():
        if isinstance(value, Mapping) and name not in SCORE_PARTS:
            print_result({_inner_name(name, key): inner for key, inner in value.items()}, as_json=False)
        elif name == "intervals":
            continue  # printed in `table`, below the scores
        elif name in ("differences", "measures"):
            for line in SCORE_PARTS[name](value or {}, result):
                console.print(line)
        elif name.endswith("losses"):
            lost = [loss["text"] for loss in value if loss["num_rows"]] or [NOTHING_LOST]
            console.print(Text("\n".join(lost)))
        elif isinstance(value, list) and value and all(isinstance(row, Mapping) for row in value):
            title = f"{result.get('split', '')} scores".strip() if name == "table" else _label(name)
            console.print(_rows(title, value, result.get("intervals", ())))
        elif value is not None and not isinstance(value, list | tuple):
            console.print(Text(f"{_label(name)}: {_format_value(value)}"))


def _inner_name(name: str, key: str) -> str:
    """Return the name of a value in a part of a result. A validation score is named as one."""
    words = METRICS[key].name if name == "metrics" and key in METRICS else ""
    return words or f"{name}_{key}"


def _rows(
    title: str, rows: Sequence[Mapping[str, Any]], intervals: Sequence[Mapping[str, Sequence[float]]]
) -> Text | Table:
    if _has_texts(rows):
        return Text("\n".join([f"{title}:", *_text_lines(rows)]))
    return _table(title, rows, intervals)


def _has_texts(rows: Sequence[Mapping[str, Any]]) -> bool:
    return any(" " in value for row in rows for value in list(row.values())[1:] if isinstance(value, str))


def _text_lines(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield for each row: its first value, then its texts one per line, then its numbers on one line."""
    for row in rows:
        (_, heading), *rest = row.items()
        yield f"  {heading}"
        yield from (f"    {_label(name)}: {value}" for name, value in rest if isinstance(value, str))
        numbers = (
            f"{_label(name)} {_format_value(value)}" for name, value in rest if type(value) in (int, float)
        )
        yield f"    {', '.join([*numbers, *(_label(name) for name, value in rest if value is True)])}"


def _table(
    title: str, rows: Sequence[Mapping[str, Any]], intervals: Sequence[Mapping[str, Sequence[float]]] = ()
) -> Table:
    columns = [name for name, value in rows[0].items() if not isinstance(value, Mapping | list)]
    table = Table(*map(_label, columns), title=title, title_justify="left")
    for index, row in enumerate(rows):
        ends = intervals[index] if intervals else {}
        below = {name: f"\n{low:.3f}–{high:.3f}" for name, (low, high) in ends.items()}
        table.add_row(*[Text(_format_value(row.get(name)) + below.get(name, "")) for name in columns])
    return table


def _label(name: str) -> str:
    return name.replace("_", " ")


def _format_value(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
