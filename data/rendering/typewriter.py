"""The micro page: one glyph per 16 x 32 px cell from the top left corner, 20 columns and 10 rows on 320 px.

The tiny model learns to read this grid within minutes; it does not learn to read proportional type in that
time.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import skia
from numpy.typing import NDArray

from data.rendering.fonts import MONO_FAMILY, FontLibrary, is_invisible
from data.rendering.grey_page import GreyPage

MODE: Final = "micro"
CELL_WIDTH_PX: Final = 16
CELL_HEIGHT_PX: Final = 32
FONT_SIZE_PX: Final = 26
BASELINE_PX: Final = 24

_RIGHT_TO_LEFT: Final = frozenset({"R", "AL"})
# Scripts whose letters join, change their order or their form: a glyph per letter does not show them.
_SHAPED: Final = re.compile(
    "[\u0900-\u0dff\u0f00-\u109f\u1780-\u18af\u1900-\u194f\u1a00-\u1aaf\u1b00-\u1c4f\ua800-\ua82f\ua840-\ua8df"
    "\ua900-\ua95f\ua980-\uaadf\uabc0-\uabff\U00011000-\U00011fff]"
)


def grid_text(text: str) -> str:
    """Return a drawable text as the grid shows it: letters composed with their accents, and nothing without a
    width."""
    if text.isascii():
        return text
    composed = unicodedata.normalize("NFC", text)
    return "".join(character for character in composed if not is_invisible(character))


def is_unsupported(character: str) -> bool:
    """Return whether a character's script cannot be read in cells from left to right."""
    return _SHAPED.match(character) is not None or unicodedata.bidirectional(character[0]) in _RIGHT_TO_LEFT


def unsupported_characters(text: str) -> dict[str, int]:
    """Count the characters of scripts that cannot be read in cells from left to right."""
    if text.isascii():
        return {}
    counts = Counter(text)
    return {character: counts[character] for character in sorted(counts) if is_unsupported(character)}


def grid_pages(text: str, size_px: int) -> list[list[str]]:
    """Break `text` into lines of one letter with its marks per cell, and lines into square pages."""
    lines = _lines(text, size_px // CELL_WIDTH_PX)
    num_rows = size_px // CELL_HEIGHT_PX
    return [lines[start : start + num_rows] for start in range(0, len(lines), num_rows)]


def draw_grid(lines: Sequence[str], size_px: int, fonts: FontLibrary) -> NDArray[np.uint8]:
    """Draw each letter of each line into its cell; returns (size_px, size_px), 0 black to 255 white."""
    page = GreyPage(size_px)
    for row, line in enumerate(lines):
        for column, letter in enumerate(_cells(line)):
            if not letter.isspace():
                x_px, y_px = column * CELL_WIDTH_PX, row * CELL_HEIGHT_PX + BASELINE_PX
                _draw_letter(page.canvas, letter, x_px, y_px, fonts)
    return page.grey


def _draw_letter(canvas: Any, letter: str, x_px: float, y_px: int, fonts: FontLibrary) -> None:
    ink = skia.Paint(AntiAlias=True, Color=skia.ColorBLACK)
    font = _font(letter[0], fonts)
    canvas.drawString(letter[0], x_px, y_px, font, ink)
    # A mark without an advance is drawn left of its origin, one with an advance right of it.
    after_px = x_px + font.measureText(letter[0])
    for mark in letter[1:]:
        mark_font = _font(mark, fonts)
        canvas.drawString(mark, x_px if mark_font.measureText(mark) else after_px, y_px, mark_font, ink)


def _lines(text: str, num_columns: int) -> list[str]:
    lines: list[str] = []
    for paragraph in text.strip().split("\n"):
        line: list[str] = []
        for word in map(_cells, paragraph.split()):
            if line and len(line) + 1 + len(word) > num_columns:
                lines.append("".join(line))
                line = []
            line += [" ", *word] if line else word
            while len(line) > num_columns:
                lines.append("".join(line[:num_columns]))
                line = line[num_columns:]
        lines.append("".join(line))
    return lines


def _cells(text: str) -> list[str]:
    """Split a text into letters, each with the marks on it."""
    cells: list[str] = []
    for character in text:
        if cells and not character.isascii() and unicodedata.category(character)[0] == "M":
            cells[-1] += character
        else:
            cells.append(character)
    return cells


def _font(character: str, fonts: FontLibrary) -> Any:
    """Return the typewriter font, or a fallback font that is condensed to the width of a cell."""
    font = skia.Font(fonts.typeface(fonts.family_for(character, MONO_FAMILY) or MONO_FAMILY), FONT_SIZE_PX)
    advance_px = font.measureText(character)
    if advance_px > CELL_WIDTH_PX:
        font.setScaleX(CELL_WIDTH_PX / advance_px)
    return font
