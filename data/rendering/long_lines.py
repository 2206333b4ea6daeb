"""Set a line of text of any length in both directions, in time that grows with its length.

Skia's time to shape a paragraph grows with the square of its number of changes of direction. So a long line
is set in chunks. A chunk ends somewhere within its last line, so this line is hidden, and the next chunk
begins with it: the lines break where they would break without chunks.
"""

import bisect
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from data.rendering.direction import direction_mark
from data.rendering.grey_page import WHITE
from data.rendering.tabs import Cell
from data.rendering.typesetter import SetLines, Typesetter

_CHUNK_CHARACTERS: Final = 4000
"""Of a chunk, unless no line of it begins after a space or hyphen."""
_MOST_CHARACTERS_PER_LINE: Final = 2000
_BREAK: Final = re.compile(r"\s+|[-/\u2010-\u2014\u200b]")


def set_long_line(text: str, typesetter: Typesetter, *, is_right_to_left: bool) -> Iterator[SetLines]:
    """Yield the lines of a text without newlines and tabs, from top to bottom."""
    mark, num_characters = "", _CHUNK_CHARACTERS
    while (end := _end_of_word(text, num_characters)) < len(text):
        chunk = typesetter.set_text(mark + text[:end], is_right_to_left=is_right_to_left)
        start = _last_line_start(chunk, mark, text[:end], typesetter, is_right_to_left=is_right_to_left)
        if start is None:
            num_characters *= 2
            continue
        yield replace(chunk, num_lines=chunk.num_lines - 1)
        mark, text = direction_mark(mark + text[:start]), text[start:]
        num_characters = _CHUNK_CHARACTERS
    yield from typesetter.set_last_lines([Cell(mark + text, 0)], is_right_to_left=is_right_to_left)


def _end_of_word(text: str, position: int) -> int:
    match = _BREAK.search(text, position)
    return match.end() if match else len(text)


def _last_line_start(
    chunk: SetLines, mark: str, text: str, typesetter: Typesetter, *, is_right_to_left: bool
) -> int | None:
    """Return where the last line of a chunk begins: at the only position from which the text, set alone, has
    the same pixels. None if there is no such position, as within a word that is longer than a line."""
    wanted = typesetter.draw_last_line(chunk)
    width_px = _ink_width(wanted)
    tail = max(0, len(text) - _MOST_CHARACTERS_PER_LINE)
    starts = [match.end() for match in _BREAK.finditer(text, tail)][::-1]
    nearest = bisect.bisect_left(starts, width_px, key=lambda start: typesetter.measure(text[start:].strip()))
    for start in starts[max(0, nearest - 2) : nearest + 2]:
        alone = typesetter.set_text(
            direction_mark(mark + text[:start]) + text[start:], is_right_to_left=is_right_to_left
        )
        if alone.num_lines == 1 < chunk.num_lines and np.array_equal(
            typesetter.draw_last_line(alone), wanted
        ):
            return start
    return None


def _ink_width(line: NDArray[np.uint8]) -> float:
    columns = np.flatnonzero((line < WHITE).any(axis=0))
    return float(columns[-1] - columns[0] + 1) if columns.size else 0.0
