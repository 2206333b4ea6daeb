"""Lines on pages: none is cut, headings stay with their text, each script runs its own way."""

import unicodedata

import numpy as np
import pytest

from data.config import RenderingConfig
from data.rendering.characters import drawable
from data.rendering.fonts import font_library
from data.rendering.grey_page import GreyPage
from data.rendering.layout import paginate
from data.rendering.paragraphs import set_blocks
from data.rendering.raster import draw_plan
from data.rendering.render import render
from data.rendering.structure import blocks
from data.rendering.style import PageStyle, resolve_style
from tests.data.rendering.test_render import grey
from tests.data.rendering.texts import SCRIPTS, prose
from tests.machine import require


def small_style(**options: object) -> PageStyle:
    return resolve_style(RenderingConfig(mode="small", **options))  # type: ignore[arg-type]


@pytest.mark.parametrize("font_size_px", [11, 12.5, 14, 17])
def test_pages_together_show_exactly_what_one_tall_page_shows(font_size_px: float) -> None:
    style = small_style(font_size_px=font_size_px, margin_px=0)
    set_text = set_blocks(blocks(prose(14_000, seed=11).replace("\n\n", " ")), ["DejaVu Sans"], style)
    plans = paginate(set_text, style)
    heights = [plan.placements[0].num_lines * style.line_height_px for plan in plans]
    assert len(heights) >= 3
    tall = GreyPage(sum(heights) + 8)
    set_text[0].parts[0].paragraph.paint(tall.canvas, 0, 0)
    bands = np.concatenate(
        [draw_plan(plan, style)[:height] for plan, height in zip(plans, heights, strict=True)]
    )
    assert np.array_equal(bands, tall.grey[: len(bands), : style.size_px])


def test_every_line_is_on_some_page_once() -> None:
    style = small_style(num_columns=2)
    set_text = set_blocks(blocks(prose(15_000, seed=12)), ["DejaVu Sans"], style)
    placements = [placement for plan in paginate(set_text, style) for placement in plan.placements]
    for block in set_text:
        parts = [placement for placement in placements if placement.block is block]
        lines = [line for part in parts for line in range(part.first_line, part.first_line + part.num_lines)]
        assert lines == list(range(block.num_lines))


def test_a_heading_is_not_left_alone_at_the_foot_of_a_page() -> None:
    style = small_style(font_size_px=20)
    for num_lines in range(15, 30):
        text = (
            "\n".join(f"Line {number}." for number in range(num_lines))
            + "\n\nA heading\n\nIts paragraph follows here."
        )
        for plan in paginate(set_blocks(blocks(text), ["DejaVu Sans"], style), style):
            assert not plan.placements[-1].block.is_heading


def test_short_lines_before_a_blank_line_are_headings_and_dialogue_is_not() -> None:
    text = "Results\n\nWe found 40 of them.\n\nThey were new.\n\nAmanda: I baked cookies\nJerry: Sure!"
    assert [block.is_heading for block in blocks(text)] == [True, False, False, False]


@pytest.mark.parametrize(
    "text",
    [
        "“I will not go,” she said. “Never.”",
        "(Reporting by the local desk)",
        "「行きません」",
        "Er sagte „Nein“",
        "I was about to —",
        "See you there! 🎉",
        "It was repaired in May.²",
        "Not a heading.\u200f",
        "ผู้คนย้ายไปที่โรงเรียน",
    ],
)
def test_a_short_paragraph_that_ends_as_one_is_no_heading(text: str) -> None:
    assert [block.is_heading for block in blocks(f"{text}\n\nMore.")] == [False, False]


@pytest.mark.parametrize("text", ["Results", "Unicorn™", "An area in m²", "Party 🎉", "第一章", "תוצאות"])
def test_a_short_line_without_punctuation_is_a_heading(text: str) -> None:
    assert [block.is_heading for block in blocks(f"{text}\n\nMore.")] == [True, False]


def test_each_turn_of_a_dialogue_has_its_own_line() -> None:
    style = small_style()
    dialogue = drawable("Amanda: I baked cookies.\r\nJerry: Sure!\r\nAmanda: Tomorrow :-)\r\n")
    assert [block.num_lines for block in set_blocks(blocks(dialogue), ["DejaVu Sans"], style)] == [3]


@pytest.mark.parametrize("script", SCRIPTS)
def test_every_script_is_drawn_with_glyphs_of_its_own(script: str) -> None:
    require(
        "Noto Sans CJK SC" in font_library().families(),
        "no Noto fonts: apt-get install fonts-noto-core fonts-noto-cjk fonts-noto-color-emoji",
    )
    assert render(SCRIPTS[script], small_style()).missing_glyphs == {}
    letters = [
        letter
        for letter in dict.fromkeys(SCRIPTS[script])
        if ord(letter) > 0x7F and unicodedata.category(letter) in ("Lo", "Ll", "So")
    ][:4]
    # Boxes would all look alike. The kana and hangul beside them choose among the regional fonts.
    for context in ("", "かな ", "한글 "):
        assert (
            len({render(context + letter, small_style()).pages[0].png for letter in letters})
            == len(letters)
            > 2
        )


@pytest.mark.parametrize(
    ("script", "starts_right"), [("Arabic", True), ("Hebrew", True), ("Cyrillic", False)]
)
def test_right_to_left_paragraphs_start_at_the_right(script: str, starts_right: bool) -> None:
    ink = 255 - grey(render(SCRIPTS[script][:20], small_style()).pages[0].png).astype(int)
    assert (ink[:, 320:].sum() > ink[:, :320].sum()) == starts_right


def test_arabic_letters_join() -> None:
    def ink_width_px(text: str) -> int:
        columns = np.flatnonzero((grey(render(text, small_style()).pages[0].png) < 128).any(axis=0))
        return int(columns[-1] - columns[0])

    assert ink_width_px("ببببب") < 0.8 * ink_width_px("ب\u200cب\u200cب\u200cب\u200cب")


def test_glyphs_that_no_font_has_are_counted_by_name() -> None:
    rendered = render(
        "private \ue123\ue123 and \uf8f0, but not a joiner \u200d or a selector \ufe0f\U000e0100",
        small_style(),
    )
    assert rendered.missing_glyphs == {"\ue123": 2, "\uf8f0": 1}


def test_letters_that_no_font_has_together_with_their_marks_are_counted() -> None:
    require(
        "Noto Sans Devanagari" in font_library().families(), "no Noto fonts: apt-get install fonts-noto-core"
    )
    rendered = render("प\u0301 प\u0301 e\u0301 x\u0304 हिन्दी שָׁלוֹם", small_style())
    assert rendered.missing_glyphs == {"प\u0301": 2}


def test_a_keycap_is_its_digit() -> None:
    with_keycaps = "1\ufe0f\u20e3 open 2\u20e3 wait #\ufe0f\u20e3 *\ufe0f\u20e3 1\u20e30\ufe0f\u20e3"
    assert render(with_keycaps, small_style()).pages == render("1 open 2 wait # * 10", small_style()).pages


def test_justified_lines_end_at_the_right_margin() -> None:
    def right_edges(alignment: str) -> set[int]:
        style = small_style(alignment=alignment)
        pixels = grey(render(prose(900, seed=13).replace("\n\n", " "), style).pages[0].png)
        bands = [pixels[20 + style.line_height_px * line :][: style.line_height_px] for line in range(6)]
        return {int(np.flatnonzero((band < 160).any(axis=0))[-1]) for band in bands}

    assert (
        max(right_edges("justify")) - min(right_edges("justify"))
        <= 3
        < max(right_edges("left")) - min(right_edges("left"))
    )
