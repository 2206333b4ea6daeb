"""The text of each page is found in that of its document, and errors are counted where they are."""

import pytest

from data.config import RenderingConfig
from data.inspection.character_errors import comparable
from data.inspection.legibility import find_tesseract, run_tesseract
from data.page_modes import PageMode
from data.rendering.render import render
from data.rendering.style import resolve_style
from data.rendering.typewriter import grid_pages
from evaluation.reading import PageText, ReadPage, compare_pages, error_rate, reading_report
from tests.data.rendering.texts import prose
from tests.machine import require_tesseract

MICRO = resolve_style(RenderingConfig(mode="micro", max_pages=256))
CHINESE = "村里的新学校正式开学了。九十名学生走进教室，老师介绍 iPhone 15 手机。" * 30


def shown_on(text: str) -> list[str]:
    """Return the text of each micro page, line for line."""
    return ["\n".join(lines) for lines in grid_pages(text, MICRO.size_px)]


def compare(text: str, transcriptions: list[str]) -> list[PageText]:
    tokens = [page.num_text_tokens for page in render(text, MICRO).pages]
    return list(compare_pages(text, tokens, transcriptions, is_cut=False))


@pytest.mark.parametrize("text", [prose(2000, seed=3), CHINESE], ids=["English", "Chinese"])
def test_the_pages_of_a_document_are_told_apart(text: str) -> None:
    shown = shown_on(text)
    found = compare(text, shown)
    assert len(found) > 5
    assert [page.text for page in found] == [comparable(page) for page in shown]
    assert sum(page.num_errors for page in found) == 0


def test_the_last_pages_of_a_long_document_are_as_right_as_the_first() -> None:
    text = prose(40_000, seed=7)
    shown = shown_on(text)
    shown[100:110] = ["x" * 150] * 10
    found = compare(text, shown)
    assert len(found) > 200
    assert [page.num_errors for page in found[:100] + found[120:]] == [0] * (len(found) - 20)


def test_errors_are_those_of_their_page_and_an_unread_page_leaves_the_others_right() -> None:
    shown = shown_on(prose(1500, seed=4))
    shown[1], shown[3] = shown[1].replace("e", "x", 3), ""
    errors = [page.num_errors for page in compare(prose(1500, seed=4), shown)]
    assert (errors[0], errors[1], errors[2]) == (0, 3, 0)
    assert errors[3] > 100
    assert sum(errors[5:]) == 0


def test_a_page_that_was_cut_ends_where_it_ends() -> None:
    text = prose(1500, seed=5)
    (shown, *_) = shown_on(text)
    tokens = [render(text, MICRO).pages[0].num_text_tokens]
    (page,) = compare_pages(text, tokens, [shown], is_cut=True)
    assert (page.text, page.num_errors) == (comparable(shown), 0)


@pytest.mark.parametrize("mode", ["tiny", "small"])
def test_pages_of_proportional_type_are_told_apart_by_a_real_reader(mode: PageMode) -> None:
    require_tesseract()
    text = prose(8000, seed=6)
    pages = render(text, resolve_style(RenderingConfig(mode=mode))).pages
    program = find_tesseract("eng")
    read = [run_tesseract(page, program, "eng") for page in pages]
    found = list(compare_pages(text, [page.num_text_tokens for page in pages], read, is_cut=False))
    assert len(found) > 2
    assert " ".join(page.text for page in found) == comparable(text)
    assert all(page.num_errors < 0.02 * len(page.text) for page in found)


def read_page(row: int, num_errors: int, num_characters: int, font_size_px: float = 14.0) -> ReadPage:
    return ReadPage(
        document_id=f"document-{row}", row=row, page=1, font_family="DejaVu Sans", font_size_px=font_size_px,
        transcription="read", text="read", num_characters=num_characters, num_errors=num_errors, cut=False,
        looping=False,
    )  # fmt: skip


def test_the_rate_is_all_errors_over_all_characters_within_its_interval() -> None:
    pages = [read_page(row, num_errors=row % 7, num_characters=50 + 10 * (row % 5)) for row in range(60)]
    rate = error_rate(pages)
    expected = sum(page.num_errors for page in pages) / sum(page.num_characters for page in pages)
    assert rate.mean == pytest.approx(expected)
    assert rate.low < rate.mean < rate.high < rate.mean + 0.02
    assert rate.num_samples == 60


def test_pages_of_one_document_are_one_sample() -> None:
    alike = [
        read_page(row=0, num_errors=5, num_characters=100),
        read_page(row=0, num_errors=50, num_characters=100),
    ]
    rate = error_rate(alike)
    assert (rate.num_samples, rate.low, rate.high) == (1, *[pytest.approx(rate.mean)] * 2)


def test_fonts_are_compared_the_best_first() -> None:
    pages = [read_page(row, 10 if row % 2 else 1, 100, 8.2 if row % 2 else 20.0) for row in range(20)]
    report = reading_report(
        pages, config={}, model="tiny", dataset="a", dataset_fingerprint="0", split="test", mode="base",
        blank_pages=False, created="", versions={},
    )  # fmt: skip
    rates = [(font.font_size_px, font.num_pages, font.character_error_rate.mean) for font in report.fonts]
    assert rates == [(20, 10, pytest.approx(0.01)), (8, 10, pytest.approx(0.1))]
