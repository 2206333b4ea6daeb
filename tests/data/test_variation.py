"""Styles that vary: how they are written, what is refused in words, and how evenly values are chosen."""

from collections import Counter
from typing import Any

import pytest

from data.config import DatasetConfig, RenderingConfig, varying_fields
from data.dataset.folder import content_fields
from data.errors import DeepSynthError, InvalidInput, UnknownName
from data.rendering.varied_style import choose_style, resolve_base_style, tightest, with_values
from data.validation import parse_config
from data.variation import choose, parse_choices, write_choices

NUM_DOCUMENTS = 3000


def dataset(**rendering: Any) -> DatasetConfig:
    return parse_config(
        DatasetConfig, {"name": "styles", "source": {"kind": "sample"}, "rendering": rendering}
    )


def chosen(text: str, name: str) -> Counter[Any]:
    choices = parse_choices(text, varying_fields())
    return Counter(choose(choices, seed)[name] for seed in range(NUM_DOCUMENTS))


def test_equal_variations_have_one_text() -> None:
    loose = "margin_px:10  to 40\n font_size_px: 14,  10.50 , none;;"
    assert dataset(vary=loose).rendering.vary == "font_size_px: 14, 10.5, none; margin_px: 10 to 40"


def test_what_is_written_is_what_is_read() -> None:
    text = "font_family: DejaVu Sans, DejaVu Sans Mono; line_height: 1.1 to 1.5; jpeg_quality: none, 30"
    choices = parse_choices(text, varying_fields())
    assert write_choices(choices) == text
    assert choices["jpeg_quality"].values == (None, 30)


def test_every_value_of_a_list_is_chosen_as_often_as_the_others() -> None:
    counts = chosen("font_size_px: 10, 14, none", "font_size_px")
    assert set(counts) == {10.0, 14.0, None}
    assert min(counts.values()) > 0.9 * NUM_DOCUMENTS / 3


def test_a_range_of_whole_numbers_holds_its_ends_and_all_between() -> None:
    counts = chosen("margin_px: 3 to 7", "margin_px")
    assert sorted(counts) == [3, 4, 5, 6, 7]
    assert min(counts.values()) > 0.85 * NUM_DOCUMENTS / 5


def test_a_range_of_numbers_is_filled_evenly_and_never_left() -> None:
    counts = chosen("noise: 0.01 to 0.2", "noise")
    assert min(counts) >= 0.01
    assert max(counts) <= 0.2
    assert len(counts) > 150
    low_half = sum(count for value, count in counts.items() if value < 0.105)
    assert 0.45 < low_half / NUM_DOCUMENTS < 0.55
    assert set(chosen("blur_px: 0.12345 to 0.12349", "blur_px")) <= {0.12345, 0.12349}


