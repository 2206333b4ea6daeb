"""What a style is made of, and what is refused before any work."""

from typing import get_args

import pytest

from data.config import RenderingConfig
from data.errors import InvalidInput, UnknownName
from data.page_modes import MODES, PageMode
from data.rendering.style import resolve_style


def test_the_table_of_modes_holds_every_mode_and_no_other() -> None:
    assert get_args(PageMode) == tuple(MODES)


@pytest.mark.parametrize("mode", [mode for mode in MODES if mode != "micro"])
def test_a_mode_brings_its_own_font_size_and_margin(mode: str) -> None:
    style = resolve_style(RenderingConfig(mode=mode))  # type: ignore[arg-type]
    assert (style.font_size_px, style.margin_px) == (
        MODES[style.mode].font_size_px,
        MODES[style.mode].margin_px,
    )
    assert resolve_style(RenderingConfig(mode=style.mode, font_size_px=9, margin_px=3)).font_size_px == 9


def test_an_unknown_font_family_is_refused_with_those_that_exist() -> None:
    with pytest.raises(UnknownName, match="'Comic Unicorn'") as caught:
        resolve_style(RenderingConfig(font_family="Comic Unicorn"))
    assert "DejaVu Sans Mono" in caught.value.hint
    assert "rendering.font_family" in caught.value.fields


def test_an_unknown_mode_is_refused_with_those_that_exist() -> None:
    with pytest.raises(UnknownName, match="'huge'") as caught:
        resolve_style(RenderingConfig.model_construct(mode="huge"))  # type: ignore[arg-type]
    assert "micro, tiny, small, base, large" in caught.value.hint


@pytest.mark.parametrize(
    "options", [{"font_size_px": 20}, {"margin_px": 4}, {"num_columns": 2}, {"overflow": "shrink"}]
)
def test_the_fixed_grid_takes_no_layout_options(options: dict[str, object]) -> None:
    with pytest.raises(InvalidInput, match=f"rendering.{next(iter(options))}"):
        resolve_style(RenderingConfig(mode="micro", **options))  # type: ignore[arg-type]


def test_a_page_without_room_for_text_is_refused() -> None:
    with pytest.raises(InvalidInput, match="no room"):
        resolve_style(RenderingConfig(mode="tiny", margin_px=240))


def test_a_smallest_size_above_the_size_is_refused() -> None:
    with pytest.raises(InvalidInput, match="min_font_size_px is 10, above the font size of 8 px"):
        resolve_style(RenderingConfig(font_size_px=8, overflow="shrink"))
    assert resolve_style(RenderingConfig(font_size_px=8)).font_size_px == 8


def test_lines_are_whole_pixels_high() -> None:
    assert resolve_style(RenderingConfig(font_size_px=18, line_height=1.25)).line_height_px == 22
