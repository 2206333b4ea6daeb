"""What a document looks like once it is drawn: size, bytes, nothing lost, overflow, hostile text."""

import hashlib
import io
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from data.config import RenderingConfig
from data.errors import RenderError
from data.page_modes import MODES, PageMode
from data.rendering.render import RenderedDocument, render
from data.rendering.style import resolve_style
from tests.data.rendering.texts import prose

GOLDEN_PIXELS = "3c8ef66e1c260944eb30a4a5ac540872d754223078ae391e5dfbd47051957c0f"


def grey(png: bytes) -> NDArray[np.uint8]:
    return np.asarray(Image.open(io.BytesIO(png)).convert("L"))


def draw(text: str, *, seed: int = 0, **options: object) -> RenderedDocument:
    return render(text, resolve_style(RenderingConfig(**options)), seed)  # type: ignore[arg-type]


@pytest.mark.parametrize("mode", MODES)
def test_pages_have_exactly_the_models_size_and_sixteen_greys(mode: PageMode) -> None:
    page = draw("Seven ferries left the harbour.", mode=mode).pages[0]
    picture = Image.open(io.BytesIO(page.png))
    picture.verify()
    assert picture.size == (page.size_px, page.size_px) == (MODES[mode].size_px, MODES[mode].size_px)
    assert page.png[24:26] == bytes((4, 0)), "4 bits, grey"
    assert page.num_vision_tokens == MODES[mode].num_vision_tokens


def test_a_new_process_draws_the_same_bytes() -> None:
    text = prose(9000, seed=1)
    program = (
        "import sys, hashlib\n"
        "from data.config import RenderingConfig\n"
        "from data.rendering.render import render\n"
        "from data.rendering.style import resolve_style\n"
        "style = resolve_style(RenderingConfig())\n"
        "render('warm the caches with another text', style)\n"
        "print(hashlib.sha256(b''.join(page.png for page in render(sys.stdin.read(), "
        "style).pages)).hexdigest())\n"
    )
    root = Path(__file__).parents[3]
    other = subprocess.run(
        [sys.executable, "-c", program], input=text, capture_output=True, text=True, check=True, cwd=root
    )
    assert other.stdout.strip() == hashlib.sha256(b"".join(page.png for page in draw(text).pages)).hexdigest()


def test_the_bundled_font_gives_the_pixels_it_gave_everywhere_else() -> None:
    page = draw("Twelve farmers — “naïve”, Ξένος, Съешь — met.\n\nSecond paragraph, for £40.").pages[0]
    assert hashlib.sha256(grey(page.png).tobytes()).hexdigest() == GOLDEN_PIXELS


@pytest.mark.parametrize(
    ("options", "digest"),
    [
        ({"mode": "micro"}, "f8c3678efcf965e0"),
        ({"mode": "tiny"}, "b5c3b0cca9493c3d"),
        ({"mode": "small", "alignment": "justify"}, "4ed91ad175316959"),
        ({"mode": "base", "num_columns": 2}, "fcd80cad066303f6"),
        ({"mode": "large", "overflow": "shrink"}, "22854b4e2d1363ca"),
    ],
)
def test_english_pages_keep_the_pixels_of_earlier_versions(options: dict[str, object], digest: str) -> None:
    """A dataset that an earlier version began is continued with the same pages."""
    text = f"A title\n\n{prose(9000, seed=31)}\n\nAmanda: “Baked” cookies…\nJerry: Sure!\n\nThe end"
    pixels = b"".join(grey(page.png).tobytes() for page in draw(text, max_pages=256, **options).pages)
    assert hashlib.sha256(pixels).hexdigest()[:16] == digest


@pytest.mark.parametrize(
    ("text", "options", "digest"),
    [
        ("Opening hours\nשלום לכולם, 9 עד 17.\nأهلا بالجميع (مجانا) 12.\nThe end.", {}, "1cfa764e816313a7"),
        (
            "כל בני האדם נולדו בני חורין ושווים בערכם ובזכויותיהם. " * 9,
            {"alignment": "justify"},
            "f95139a402ac60bd",
        ),
        (
            "def total(rows):\n\treturn sum(rows)\n\n"
            "name\tprice\tcount\napple\t3.20\t11\nwatermelon\t12.00\t2",
            {},
            "9bebbf4ea694fdf4",
        ),
        (
            "Results\n\nHe said: “We open today.”\n\nPress 1\ufe0f\u20e3 (or #\ufe0f\u20e3)\n\nEnd",
            {},
            "332705e74071bfe3",
        ),
        ("Zażółć naïve e\u0301 1\ufe0f\u20e3 a\u200bb", {"mode": "micro"}, "683c5de6e7eab56d"),
    ],
    ids=["lines of both directions", "justified right-to-left", "tabs", "headings and keycaps", "micro"],
)
def test_the_bundled_font_gives_the_same_pixels_everywhere(
    text: str, options: dict[str, object], digest: str
) -> None:
    """The digests are those of pages that people looked at; they do not depend on installed fonts."""
    drawn = draw(text, **options)
    assert drawn.missing_glyphs == {}
    pixels = b"".join(grey(page.png).tobytes() for page in drawn.pages)
    assert hashlib.sha256(pixels).hexdigest()[:16] == digest


def test_text_keeps_to_its_margins() -> None:
    pixels = grey(draw(prose(20_000, seed=2), mode="small", margin_px=40).pages[0].png)
    edges = pixels.copy()
    edges[40:-40, 40:-40] = 255
    assert edges.min() == 255
    assert pixels.min() == 0


