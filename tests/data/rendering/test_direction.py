"""Lines in both directions: each begins at its own side, a long one costs no more time, and breaks alike."""

import time

import numpy as np
import pytest
from numpy.typing import NDArray

from data.config import RenderingConfig
from data.rendering import long_lines
from data.rendering.direction import is_right_to_left
from data.rendering.render import render
from data.rendering.style import resolve_style
from tests.data.rendering.test_render import grey
from tests.data.rendering.texts import prose

HEBREW = "חברת ABC Ltd. חתמה על חוזה עם עיריית חיפה (2024)."
ARABIC = "شركة ABC Ltd. وقعت العقد مع بلدية القاهرة (2024)."
ENGLISH = "The mayor (Ms. Adler) signed it at 10:30."
LEFT, RIGHT = 20, 640 - 20


def lines_of(text: str, num_lines: int, **options: object) -> list[NDArray[np.uint8]]:
    """Draw a text on one page and return its lines, each (line height, page width)."""
    style = resolve_style(RenderingConfig(mode="small", **options))  # type: ignore[arg-type]
    pixels = grey(render(text, style).pages[0].png)
    height_px = style.line_height_px
    return [pixels[style.margin_px + height_px * line :][:height_px] for line in range(num_lines)]


def edges(line: NDArray[np.uint8]) -> tuple[int, int]:
    columns = np.flatnonzero((line < 160).any(axis=0))
    return int(columns[0]), int(columns[-1])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("אב", True),
        ("12 - ابت", True),
        ("(a) אב", False),
        ("\u2066abc\u2069 אב", True),
        ("\u2067אב\u2069 abc", False),
        ("\u200f abc", True),
        ("12:30", False),
    ],
)
def test_the_first_strong_letter_outside_isolates_decides(text: str, expected: bool) -> None:
    assert is_right_to_left(text) == expected


@pytest.mark.parametrize("alignment", ["left", "justify"])
def test_each_line_has_its_own_direction(alignment: str) -> None:
    text = f"Report:\n{ARABIC}\n{ENGLISH}\n{HEBREW}\n12:30"
    report, arabic, english, hebrew, _ = lines_of(text, 5, alignment=alignment)
    for line in (report, english):
        assert abs(edges(line)[0] - LEFT) <= 3
    for line in (arabic, hebrew):
        assert abs(edges(line)[1] - RIGHT) <= 3
    for line, alone in ((arabic, ARABIC), (english, ENGLISH), (hebrew, HEBREW)):
        assert np.array_equal(line[1:], lines_of(alone, 1)[0][1:]), "words in the order that they have alone"


def test_a_line_without_letters_has_the_direction_of_its_block() -> None:
    assert abs(edges(lines_of(f"{HEBREW}\n12:30", 2)[1])[1] - RIGHT) <= 3
    assert abs(edges(lines_of(f"{ENGLISH}\n12:30", 2)[1])[0] - LEFT) <= 3


def test_an_end_of_an_isolate_without_a_beginning_changes_nothing() -> None:
    assert np.array_equal(lines_of(f"{HEBREW[:9]}\u2069{HEBREW[9:]}", 1)[0], lines_of(HEBREW, 1)[0])


@pytest.mark.parametrize("text", [HEBREW, ARABIC])
def test_the_last_line_of_a_justified_paragraph_is_flush_right(text: str) -> None:
    drawn = lines_of(" ".join([text] * 7), 7, alignment="justify")
    *others, last = [line for line in drawn if line.min() < 160]
    assert len(others) >= 2
    for line in others:
        assert edges(line)[0] - LEFT <= 6
        assert RIGHT - edges(line)[1] <= 6
    assert edges(last)[0] > LEFT + 60
    assert RIGHT - edges(last)[1] <= 6


@pytest.mark.parametrize("alignment", ["left", "justify"])
@pytest.mark.parametrize("start", ["", "BBC: "], ids=["right to left", "left to right"])
def test_a_long_line_breaks_where_it_breaks_in_one_piece(
    start: str, alignment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = f"{prose(1500, seed=21)} {HEBREW} {ARABIC}".replace("\n\n", " ").split()
    text = start + " ".join(f"{word} {HEBREW[index % 30 :]}" for index, word in enumerate(words))
    style = resolve_style(RenderingConfig(mode="small", alignment=alignment))  # type: ignore[arg-type]

    def pages(num_characters: int) -> list[NDArray[np.uint8]]:
        monkeypatch.setattr(long_lines, "_CHUNK_CHARACTERS", num_characters)
        return [grey(page.png) for page in render(text, style).pages]

    whole, chunks = pages(1_000_000), pages(600)
    assert len(whole) == len(chunks) > 2
    for one, other in zip(whole, chunks, strict=True):
        assert np.abs(one.astype(int) - other).mean() < 0.5, "at most rounding of positions"


@pytest.mark.parametrize("text", [HEBREW, ARABIC, f"BBC: {HEBREW}"], ids=["Hebrew", "Arabic", "mixed"])
def test_the_time_for_a_long_line_grows_with_its_length(text: str) -> None:
    style = resolve_style(RenderingConfig(max_pages=256))

    def seconds_per_page(text: str) -> float:
        started = time.process_time()
        num_pages = len(render(text, style).pages)
        return (time.process_time() - started) / num_pages

    length = 150_000
    english = prose(length, seed=22).replace("\n\n", " ")
    leftward = f"{text} " * (length // len(text))
    best = min(seconds_per_page(leftward) for _ in range(2))
    assert best < 2 * max(seconds_per_page(english) for _ in range(2))
