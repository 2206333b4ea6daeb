"""Token counts: estimates near what the model's own tokenizer said about the same texts."""

import pytest

from data.rendering.vision_tokens import num_text_tokens, num_vision_tokens
from tests.data.rendering.texts import SCRIPTS, prose

COUNTS = {
    "Cyrillic": 22,
    "Chinese": 13,
    "Japanese": 28,
    "Korean": 26,
    "Arabic": 19,
    "Hebrew": 22,
    "Devanagari": 39,
    "Thai": 26,
}
"""Tokens of the DeepSeek V3 tokenizer."""


@pytest.mark.parametrize(
    ("text", "deepseek_tokens"),
    [
        pytest.param(prose(3000, 1), 486, id="English"),
        *[pytest.param(SCRIPTS[script], count, id=script) for script, count in COUNTS.items()],
    ],
)
def test_estimates_are_near_the_tokenizers_counts(text: str, deepseek_tokens: int) -> None:
    assert num_text_tokens(text) == pytest.approx(deepseek_tokens, rel=0.25)


def test_counts_add_up_and_never_fail() -> None:
    assert num_text_tokens("") == 0
    assert num_text_tokens("ab" * 500) == pytest.approx(2 * num_text_tokens("ab" * 250), abs=1)
    assert num_text_tokens("lone \ud800 surrogate") > 0


def test_vision_tokens_are_the_models() -> None:
    assert [num_vision_tokens(mode, 2) for mode in ("micro", "tiny", "small", "base", "large")] == [
        50,
        128,
        200,
        512,
        800,
    ]
