"""Pages are legible to a reader that nobody here wrote, and the errors it makes are counted rightly."""

import time

import pytest

from data.config import RenderingConfig
from data.errors import Unavailable, UnknownName
from data.inspection.character_errors import edit_distances
from data.inspection.legibility import RenderedText, check_legibility, measure_errors
from data.page_modes import PageMode
from data.rendering.render import render
from data.rendering.style import resolve_style
from data.rendering.vision_tokens import length_of_tokens
from tests.data.rendering.texts import prose
from tests.machine import require_tesseract


@pytest.mark.parametrize(
    ("options", "num_characters"),
    [
        ({"mode": "tiny"}, 2700),
        ({"mode": "small"}, 2900),
        ({"mode": "base"}, 5000),
        ({"mode": "large"}, 6600),
    ],
    ids=["tiny, two pages", "small", "base", "large"],
)
def test_tesseract_reads_back_the_whole_document(options: dict[str, object], num_characters: int) -> None:
    require_tesseract()
    text = prose(num_characters, seed=num_characters)
    pages = render(text, resolve_style(RenderingConfig(**options))).pages  # type: ignore[arg-type]
    report = check_legibility([RenderedText("one", text, pages)])
    assert len(pages) == (2 if options["mode"] == "tiny" else 1), "a full page"
    assert report.as_dict()["num_characters"] >= 0.99 * num_characters, (
        "spaces between paragraphs do not count"
    )
    assert report.character_error_rate < 0.01


@pytest.mark.parametrize("mode", ["small", "base"])
@pytest.mark.parametrize(
    "text",
    [
        "Fruit prices of the week\n\n"
        "apple\t3.20 crowns\t11 boxes\nwatermelon\t12.20 crowns\t24 boxes\n"
        "blackcurrant\t7.20 crowns\t35 boxes\n\nThe market opens on Tuesday and closes in the evening.",
        "Results\n\nHe said: “We open today.”\n\n(They came in the evening.)\n\n"
        "Press 1\ufe0f\u20e3 to continue with the second part of the programme.\n\nThe end",
    ],
    ids=["tabs", "headings and keycaps"],
)
def test_tesseract_reads_tables_headings_and_keycaps(text: str, mode: PageMode) -> None:
    require_tesseract()
    pages = render(text, resolve_style(RenderingConfig(mode=mode))).pages
    assert check_legibility([RenderedText("one", text, pages)]).character_error_rate < 0.01


def test_missing_text_shows_as_errors() -> None:
    require_tesseract()
    text = prose(600, seed=1)
    pages = render(text[:300], resolve_style(RenderingConfig(mode="small"))).pages
    report = check_legibility([RenderedText("half", text, pages)])
    assert report.character_error_rate > 0.3
    assert report.as_dict()["documents"][0]["document_id"] == "half"


def test_without_tesseract_the_command_to_type_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(Unavailable) as caught:
        check_legibility([])
    assert caught.value.hint == "apt-get install tesseract-ocr"


def test_a_language_without_data_is_named() -> None:
    require_tesseract()
    with pytest.raises(UnknownName, match="'tlh'"):
        check_legibility([], "eng+tlh")


@pytest.mark.parametrize(
    ("first", "second", "distance"),
    [
        ("", "", 0),
        ("abc", "", 3),
        ("", "abc", 3),
        ("kitten", "sitting", 3),
        ("flaw", "lawn", 2),
        ("日本語", "日本", 1),
        ("same", "same", 0),
    ],
)
def test_edit_distance(first: str, second: str, distance: int) -> None:
    assert edit_distances(first, second)[-1] == edit_distances(second, first)[-1] == distance


@pytest.mark.parametrize(
    ("text", "read"),
    [
        (
            "村里的新学校正式开学了。九十名学生走进教室，老师介绍。",
            "村里的新学校\n正式开学 了。\n九十名学生走进教室，\n老师介绍。\n",
        ),
        ("すべての人間は、カタカナ。", "すべての\n人間は、\nカタ カナ。"),
        ("มนุษย์ทั้งหลายเกิดมา มีอิสระ", "มนุษย์ทั้งหลาย\nเกิดมามีอิสระ"),
        ("ราคา 20 บาท", "ราคา20\nบาท"),
        ("共２０２４年（全）", "共2024年(全)"),
        ("ofﬁce … ½", "office ... 1⁄2"),
        ("iPhone 手机", "iPhone手机"),
    ],
)
def test_line_breaks_within_words_and_forms_of_characters_are_no_errors(text: str, read: str) -> None:
    assert measure_errors(RenderedText("one", text, ()), read).num_errors == 0


@pytest.mark.parametrize(
    ("text", "read", "num_errors"),
    [("two words", "twowords", 1), ("두 단어", "두단어", 1), ("学校开学", "学校升学", 1), ("学校", "学", 1)],
)
def test_real_errors_count_in_every_script(text: str, read: str, num_errors: int) -> None:
    assert measure_errors(RenderedText("one", text, ()), read).num_errors == num_errors


def test_a_paper_is_compared_within_seconds() -> None:
    text = prose(60_000, seed=3)
    started = time.process_time()
    assert edit_distances(text[:30_000] + "?" + text[30_004:], text)[-1] == 4
    assert time.process_time() - started < 10


def test_a_document_that_was_cut_off_is_compared_with_what_is_shown() -> None:
    text = prose(12_000, seed=6)
    drawn = render(text, resolve_style(RenderingConfig(mode="tiny", overflow="truncate")))
    (page,) = drawn.pages
    document = RenderedText("cut", text, drawn.pages, drawn.truncated)
    about = length_of_tokens(text, page.num_text_tokens) - 40
    shown = " ".join(text.split())[:about].rpartition(" ")[0]  # pages end with whole words
    right, wrong, nothing = (
        measure_errors(document, shown),
        measure_errors(document, shown[:-300] + "x" * 300),
        measure_errors(document, ""),
    )
    assert (right.num_errors, right.num_characters) == (0, len(shown))
    assert 0.05 < wrong.character_error_rate < 0.3
    assert nothing.character_error_rate == 1
