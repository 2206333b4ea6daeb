"""Place lines on pages: no line is cut, no heading stands without a following line, and no page exceeds its
token budget."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from data.rendering.paragraphs import SetBlock
from data.rendering.style import PageStyle


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Some lines of a block and their position on a page, in pixels from its upper left corner."""

    block: SetBlock
    first_line: int
    num_lines: int
    x_px: int
    y_px: int


@dataclass(slots=True)
class PagePlan:
    """The content of one page."""

    placements: list[Placement] = field(default_factory=list)
    num_text_tokens: float = 0


def paginate(blocks: Sequence[SetBlock], style: PageStyle) -> list[PagePlan]:
    """Place blocks on pages, column by column; returns at least one page."""
    filler = _Filler(style)
    for index, block in enumerate(blocks):
        # A heading stays with the first line of the next block.
        needs_lines = block.num_lines + 1 if block.is_heading and index + 1 < len(blocks) else 1
        filler.add(block, needs_lines)
    return filler.pages


class _Filler:
    """Holds the position of the next line, and the pages so far."""

    def __init__(self, style: PageStyle) -> None:
        self._style = style
        self._budget_tokens = math.inf if style.overflow == "shrink" else style.budget_tokens
        self._column = 0
        self._y_px = 0
        self.pages = [PagePlan()]

    def add(self, block: SetBlock, needs_lines: int) -> None:
        """Place a block; it starts where at least `needs_lines` lines are free, and continues on as many
        pages as it needs."""
        if self._y_px:
            self._y_px += round(self._style.line_height_px / 2)
            self._make_room(block, needs_lines)
        first_line = 0
        while first_line < block.num_lines:
            num_lines = min(block.num_lines - first_line, self._room_lines(), self._affordable_lines(block))
            if num_lines > 0:
                self._place(block, first_line, num_lines)
                first_line += num_lines
            else:
                self._make_room(block, 1)

    def _make_room(self, block: SetBlock, needs_lines: int) -> None:
        if self._affordable_lines(block) < needs_lines:
            self._next_page()
        elif self._room_lines() < needs_lines:
            self._next_column()

    def _room_lines(self) -> int:
        return max(0, self._style.column_height_px - self._y_px) // self._style.line_height_px

    def _affordable_lines(self, block: SetBlock) -> int:
        """Return how many lines of a block fit into the page's token budget; at least 1 on an empty page."""
        page = self.pages[-1]
        num_lines = (self._budget_tokens - page.num_text_tokens) * block.num_lines / block.num_text_tokens
        return max(int(min(num_lines, block.num_lines + 1)), 0 if page.placements else 1)

    def _place(self, block: SetBlock, first_line: int, num_lines: int) -> None:
        style = self._style
        x_px = style.margin_px + self._column * (style.column_width_px + style.gutter_px)
        self.pages[-1].placements.append(
            Placement(
                block=block,
                first_line=first_line,
                num_lines=num_lines,
                x_px=x_px,
                y_px=style.margin_px + self._y_px,
            )
        )
        self.pages[-1].num_text_tokens += block.num_text_tokens * num_lines / block.num_lines
        self._y_px += num_lines * style.line_height_px

    def _next_column(self) -> None:
        if self._column + 1 == self._style.num_columns:
            self._next_page()
        else:
            self._column += 1
            self._y_px = 0

    def _next_page(self) -> None:
        self.pages.append(PagePlan())
        self._column = 0
        self._y_px = 0
