"""Shape blocks of text and break them into lines, by Skia's paragraph engine.

All lines have one height in whole pixels (a forced strut), so a paragraph's height gives its number of lines.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from data.rendering.direction import has_right_to_left, is_right_to_left, isolated
from data.rendering.long_lines import set_long_line
from data.rendering.structure import Block
from data.rendering.style import PageStyle
from data.rendering.tabs import Cell, set_tabs
from data.rendering.typesetter import SetLines, Typesetter
from data.rendering.vision_tokens import num_text_tokens

_ROWS_PER_PARAGRAPH: Final = 20
"""Of lines with tab stops: Skia's time grows with the square of the number of stops in a paragraph."""


@dataclass(frozen=True, slots=True)
class SetBlock:
    """A block broken into lines."""

    parts: tuple[SetLines, ...]
    """From top to bottom."""
    num_lines: int
    num_text_tokens: int
    is_heading: bool


def set_blocks(blocks: Sequence[Block], families: Sequence[str], style: PageStyle) -> list[SetBlock]:
    """Shape each block and break it into lines of the column width."""
    return [_set_block(block, families, style) for block in blocks]


def _set_block(block: Block, families: Sequence[str], style: PageStyle) -> SetBlock:
    typesetter = Typesetter(families, style, is_heading=block.is_heading)
    parts = tuple(_below_each_other(_set_parts(block, typesetter, style)))
    return SetBlock(
        parts=parts,
        num_lines=parts[-1].end_line,
        num_text_tokens=max(1, num_text_tokens(block.text)),
        is_heading=block.is_heading,
    )


def _below_each_other(parts: Iterable[SetLines]) -> Iterator[SetLines]:
    first_line = 0
    for part in parts:
        yield replace(part, first_line=first_line)
        first_line += part.num_lines


def _set_parts(block: Block, typesetter: Typesetter, style: PageStyle) -> Iterator[SetLines]:
    """Set a block as one Skia paragraph, or in several if it has tabs, or each line of its text as one if any
    has letters that run from right to left, since each line has a direction of its own."""
    is_mixed = has_right_to_left(block.text)
    if not is_mixed and "\t" not in block.text:
        yield typesetter.set_text(block.text)
        return
    lines = block.text.split("\n")
    rows = set_tabs(lines, typesetter.measure, style.font_size_px, style.column_width_px)
    if not is_mixed:
        for start in range(0, len(rows), _ROWS_PER_PARAGRAPH):
            yield typesetter.set_cells(_with_newlines(rows[start : start + _ROWS_PER_PARAGRAPH]))
        return
    for line, cells in zip(lines, rows, strict=True):
        is_leftward = is_right_to_left(line, default=block.is_right_to_left)
        if len(cells) > 1:
            yield from typesetter.set_last_lines(isolated(cells), is_right_to_left=is_leftward)
        else:
            yield from set_long_line(cells[0].text, typesetter, is_right_to_left=is_leftward)


def _with_newlines(rows: Iterable[Sequence[Cell]]) -> list[Cell]:
    newline = Cell("\n", 0)
    return [cell for row in rows for cell in (*row, newline)][:-1]
