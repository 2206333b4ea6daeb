"""Advice about characters that pages do not show: it names what helps, and says so if nothing does."""

import pytest

from data.rendering import fonts
from data.rendering.fonts import FontLibrary
from data.rendering.missing import missing_glyph_warnings


@pytest.mark.parametrize(
    ("part", "advice"),
    [
        ("\U0001f600", "fonts-noto-color-emoji"),
        ("今", "fonts-noto-cjk"),
        ("か", "fonts-noto-cjk"),
        ("한", "fonts-noto-cjk"),
        ("क", "(Debian: fonts-noto-core)"),
        ("\ue123", "for private use, so no font anywhere has them"),
        ("\U000f0001", "for private use, so no font anywhere has them"),
        ("\uffff", "Unicode has not assigned them"),
        ("प\u0301", "U+092A DEVANAGARI LETTER PA with U+0301"),
    ],
)
def test_the_advice_cures_the_fault(part: str, advice: str) -> None:
    (sentence,) = missing_glyph_warnings({part: 1234}, "base")
    assert sentence.startswith("1,234 characters are drawn as boxes")
    assert advice in sentence
    if "no font" in advice or "Unicode" in advice:
        assert "fonts-" not in sentence


def test_each_kind_has_its_own_sentence_and_the_commonest_are_named_first() -> None:
    private, emoji = missing_glyph_warnings({"\ue001": 1, "\ue002": 9, "\U0001f600": 2}, "base")
    assert private.startswith("10 characters")
    assert private.index("U+E002") < private.index("U+E001")
    assert emoji.startswith("2 characters")


def test_a_script_that_the_grid_cannot_show_needs_another_mode() -> None:
    (sentence,) = missing_glyph_warnings({"ש": 3}, "micro")
    assert sentence.startswith("3 characters are not drawn right, since mode micro")
    assert sentence.endswith("Choose another page mode.")


def test_without_installed_fonts_an_emoji_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "_INSTALLED_FOLDERS", ())
    coverage = FontLibrary().coverage("1\ufe0f \U0001f9ea\U0001f9ea ह\u093f", "DejaVu Sans")
    assert coverage.missing_glyphs == {"\U0001f9ea": 2, "ह": 1, "\u093f": 1}
