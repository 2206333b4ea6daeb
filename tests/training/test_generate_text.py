"""Greedy generation in batches."""

import pytest
import torch

from data.config import RenderingConfig
from data.rendering.render import render
from data.rendering.style import resolve_style
from training import generate_text
from training.collate import Collator
from training.dataset import PageSample
from training.fast_forward import join_passes
from training.generate_text import Decoding, Prediction, generate_texts
from training.tiny import load_tiny
from training.tokens import Encoder


def sample(text: str) -> PageSample:
    pages = render(text, resolve_style(RenderingConfig(mode="micro"))).pages
    return PageSample(text, tuple(page.png for page in pages), "", text)


# The second has two pages, so that questions differ in length.
SAMPLES = [sample("Tea was served."), sample("Music was played. " * 14), sample("Trains ran late in Oslo.")]


def read(batch_size: int, max_new_tokens: int = 40, no_repeat_ngram_size: int = 30) -> list[Prediction]:
    model, tokenizer = load_tiny()
    join_passes(model)
    collator = Collator(Encoder(tokenizer, model.config.image_token_id, 320, "\nFree OCR.", 40, "tiny"))
    return generate_texts(model, collator, SAMPLES, Decoding(max_new_tokens, batch_size, no_repeat_ngram_size))


def test_a_batch_gives_what_each_sample_gives_alone() -> None:
    assert [p.text for p in read(batch_size=3)] == [p.text for p in read(batch_size=1)]


def test_texts_stop_where_the_model_ends_them() -> None:
    first = read(batch_size=3)[0]
    assert (first.text, first.cut, first.num_tokens) == ("Tea was served.", False, 15)


def test_a_text_that_meets_the_limit_is_marked() -> None:
    assert [p.cut for p in read(batch_size=3, max_new_tokens=5)] == [True, True, True]


@pytest.mark.parametrize(("ngram_size", "repeats"), [(0, True), (4, False)])
def test_repeats_are_blocked(ngram_size: int, repeats: bool) -> None:
    text = read(batch_size=3, no_repeat_ngram_size=ngram_size, max_new_tokens=60)[1].text
    windows = [text[start : start + 4] for start in range(len(text) - 3)]
    assert (len(set(windows)) < len(windows)) is repeats


def test_a_batch_that_the_memory_does_not_hold_is_halved(monkeypatch: pytest.MonkeyPatch) -> None:
    generate = generate_text.generate_batch

    def small(model: object, collator: object, batch: list[PageSample], decoding: object) -> list[Prediction]:
        if len(batch) > 1:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return generate(model, collator, batch, decoding)  # type: ignore[arg-type]

    expected = read(batch_size=3)
    monkeypatch.setattr(generate_text, "generate_batch", small)
    assert read(batch_size=3) == expected
