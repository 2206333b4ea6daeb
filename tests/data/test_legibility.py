"""Pages are legible to a reader that nobody here wrote, and the errors it makes are counted rightly."""

import pytest

from data.config import RenderingConfig
from data.errors import Unavailable
from data.legibility import check_legibility, edit_distance
from data.rendering.render import render
from data.rendering.style import resolve_style
from tests.data.rendering.texts import prose
from tests.machine import require_tesseract


@pytest.mark.parametrize(
    ("options", "num_characters"),
    [({"mode": "tiny"}, 2700), ({"mode": "base"}, 1500), ({"mode": "tiny", "num_columns": 2}, 1500)],
    ids=["tiny, two pages", "base", "two columns"],
)
def test_tesseract_reads_back_the_whole_document(options: dict[str, object], num_characters: int) -> None:
    require_tesseract()
    text = prose(num_characters, seed=num_characters)
    pages = render(text, resolve_style(RenderingConfig(**options))).pages  # type: ignore[arg-type]
    report = check_legibility([("one", text, pages)])
    assert report.as_dict()["num_characters"] >= num_characters
    assert report.character_error_rate < 0.01


def test_missing_text_shows_as_errors() -> None:
    require_tesseract()
    text = prose(600, seed=1)
    pages = render(text[:300], resolve_style(RenderingConfig(mode="small"))).pages
    report = check_legibility([("half", text, pages)])
    assert report.character_error_rate > 0.3
    assert report.as_dict()["documents"][0]["document_id"] == "half"


def test_without_tesseract_the_command_to_type_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(Unavailable) as caught:
        check_legibility([])
    assert caught.value.hint == "apt-get install tesseract-ocr"


def test_a_language_without_data_is_named() -> None:
    require_tesseract()
    with pytest.raises(Unavailable, match="'tlh'"):
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
    assert edit_distance(first, second) == distance
