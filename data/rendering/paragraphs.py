"""Shape blocks of text and break them into lines, by Skia's paragraph engine.

All lines have one height in whole pixels (a forced strut), so a paragraph's height gives its number of lines.
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import skia
from skia import textlayout

from data.rendering.fonts import font_library
from data.rendering.structure import Block
from data.rendering.style import PageStyle
from data.rendering.vision_tokens import num_text_tokens


@dataclass(frozen=True, slots=True)
class SetBlock:
    """A block broken into lines."""

    paragraph: Any
    num_lines: int
    num_text_tokens: int
    is_heading: bool


def set_blocks(blocks: Sequence[Block], families: Sequence[str], style: PageStyle) -> list[SetBlock]:
    """Shape each block and break it into lines of the column width."""
    return [_set_block(block, families, style) for block in blocks]


def _set_block(block: Block, families: Sequence[str], style: PageStyle) -> SetBlock:
    builder = textlayout.ParagraphBuilder.make(
        _paragraph_style(block, families, style), font_library().collection, _unicode()
    )
    builder.addText(_right_to_left(block.text) if block.is_right_to_left else block.text)
    paragraph = builder.Build()
    paragraph.layout(style.column_width_px)
    return SetBlock(
        paragraph=paragraph,
        num_lines=max(1, round(paragraph.Height / style.line_height_px)),
        num_text_tokens=max(1, num_text_tokens(block.text)),
        is_heading=block.is_heading,
    )


def _right_to_left(text: str) -> str:
    """Put each line into a right-to-left isolate: skia-python cannot set a paragraph's direction."""
    return "\n".join(f"\u2067{line}\u2069" for line in text.split("\n"))


def _paragraph_style(block: Block, families: Sequence[str], style: PageStyle) -> Any:
    text = textlayout.TextStyle()
    text.setFontFamilies(list(families))
    text.setFontSize(style.font_size_px)
    text.setColor(skia.ColorBLACK)
    if block.is_heading:
        text.setFontStyle(skia.FontStyle.Bold())
    paragraph = textlayout.ParagraphStyle()
    paragraph.setStrutStyle(_strut(style))
    paragraph.setTextStyle(text)
    paragraph.setTextAlign(_alignment(block, style))
    return paragraph


def _strut(style: PageStyle) -> Any:
    """Return the strut that gives all lines the same height."""
    strut = textlayout.StrutStyle()
    strut.setStrutEnabled(True)
    strut.setForceStrutHeight(True)
    strut.setFontFamilies([style.font_family])
    strut.setFontSize(style.font_size_px)
    strut.setHeightOverride(True)
    strut.setHeight(style.line_height_px / style.font_size_px)
    strut.setHalfLeading(True)
    return strut


def _alignment(block: Block, style: PageStyle) -> Any:
    if style.alignment == "justify" and not block.is_heading:
        return textlayout.TextAlign.kJustify
    return textlayout.TextAlign.kRight if block.is_right_to_left else textlayout.TextAlign.kLeft


@functools.cache
def _unicode() -> Any:
    return skia.Unicode.ICU_Make()