def test_no_page_holds_more_than_its_token_budget() -> None:
    rendered = draw(prose(30_000, seed=3), mode="large", font_size_px=10)
    assert len(rendered.pages) > 1
    assert max(page.num_text_tokens for page in rendered.pages) <= MODES["large"].budget_tokens
    assert sum(page.num_text_tokens for page in rendered.pages) == pytest.approx(
        rendered.num_text_tokens, rel=0.05
    )


def test_shrink_takes_the_largest_size_that_fits_one_page() -> None:
    text = prose(4500, seed=4)
    shrunk = draw(text, mode="small", overflow="shrink", min_font_size_px=6)
    assert len(shrunk.pages) == 1
    assert 6 <= shrunk.font_size_px < MODES["small"].font_size_px
    assert len(draw(text, mode="small", font_size_px=shrunk.font_size_px + 1.5).pages) > 1


def test_shrink_never_goes_below_the_minimum() -> None:
    rendered = draw(prose(12_000, seed=5), mode="tiny", overflow="shrink", min_font_size_px=11)
    assert rendered.font_size_px == 11
    assert len(rendered.pages) > 1
    assert not rendered.truncated


def test_truncate_draws_the_first_page_and_says_so() -> None:
    text = prose(12_000, seed=6)
    cut, whole = draw(text, mode="tiny", overflow="truncate"), draw(text, mode="tiny")
    assert cut.pages == whole.pages[:1]
    assert cut.truncated
    assert cut.num_text_tokens == cut.pages[0].num_text_tokens < whole.num_text_tokens
    assert not whole.truncated
    assert not draw("One short line.", mode="tiny", overflow="truncate").truncated


@pytest.mark.parametrize("length", [20_000, 2_000_000])
def test_too_many_pages_are_refused_with_their_number(length: int) -> None:
    started = time.monotonic()
    with pytest.raises(RenderError, match=r"needs (at least )?\d+ pages; rendering.max_pages is 2"):
        draw("word " * (length // 5), mode="tiny", max_pages=2)
    assert time.monotonic() - started < 20


def test_truncating_a_huge_document_costs_one_page() -> None:
    text = prose(20_000, seed=8)
    huge = draw(text * 400, mode="tiny", overflow="truncate")
    assert huge.pages == draw(text, mode="tiny", overflow="truncate").pages
    assert huge.truncated


def test_shrink_refuses_a_document_that_no_size_fits() -> None:
    with pytest.raises(RenderError, match="at least"):
        draw("word " * 400_000, mode="tiny", overflow="shrink", max_pages=4)


@pytest.mark.parametrize("text", ["", " \n\t \r\n", "\0\x01\x7f", "\ufeff\xad"])
def test_a_document_without_text_is_refused(text: str) -> None:
    with pytest.raises(RenderError, match="no text"):
        draw(text)


@pytest.mark.parametrize(
    "text",
    [
        "null \0 and bell \x07 inside",
        "lone surrogates \ud800 and \udfff here",
        "\u202eoverride\u202c and \u2066isolate without end",
        "a\rb\r\nc\n\rd\u2028e\x85f\vg\fh",
        "e" + "\u0301" * 3000,
        "\u200d" * 500 + "joined",
        "\uffff\ufffe noncharacters",
        "<script>alert(1)</script> %s {0} \\n",
        "👩‍👩‍👧‍👦" * 300,
    ],
    ids=["nul", "surrogates", "bidi", "newlines", "combining", "joiners", "noncharacters", "markup", "emoji"],
)
@pytest.mark.parametrize("mode", ["micro", "base"])
def test_hostile_text_is_drawn(text: str, mode: str) -> None:
    rendered = draw(text, mode=mode, max_pages=256)
    assert grey(rendered.pages[0].png).min() < 128


def test_a_word_of_a_hundred_thousand_letters_is_broken_into_lines() -> None:
    rendered = draw("x" * 100_000)
    left, right = np.flatnonzero((grey(rendered.pages[0].png) < 128).any(axis=0))[[0, -1]]
    assert left >= 30
    assert right < 1024 - 30
    assert 10 < len(rendered.pages) <= 32


def test_newlines_of_every_kind_break_lines() -> None:
    expected = draw("one\ntwo\nthree\nfour").pages
    assert draw("one\rtwo\r\nthree\u2028four").pages == expected


def test_degradation_is_the_same_for_the_same_seed_and_page_only() -> None:
    damage = {"blur_px": 0.6, "noise": 0.05, "skew_degrees": 2, "jpeg_quality": 50}
    text = prose(9000, seed=7)
    first, again, other = (
        draw(text, mode="small", degradation=damage, seed=seed).pages for seed in (1, 1, 2)
    )
    assert first == again
    assert all(one.png != two.png for one, two in zip(first, other, strict=True))
    assert draw(text, mode="small").pages[0].png != first[0].png


def test_a_skewed_page_loses_no_corner() -> None:
    text = "\n".join(["x" * 200] * 200)
    straight = draw(text, margin_px=0, overflow="truncate").pages[0]
    skewed = draw(text, margin_px=0, overflow="truncate", degradation={"skew_degrees": 5}, seed=3).pages[0]
    border = grey(skewed.png).copy()
    border[2:-2, 2:-2] = 255
    assert np.count_nonzero(border < 200) < 20, "only the four corners touch the border"
    assert (255 - grey(skewed.png)).mean() > 0.75 * (255 - grey(straight.png)).mean()
