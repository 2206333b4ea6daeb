"""Tab stops: after a tab, text begins at a multiple of a fixed distance, and the rows of a table share the
stops that their widest cells need."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

STEP_EM: Final = 3
"""Distance of the stops in font sizes: half an inch in 12 point type, the default of word processors."""
_LEAST_GAP_EM: Final = 0.5
MAX_CHARACTERS: Final = 1000
"""Of a line with tab stops."""
_NO_WIDTH: Final = "\u2060"


@dataclass(frozen=True, slots=True)
class Cell:
    """Text up to a tab or the end of its line."""

    text: str
    gap_px: float
    """Space after it, from a tab; 0: none."""


def set_tabs(
    lines: Sequence[str], measure: Callable[[str], float], font_size_px: float, width_px: float
) -> list[list[Cell]]:
    """Return the cells of each line.

    Args:
        lines: consecutive lines, with or without tabs.
        measure: returns the width of a text in pixels.
        font_size_px: decides the distance of the stops.
        width_px: of the column; a row that does not fit on one line has stops of its own.
    """
    rows = [_split(line) for line in lines]
    sizes = [[measure(cell) if cell.strip(_NO_WIDTH) else 0.0 for cell in row[:-1]] for row in rows]
    ends = [measure(row[-1]) if len(row) > 1 else 0.0 for row in rows]
    shared = _shared_widths(sizes, font_size_px)
    return [
        _row(row, cell_sizes, widths if sum(widths) + end <= width_px else None, font_size_px)
        for row, cell_sizes, end, widths in zip(rows, sizes, ends, shared, strict=True)
    ]


def _split(line: str) -> list[str]:
    """Split a line at its tabs; those of a line that surely needs several lines are spaces."""
    if len(line) > MAX_CHARACTERS:
        return [line.replace("\t", " ")]
    first, *others = line.rstrip("\t").split("\t")
    # Skia puts half of a gap's letter spacing outside the line if the gap begins it.
    return [first or (_NO_WIDTH if others else ""), *others]


def _row(
    cells: Sequence[str], sizes: Sequence[float], widths: Sequence[float] | None, font_size_px: float
) -> list[Cell]:
    if widths is None:
        widths = [_next_stop(size, font_size_px) for size in sizes]
    gaps = [width - size for width, size in zip(widths, sizes, strict=True)]
    return [Cell(text, gap_px) for text, gap_px in zip(cells, [*gaps, 0.0], strict=True)]


def _shared_widths(sizes: Sequence[Sequence[float]], font_size_px: float) -> list[list[float]]:
    """Return the width of each cell that a tab follows: rows below each other share the width of a column."""
    widths: list[list[float]] = [[] for _ in sizes]
    for column in range(max(map(len, sizes), default=0)):
        for run in _runs(sizes, column):
            width = max(_next_stop(sizes[row][column], font_size_px) for row in run)
            for row in run:
                widths[row].append(width)
    return widths


def _runs(sizes: Sequence[Sequence[float]], column: int) -> Iterator[list[int]]:
    """Yield the numbers of consecutive rows that have a column."""
    for has_column, rows in groupby(range(len(sizes)), key=lambda row: len(sizes[row]) > column):
        if has_column:
            yield list(rows)


def _next_stop(size_px: float, font_size_px: float) -> float:
    """Return the first stop beyond a text that begins at a stop."""
    gap_px = _LEAST_GAP_EM * font_size_px if size_px else 0
    step_px = STEP_EM * font_size_px
    return step_px * max(1, math.ceil((size_px + gap_px) / step_px))
