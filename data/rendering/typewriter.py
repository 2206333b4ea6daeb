"""The micro page: one glyph per 16 x 32 px cell from the top left corner, 20 columns and 10 rows on 320 px.

The tiny model learns to read this grid within minutes; it does not learn to read proportional type in that
time.
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import skia
from numpy.typing import NDArray

from data.rendering.fonts import MONO_FAMILY, FontLibrary
from data.rendering.raster import GreyPage

CELL_WIDTH_PX: Final = 16
CELL_HEIGHT_PX: Final = 32
FONT_SIZE_PX: Final = 26
BASELINE_PX: Final = 24


def grid_pages(text: str, size_px: int) -> list[list[str]]:
    """Break `text` into lines of one character per cell, and lines into square pages."""
    lines = _lines(text, size_px // CELL_WIDTH_PX)
    num_rows = size_px // CELL_HEIGHT_PX
    return [lines[start : start + num_rows] for start in range(0, len(lines), num_rows)]


def draw_grid(lines: Sequence[str], size_px: int, fonts: FontLibrary) -> NDArray[np.uint8]:
    """Draw each character of each line into its cell; returns (size_px, size_px), 0 black to 255 white."""
    page = GreyPage(size_px)
    ink = skia.Paint(AntiAlias=True, Color=skia.ColorBLACK)
    for row, line in enumerate(lines):
        for column, character in enumerate(line):
            if not character.isspace():
                x_px, y_px = column * CELL_WIDTH_PX, row * CELL_HEIGHT_PX + BASELINE_PX
                page.canvas.drawString(character, x_px, y_px, _font(character, fonts), ink)
    return page.grey


def _lines(text: str, num_columns: int) -> list[str]:
    lines: list[str] = []
    for paragraph in text.strip().split("\n"):
        line = ""
        for word in paragraph.split():
            if line and len(line) + 1 + len(word) > num_columns:
                lines.append(line)
                line = ""
            line = f"{line} {word}" if line else word
            while len(line) > num_columns:
                lines.append(line[:num_columns])
                line = line[num_columns:]
        lines.append(line)
    return lines


def _font(character: str, fonts: FontLibrary) -> Any:
    """Return the typewriter font, or a fallback font that is condensed to the width of a cell."""
    font = skia.Font(fonts.typeface(fonts.family_for(character, MONO_FAMILY) or MONO_FAMILY), FONT_SIZE_PX)
    advance_px = font.measureText(character)
    if advance_px > CELL_WIDTH_PX:
        font.setScaleX(CELL_WIDTH_PX / advance_px)
    return font
