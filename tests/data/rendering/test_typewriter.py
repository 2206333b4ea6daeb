"""The micro page: one glyph per 16 x 32 px cell, words whole, every character on some page."""

import numpy as np

from data.config import RenderingConfig
from data.rendering.render import render
from data.rendering.style import resolve_style
from data.rendering.typewriter import grid_pages
from tests.data.rendering.test_render import grey

MICRO = resolve_style(RenderingConfig(mode="micro"))
BRIEF = (
    "Konstantin Moreau opened a museum in Lisbon on Tuesday. 240 people came to see it and (most) liked it."
)


def test_each_glyph_fills_its_own_cell() -> None:
    pixels = grey(render("Wgj@", MICRO).pages[0].png)
    for column, character in enumerate("Wgj@"):
        alone = grey(render(character, MICRO).pages[0].png)
        assert np.array_equal(pixels[:32, column * 16 : column * 16 + 16], alone[:32, :16])
    assert (pixels[32:] == 255).all()
    assert (pixels[:, 64:] == 255).all()


def test_a_brief_document_fits_one_page_with_whole_words() -> None:
    (lines,) = grid_pages(BRIEF, 320)
    assert " ".join(lines) == BRIEF
    assert max(map(len, lines)) <= 20
    assert len(lines) <= 10
    assert len(render(BRIEF, MICRO).pages) == 1


def test_longer_texts_take_more_pages_and_lose_nothing() -> None:
    text = " ".join(f"word{number}" for number in range(120)) + " " + "y" * 50
    pages = grid_pages(text, 320)
    assert len(pages) == len(render(text, MICRO).pages) > 1
    assert "".join("".join(lines) for lines in pages).replace(" ", "") == text.replace(" ", "")


def test_wide_glyphs_are_squeezed_into_their_cells() -> None:
    pixels = grey(render("—…", MICRO).pages[0].png)
    assert (pixels[:, 34:] == 255).all()
