"""The training loss of a job in few points, from its event log: for the small curve in a table.

Of a large log only blocks at evenly spaced places are read, so the cost does not grow with the training.
"""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

MAX_POINTS: Final = 30
_WHOLE_BYTES: Final = 1 << 18
_BLOCK_BYTES: Final = 1 << 13
_LOSS: Final = "train_loss"
_DIGITS: Final = 3


@dataclass(frozen=True, slots=True)
class LossCurve:
    """Points of the loss by step, and the last known value of each metric."""

    steps: tuple[int, ...] = ()
    values: tuple[float, ...] = ()
    latest: Mapping[str, float] = field(default_factory=dict)
    """Metric -> its last value in what was read."""

    @classmethod
    def read(cls, path: Path, metrics: Sequence[str] = ()) -> Self:
        """Read the event log of a training; one that is missing or damaged has no points.

        Args:
            metrics: whose last values are wanted, besides those of the loss.
        """
        try:
            lines = list(_metric_lines(path))
        except OSError:
            return cls()
        points: list[tuple[int, float]] = []
        for step, values in filter(None, map(_parse, _spread(_holding(lines, _LOSS)))):
            while points and points[-1][0] >= step:  # the training went back to a checkpoint
                points.pop()
            if (loss := _number(values.get(_LOSS))) is not None:
                points.append((step, float(f"{loss:.{_DIGITS}g}")))
        latest = {name: value for name in metrics if (value := _latest(lines, name)) is not None}
        return cls(tuple(step for step, _ in points), tuple(value for _, value in points), latest)


def _metric_lines(path: Path) -> Iterator[bytes]:
    """Yield the lines of metrics of a small log, or of blocks of a large one."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        is_small = size <= _WHOLE_BYTES
        starts = (
            [0]
            if is_small
            else [(size - _BLOCK_BYTES) * part // MAX_POINTS for part in range(MAX_POINTS + 1)]
        )
        for start in starts:
            file.seek(start)
            block = file.read(_WHOLE_BYTES if is_small else _BLOCK_BYTES)
            whole = block[: block.rfind(b"\n") + 1].splitlines()
            yield from (line for line in whole[bool(start) :] if b'"metric"' in line)


def _spread(lines: Sequence[bytes]) -> list[bytes]:
    """Return at most MAX_POINTS of the lines, evenly spaced, with the first and the last one."""
    if len(lines) <= MAX_POINTS:
        return list(lines)
    return [lines[place * (len(lines) - 1) // (MAX_POINTS - 1)] for place in range(MAX_POINTS)]


def _latest(lines: Sequence[bytes], name: str) -> float | None:
    found = map(_parse, reversed(_holding(lines, name)))
    return next(
        (value for event in found if event and (value := _number(event[1].get(name))) is not None), None
    )


def _holding(lines: Sequence[bytes], name: str) -> list[bytes]:
    key = f'"{name}"'.encode()
    return [line for line in lines if key in line]


def _parse(line: bytes) -> tuple[int, dict[str, Any]] | None:
    """Return step and values of an event; None: it is damaged."""
    try:
        event = json.loads(line)
        step, values = event["step"], event["values"]
    except (ValueError, RecursionError, KeyError, TypeError):
        return None
    return (step, values) if type(step) is int and isinstance(values, dict) else None


def _number(value: object) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if is_number else None  # type: ignore[arg-type]
