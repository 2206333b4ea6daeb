"""The micro page: one glyph per 16 x 32 px cell, words whole, every character on some page."""

import unicodedata

import numpy as np
import pytest

from data.config import RenderingConfig
from data.rendering.fonts import font_library
from data.rendering.render import render
from data.rendering.style import resolve_style
from data.rendering.typewriter import grid_pages
from tests.data.rendering.test_render import grey
from tests.machine import require

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


def test_a_letter_and_its_accent_share_a_cell() -> None:
    decomposed = unicodedata.normalize("NFD", "café résumé Zoë")
    assert render(decomposed, MICRO).pages == render("café résumé Zoë", MICRO).pages
    pixels = grey(render("x\u0304y สี", MICRO).pages[0].png)
    assert (pixels[:8, :16] < 128).any(), "the mark that composes with no letter is over its letter"
    assert np.array_equal(pixels[:32, 16:32], grey(render("xy", MICRO).pages[0].png)[:32, 16:32])
    assert (pixels[:, 64:] == 255).all()


def test_what_has_no_width_has_no_cell() -> None:
    text = "fam \U0001f468\u200d\U0001f469 ok \u2764\ufe0f zw\u200bsp a\xadb \u202bend"
    assert render(text, MICRO).pages == render("fam \U0001f468\U0001f469 ok \u2764 zwsp ab end", MICRO).pages


@pytest.mark.parametrize(("text", "num_letters"), [("مرحبا بكم", 8), ("שלום", 4), ("हिन्दी", 6)])
def test_scripts_that_cells_cannot_show_are_counted(text: str, num_letters: int) -> None:
    assert sum(render(f"{text} and more", MICRO).missing_glyphs.values()) == num_letters


@pytest.mark.parametrize("text", ["Việt Nam", "Съешь же ещё", "今天学校开学了。", "カタカナ", "สวัสดี", "한글"])
def test_scripts_that_cells_show_are_not_counted(text: str) -> None:
    require("Noto Sans Thai" in font_library().families(), "no Noto fonts: apt-get install fonts-noto-core")
    assert render(text, MICRO).missing_glyphs == {}
