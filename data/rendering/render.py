"""Render one document to its pages. The same text, style and seed give the same bytes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

import numpy as np
from numpy.typing import NDArray

from data.errors import RenderError
from data.records import Page
from data.rendering.characters import drawable, is_visible
from data.rendering.degrade import degrade
from data.rendering.fonts import Coverage, font_library
from data.rendering.layout import PagePlan, paginate
from data.rendering.paragraphs import set_blocks
from data.rendering.png import encode_png
from data.rendering.raster import draw_plan
from data.rendering.structure import blocks
from data.rendering.style import PageStyle
from data.rendering.typewriter import MODE, draw_grid, grid_pages, grid_text, unsupported_characters
from data.rendering.vision_tokens import num_text_tokens

_SHRINK_STEP_PX: Final = 0.5
_MOST_CHARACTERS_PER_TOKEN: Final = 20
"""Upper limit, to cut a text before its layout: the longest English words have fewer."""
_DENSEST_PAGE: Final = 16
"""Upper limit of a page's tokens at the smallest font size, as a multiple of its budget."""


@dataclass(frozen=True, slots=True)
class RenderedDocument:
    """The pages of one document, and facts about them for reports."""

    pages: tuple[Page, ...]
    truncated: bool
    """The pages show only the beginning of the document."""
    missing_glyphs: Mapping[str, int]
    """Character that the pages do not show as it is, or letter with its marks -> number of occurrences."""
    font_size_px: float

    @property
    def num_text_tokens(self) -> int:
        """Text tokens that the pages show."""
        return sum(page.num_text_tokens for page in self.pages)


@dataclass(frozen=True, slots=True)
class _Drawing:
    """Laid-out pages: their number, and an iterator that draws each page when it is asked for it."""

    num_pages: int
    pages: Iterator[tuple[NDArray[np.uint8], int]]
    """Grey pixels and text tokens of each page."""
    font_size_px: float


def render(text: str, style: PageStyle, seed: int = 0) -> RenderedDocument:
    """Render a document to square pages.

    Args:
        text: any text; control characters are dropped, lone surrogates and keycaps replaced.
        style: from `resolve_style`.
        seed: decides the degradation, if the style has any.

    Raises:
        RenderError: the document has no text, or needs more than `style.max_pages` pages.
    """
    text = drawable(text) if style.mode != MODE else grid_text(drawable(text))
    if not is_visible(text):
        raise RenderError("The document has no text to draw.", hint="Check which column holds the document.")
    _refuse_hopeless(text, style)
    is_cut = style.overflow == "truncate"
    shown = text.lstrip()[: _MOST_CHARACTERS_PER_TOKEN * style.budget_tokens] if is_cut else text
    coverage = font_library().coverage(shown, style.font_family)
    drawing = _lay_out(shown, coverage.families, style)
    pages = tuple(_draw_pages(drawing, style, seed))
    return RenderedDocument(
        pages=pages,
        truncated=drawing.num_pages > len(pages) or len(shown) < len(text.strip()),
        missing_glyphs=_not_shown(shown, coverage, style),
        font_size_px=drawing.font_size_px,
    )


def _not_shown(text: str, coverage: Coverage, style: PageStyle) -> dict[str, int]:
    """Count what no font has, and in the grid the characters of scripts that it cannot show."""
    if style.mode != MODE:
        return coverage.missing_glyphs
    letters = {part: count for part, count in coverage.missing_glyphs.items() if len(part) == 1}
    return dict(sorted((letters | unsupported_characters(text)).items()))


def _lay_out(text: str, families: Sequence[str], style: PageStyle) -> _Drawing:
    drawing = _grid_drawing(text, style) if style.mode == MODE else _set_drawing(text, families, style)
    if style.overflow != "truncate":
        _refuse_more_pages(drawing.num_pages, style)
    return drawing


def _draw_pages(drawing: _Drawing, style: PageStyle, seed: int) -> Iterator[Page]:
    """Yield the drawn pages; with overflow=truncate, the first one only."""
    num_pages = 1 if style.overflow == "truncate" else None
    for number, (grey, num_page_tokens) in enumerate(islice(drawing.pages, num_pages), 1):
        yield Page(
            number=number,
            png=encode_png(degrade(grey, style.degradation, seed, number)),
            size_px=style.size_px,
            num_text_tokens=num_page_tokens,
            num_vision_tokens=style.num_vision_tokens,
        )


def _refuse_hopeless(text: str, style: PageStyle) -> None:
    """Raise RenderError before the layout, which takes seconds, if the number of tokens alone shows that the
    document needs too many pages."""
    if style.overflow != "truncate":
        page_tokens = style.budget_tokens * (_DENSEST_PAGE if style.overflow == "shrink" else 1)
        _refuse_more_pages(-(-num_text_tokens(text) // page_tokens), style, "at least ")


def _grid_drawing(text: str, style: PageStyle) -> _Drawing:
    grids = grid_pages(text, style.size_px)
    drawn = (
        (draw_grid(lines, style.size_px, font_library()), num_text_tokens(" ".join(lines))) for lines in grids
    )
    return _Drawing(len(grids), drawn, style.font_size_px)


def _set_drawing(text: str, families: Sequence[str], style: PageStyle) -> _Drawing:
    plans, style = _plan(text, families, style)
    drawn = ((draw_plan(plan, style), round(plan.num_text_tokens)) for plan in plans)
    return _Drawing(len(plans), drawn, style.font_size_px)


def _plan(text: str, families: Sequence[str], style: PageStyle) -> tuple[list[PagePlan], PageStyle]:
    """Lay out the text, with overflow=shrink at the largest font size that fits one page; return the pages
    and the style with that size."""
    parts = blocks(text)

    def at(style: PageStyle) -> list[PagePlan]:
        return paginate(set_blocks(parts, families, style), style)

    plans = at(style)
    if style.overflow != "shrink" or len(plans) == 1:
        return plans, style
    # Binary search over the sizes, in steps. If no size fits one page, `low` stays 0: the smallest size, on
    # several pages.
    low, high = 0, max(0, int((style.font_size_px - style.min_font_size_px) / _SHRINK_STEP_PX))
    while low < high:
        middle = (low + high + 1) // 2
        if len(at(style.with_font_size(style.min_font_size_px + middle * _SHRINK_STEP_PX))) == 1:
            low = middle
        else:
            high = middle - 1
    smaller = style.with_font_size(min(style.font_size_px, style.min_font_size_px + low * _SHRINK_STEP_PX))
    return at(smaller), smaller


def _refuse_more_pages(num_pages: int, style: PageStyle, qualifier: str = "") -> None:
    if num_pages > style.max_pages:
        raise RenderError(
            f"The document needs {qualifier}{num_pages} pages; rendering.max_pages is {style.max_pages}.",
            hint="Raise rendering.max_pages, choose a larger mode, or set rendering.overflow to truncate.",
            fields={"rendering.max_pages": "is less than the document needs"},
        )
