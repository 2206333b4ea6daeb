"""Warnings about target summaries before training."""

import pytest

from tests.training.trainings import Listener
from training.inputs.targets import warn_unknown_characters
from training.inputs.tokens import TokenLayout
from training.models.tiny import character_tokenizer


@pytest.fixture(scope="module")
def token_layout() -> TokenLayout:
    return TokenLayout(
        tokenizer=character_tokenizer(),
        image_token_id=99,
        page_size_px=320,
        prompt="Sum.",
        max_length=64,
        kind="tiny",
        max_positions=8192,
    )


def test_characters_without_a_token_are_named(token_layout: TokenLayout) -> None:
    listener = Listener()
    warn_unknown_characters(["Storm in Oslo.", "Шш \u5d50", "caf\u00e9"], token_layout, listener)
    (text,) = listener.texts
    assert text.startswith("2 of 3 training summaries hold characters without a token")
    assert text.endswith("<unk>: 'é', 'Ш', 'ш', '嵐'.")


def test_summaries_with_tokens_for_all_characters_give_no_warning(token_layout: TokenLayout) -> None:
    listener = Listener()
    warn_unknown_characters(["Storm in Oslo, 12 hurt (of 40)."], token_layout, listener)
    assert not listener.texts
