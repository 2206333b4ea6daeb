"""Paragraphs of one block, by Skia's paragraph engine."""

import functools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import skia
from numpy.typing import NDArray
from skia import textlayout

from data.rendering.direction import right_to_left
from data.rendering.fonts import font_library
from data.rendering.grey_page import GreyPage
from data.rendering.style import PageStyle
from data.rendering.tabs import Cell


@dataclass(frozen=True, slots=True, kw_only=True)
class SetLines:
    """Consecutive lines of a block that one Skia paragraph draws."""

    paragraph: Any
    num_paragraph_lines: int
    num_lines: int
    """Lines that are shown; the others are hidden."""
    num_hidden_above: int = 0
    first_line: int = 0
    """Number of the first shown line within the block."""

    @property
    def end_line(self) -> int:
        return self.first_line + self.num_lines


class Typesetter:
    """Sets texts in the fonts of one block, and breaks them into lines of the column width."""

    def __init__(self, families: Sequence[str], style: PageStyle, *, is_heading: bool) -> None:
        self._style = style
        self._families = list(families)
        self._is_heading = is_heading
        self._is_justified = style.alignment == "justify" and not is_heading
        self._widths_px: dict[str, float] = {}

    def set_cells(self, cells: Sequence[Cell], *, is_right_to_left: bool = False) -> SetLines:
        """Set cells one after the other. Left to right, a cell may end a line with a newline."""
        flush = textlayout.TextAlign.kRight if is_right_to_left else textlayout.TextAlign.kLeft
        align = textlayout.TextAlign.kJustify if self._is_justified else flush
        return self._set(cells, align, is_right_to_left=is_right_to_left)

    def set_text(self, text: str, *, is_right_to_left: bool = False) -> SetLines:
        """Set a text without tabs."""
        return self.set_cells([Cell(text, 0)], is_right_to_left=is_right_to_left)

    def set_last_lines(self, cells: Sequence[Cell], *, is_right_to_left: bool) -> Iterator[SetLines]:
        """Set the end of a paragraph. Skia leaves the last line of a justified one at the left."""
        lines = self.set_cells(cells, is_right_to_left=is_right_to_left)
        if not (self._is_justified and is_right_to_left):
            yield lines
            return
        num_stretched = lines.num_lines - 1
        if num_stretched:
            yield replace(lines, num_lines=num_stretched)
        flush = self._set(cells, textlayout.TextAlign.kRight, is_right_to_left=True)
        yield replace(flush, num_lines=1, num_hidden_above=num_stretched)

    def measure(self, text: str) -> float:
        """Return the width of a text on one line, in pixels."""
        if text not in self._widths_px:
            paragraph = self._paragraph([Cell(text, 0)], textlayout.TextAlign.kLeft)
            self._widths_px[text] = paragraph.MaxIntrinsicWidth
        return self._widths_px[text]

    def draw_last_line(self, lines: SetLines) -> NDArray[np.uint8]:
        """Draw the last line alone; returns (line height, column width), 0 black to 255 white."""
        height_px = self._style.line_height_px
        strip = GreyPage(self._style.column_width_px, height_px)
        lines.paragraph.paint(strip.canvas, 0, -(lines.num_paragraph_lines - 1) * height_px)
        return strip.grey

    def _set(self, cells: Sequence[Cell], align: Any, *, is_right_to_left: bool) -> SetLines:
        paragraph = self._paragraph(right_to_left(cells) if is_right_to_left else cells, align)
        num_lines = max(1, round(paragraph.Height / self._style.line_height_px))
        return SetLines(paragraph=paragraph, num_paragraph_lines=num_lines, num_lines=num_lines)

    def _paragraph(self, cells: Iterable[Cell], align: Any) -> Any:
        builder = textlayout.ParagraphBuilder.make(
            self._paragraph_style(align), font_library().collection, _unicode()
        )
        for cell in cells:
            builder.addText(cell.text)
            if cell.gap_px:
                self._add_gap(builder, cell.gap_px)
        paragraph = builder.Build()
        paragraph.layout(self._style.column_width_px)
        return paragraph

    def _add_gap(self, builder: Any, gap_px: float) -> None:
        style = self._text_style()
        style.setLetterSpacing(gap_px - self.measure(" "))
        builder.pushStyle(style)
        builder.addText(" ")
        builder.pop()

    def _paragraph_style(self, align: Any) -> Any:
        paragraph = textlayout.ParagraphStyle()
        paragraph.setStrutStyle(self._strut())
        paragraph.setTextStyle(self._text_style())
        paragraph.setTextAlign(align)
        return paragraph

    def _text_style(self) -> Any:
        text = textlayout.TextStyle()
        text.setFontFamilies(self._families)
        text.setFontSize(self._style.font_size_px)
        text.setColor(skia.ColorBLACK)
        if self._is_heading:
            text.setFontStyle(skia.FontStyle.Bold())
        return text

    def _strut(self) -> Any:
        """Return the strut that gives all lines the same height."""
        strut = textlayout.StrutStyle()
        strut.setStrutEnabled(True)
        strut.setForceStrutHeight(True)
        strut.setFontFamilies([self._style.font_family])
        strut.setFontSize(self._style.font_size_px)
        strut.setHeightOverride(True)
        strut.setHeight(self._style.line_height_px / self._style.font_size_px)
        strut.setHalfLeading(True)
        return strut


@functools.cache
def _unicode() -> Any:
    return skia.Unicode.ICU_Make()
