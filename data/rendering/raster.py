"""Draw the lines of a page."""

from typing import Any

import numpy as np
import skia
from numpy.typing import NDArray

from data.rendering.grey_page import GreyPage
from data.rendering.layout import PagePlan, Placement
from data.rendering.style import PageStyle
from data.rendering.typesetter import SetLines


def draw_plan(plan: PagePlan, style: PageStyle) -> NDArray[np.uint8]:
    """Draw the lines of one page; returns (size_px, size_px), 0 black to 255 white."""
    page = GreyPage(style.size_px)
    for placement in plan.placements:
        end = placement.first_line + placement.num_lines
        for part in placement.block.parts:
            shown = range(max(part.first_line, placement.first_line), min(part.end_line, end))
            if shown:
                _draw_lines(page.canvas, part, shown, placement, style)
    return page.grey


def _draw_lines(canvas: Any, part: SetLines, shown: range, placement: Placement, style: PageStyle) -> None:
    """Draw some lines of a block, and hide the other lines of their paragraph."""
    height_px = style.line_height_px
    block_px = placement.y_px - placement.first_line * height_px
    y_px = block_px + (part.first_line - part.num_hidden_above) * height_px
    if len(shown) == part.num_paragraph_lines:
        part.paragraph.paint(canvas, placement.x_px, y_px)
        return
    top_px = block_px + shown.start * height_px
    canvas.save()
    canvas.clipRect(skia.Rect.MakeLTRB(0, top_px, style.size_px, top_px + len(shown) * height_px))
    part.paragraph.paint(canvas, placement.x_px, y_px)
    canvas.restore()