def test_a_further_field_does_not_change_the_values_of_the_others() -> None:
    alone, both = (
        parse_choices(text, varying_fields())
        for text in ("font_size_px: 10, 14", "margin_px: 0 to 40; font_size_px: 10, 14")
    )
    for seed in range(50):
        assert choose(alone, seed)["font_size_px"] == choose(both, seed)["font_size_px"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "holds nothing"),
        ("font_size_px", "holds 'font_size_px', but each part is FIELD: VALUES"),
        ("font_size_px:", "has no value for font_size_px"),
        ("font_size_px: , ,", "has no value for font_size_px"),
        ("font_size_px: 10, 300", "font_size_px 300, but font_size_px takes numbers from 6 to 96"),
        ("font_size_px: 6 to 300", "font_size_px takes numbers from 6 to 96"),
        ("num_columns: 1.5", "num_columns takes whole numbers from 1 to 3"),
        ("noise: nan", "noise takes numbers from 0 to 0.5"),
        ("alignment: centre", "alignment takes left or justify"),
        ("alignment: left to justify", "a range needs two numbers"),
        ("margin_px: none to 5", "a range needs two numbers"),
        ("margin_px: 40 to 10", "margin_px 40 to 10: write the lower number first"),
        ("margin_px: 10, 10", "a value of margin_px twice"),
        ("margin_px: 10; margin_px: 20", "names margin_px twice"),
        ("colour: red", "names colour, which cannot vary; these fields can: font_family, font_size_px"),
        ("mode: tiny, base", "names mode, which cannot vary"),
        ("max_pages: 1, 2", "names max_pages, which cannot vary"),
        ("noise:" + ",".join(f".{number}" for number in range(1000, 1800)), "not be longer than 4096"),
    ],
)
def test_what_cannot_be_chosen_is_refused_in_words(text: str, words: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        dataset(vary=text)
    assert caught.value.message.startswith("rendering.vary ")
    assert words in caught.value.message
    assert list(caught.value.fields) == ["rendering.vary"]


@pytest.mark.parametrize(
    ("rendering", "kind", "words"),
    [
        ({"vary": "font_family: DejaVu Sans, Comic Unicorn"}, UnknownName, "no font family 'Comic Unicorn'"),
        ({"vary": "margin_px: 0 to 256; font_size_px: 10, 96"}, InvalidInput, "no room for text of 96 px"),
        ({"mode": "tiny", "vary": "margin_px: none, 240"}, InvalidInput, "no room for text"),
        (
            {"overflow": "shrink", "vary": "font_size_px: 8 to 20"},
            InvalidInput,
            "above the font size of 8 px",
        ),
        (
            {"mode": "micro", "vary": "font_size_px: none; noise: 0, 0.1"},
            InvalidInput,
            "names font_size_px, but",
        ),
    ],
)
def test_a_style_that_no_document_could_have_is_refused_before_any_work(
    rendering: dict[str, Any], kind: type[DeepSynthError], words: str
) -> None:
    with pytest.raises(kind) as caught:
        resolve_base_style(dataset(**rendering).rendering)
    assert words in caught.value.message
    assert list(caught.value.fields) == ["rendering.vary"]
    assert caught.value.hint


def test_micro_pages_may_vary_in_their_damage() -> None:
    config = RenderingConfig(mode="micro", vary="noise: 0 to 0.1; jpeg_quality: none, 20")
    resolve_base_style(config)
    styles = [choose_style(config, seed)[1] for seed in range(40)]
    assert {style.degradation.jpeg_quality for style in styles} == {None, 20}
    assert {style.font_family for style in styles} == {"DejaVu Sans Mono"}


def test_the_base_style_is_that_of_the_single_values() -> None:
    config = RenderingConfig(mode="tiny", font_size_px=11, vary="font_size_px: 9, 20; margin_px: 3 to 9")
    base = resolve_base_style(config)
    assert (base.font_size_px, base.margin_px) == (11, 16)


def test_the_tightest_style_has_the_largest_values_also_where_none_is_the_modes_own() -> None:
    config = RenderingConfig(vary="font_size_px: 9, none; margin_px: 3 to 9; font_family: DejaVu Sans")
    (one,) = tightest(config)
    assert (one.font_size_px, one.margin_px, one.font_family) == (None, 9, "DejaVu Sans")
    (unvaried,) = tightest(RenderingConfig(mode="tiny"))
    assert unvaried == RenderingConfig(mode="tiny")


def test_a_style_is_made_of_the_values_alone() -> None:
    config = RenderingConfig(vary="blur_px: 0 to 2; alignment: left, justify")
    values, style = choose_style(config, 5)
    assert style == resolve_base_style(with_values(config, values))
    assert (style.alignment, style.degradation.blur_px) == (values["alignment"], values["blur_px"])


def test_a_dataset_of_one_style_is_described_as_by_earlier_versions() -> None:
    assert "vary" not in content_fields(dataset(mode="tiny"))["rendering"]
    assert content_fields(dataset(vary="noise: 0, 0.1"))["rendering"]["vary"] == "noise: 0, 0.1"
