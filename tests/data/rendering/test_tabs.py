"""Tab stops: columns begin below each other, and indents are as deep as their tabs."""

import time

import numpy as np
import pytest

from data.config import RenderingConfig
from data.rendering.render import render
from data.rendering.style import resolve_style
from data.rendering.tabs import STEP_EM
from tests.data.rendering.test_render import grey

STYLE = resolve_style(RenderingConfig(mode="small"))
STEP_PX = STEP_EM * STYLE.font_size_px


def word_starts(text: str) -> list[list[int]]:
    """Return where the words of each line begin, in pixels from the margin."""
    pixels = grey(render(text, STYLE).pages[0].png)
    starts = []
    for line in range(text.count("\n") + 1):
        top_px = STYLE.margin_px + line * STYLE.line_height_px
        columns = np.flatnonzero((pixels[top_px : top_px + STYLE.line_height_px] < 200).any(axis=0))
        gaps = np.flatnonzero(np.diff(columns) > 0.6 * STYLE.font_size_px)
        starts.append([int(columns[index]) - STYLE.margin_px for index in (0, *(gaps + 1))])
    return starts


def test_the_columns_of_a_table_begin_below_each_other() -> None:
    rows = word_starts("Year\tInhabitants\tBirths\n2020\t90\t1\n2021\t100200\t30")
    for column in zip(*rows, strict=True):
        assert max(column) - min(column) <= 2
    for start in rows[0]:
        assert (start + 1) % STEP_PX <= 3


def test_an_indent_is_a_step_per_tab() -> None:
    (def_px,), (if_px,), (raise_px,) = word_starts("def_area(r):\n\tif_negative:\n\t\traise_it")
    assert def_px == pytest.approx(0, abs=2)
    assert if_px == pytest.approx(STEP_PX, abs=2)
    assert raise_px == pytest.approx(2 * STEP_PX, abs=2)


def test_a_right_to_left_table_begins_at_the_right() -> None:
    pixels = grey(render("שנה\tABC\tDEF\n2020\t1\t2", STYLE).pages[0].png)
    mirrored = [np.flatnonzero((pixels[20 + 15 * line :][:15, ::-1] < 200).any(axis=0)) for line in range(2)]
    assert all(columns[0] - STYLE.margin_px <= 3 for columns in mirrored)
    assert all(columns[-1] - STYLE.margin_px > 2 * STEP_PX for columns in mirrored)


def test_a_paragraph_with_tabs_that_needs_several_lines_loses_nothing() -> None:
    words = [f"word{number}" for number in range(60)]
    spaced, tabbed = (render(joint.join(words) + ".", STYLE) for joint in (" ", "\t"))
    ink = [
        sum((255 - grey(page.png).astype(int)).sum() for page in drawn.pages) for drawn in (spaced, tabbed)
    ]
    assert ink[1] == pytest.approx(ink[0], rel=0.02)
    assert tabbed.num_text_tokens == spaced.num_text_tokens
    assert render("\t".join(words * 40) + ".", STYLE).pages == render(" ".join(words * 40) + ".", STYLE).pages


def test_the_time_for_a_table_grows_with_its_length() -> None:
    table = "\n".join("\t".join(f"{7 * row % 1000} c{column}" for column in range(8)) for row in range(2000))
    style = resolve_style(RenderingConfig(max_pages=256))

    def seconds(text: str) -> float:
        started = time.process_time()
        render(text, style)
        return time.process_time() - started

    assert min(seconds(table) for _ in range(2)) < 5 * max(
        seconds(table.replace("\t", " ")) for _ in range(2)
    )
