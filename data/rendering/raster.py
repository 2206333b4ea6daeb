"""Grey pixels that Skia draws into directly."""

from typing import Any, Final

import numpy as np
import skia
from numpy.typing import NDArray

from data.rendering.layout import PagePlan, Placement
from data.rendering.style import PageStyle

WHITE: Final = 255


class GreyPage:
    """A white square page: `grey` is (size_px, size_px), 0 black to 255 white; `canvas` draws into it."""

    __slots__ = ("_surface", "canvas", "grey")

    def __init__(self, size_px: int) -> None:
        self.grey: NDArray[np.uint8] = np.full((size_px, size_px), WHITE, np.uint8)
        info = skia.ImageInfo.Make(size_px, size_px, skia.kGray_8_ColorType, skia.kOpaque_AlphaType)
        self._surface = skia.Surface.MakeRasterDirect(info, self.grey, size_px)
        self.canvas: Any = self._surface.getCanvas()


def draw_plan(plan: PagePlan, style: PageStyle) -> NDArray[np.uint8]:
    """Draw the lines of one page; returns (size_px, size_px), 0 black to 255 white."""
    page = GreyPage(style.size_px)
    for placement in plan.placements:
        _draw_placement(page.canvas, placement, style)
    return page.grey


def _draw_placement(canvas: Any, placement: Placement, style: PageStyle) -> None:
    block, x_px = placement.block, placement.x_px
    top_px = placement.y_px
    y_px = top_px - placement.first_line * style.line_height_px
    if placement.num_lines == block.num_lines:
        block.paragraph.paint(canvas, x_px, y_px)
        return
    canvas.save()
    canvas.clipRect(
        skia.Rect.MakeLTRB(0, top_px, style.size_px, top_px + placement.num_lines * style.line_height_px)
    )
    block.paragraph.paint(canvas, x_px, y_px)
    canvas.restore()
