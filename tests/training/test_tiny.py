"""The tiny base: DeepSeek-OCR's parts at a million parameters, and it reads."""

import random

from data.config import RenderingConfig
from data.rendering.render import render
from data.rendering.style import resolve_style
from data.sources.sample_brief import make_brief
from training.generation.decoding import Decoding
from training.generation.generate_text import generate_texts
from training.inputs.collate import Collator
from training.inputs.dataset import PageSample
from training.inputs.tokens import TokenLayout
from training.models.tiny import BASE_FOLDER, load_tiny, untrained_tiny
from training.speed.forward_passes import patch_model


def test_it_has_a_million_parameters() -> None:
    model, _ = untrained_tiny(seed=0)
    assert sum(parameter.numel() for parameter in model.parameters()) == 1_052_736


def test_the_same_seed_gives_the_same_untrained_weights() -> None:
    (first, _), (second, _), (third, _) = untrained_tiny(1), untrained_tiny(1), untrained_tiny(2)
    assert (first.lm_head.weight == second.lm_head.weight).all()
    assert (first.lm_head.weight != third.lm_head.weight).any()


def test_the_base_reads_pages_with_names_it_never_saw() -> None:
    model, tokenizer = load_tiny()
    patch_model(model)
    collator = Collator(
        TokenLayout(
            tokenizer=tokenizer,
            image_token_id=model.config.image_token_id,
            page_size_px=320,
            prompt="\nFree OCR.",
            max_length=128,
            kind="tiny",
            max_positions=8192,
        )
    )
    rng, style = random.Random(2026), resolve_style(RenderingConfig(mode="micro"))
    texts = [make_brief(rng, "test")[0] for _ in range(16)]
    samples = [
        PageSample(
            document_id="", pages=tuple(page.png for page in render(text, style).pages), summary="", text=text
        )
        for text in texts
    ]
    decoding = Decoding(max_new_tokens=128, batch_size=16)
    read = [prediction.text for prediction in generate_texts(model, collator, samples, decoding)]
    assert sum(a == b for a, b in zip(read, texts, strict=True)) >= 14


def test_the_base_is_small_and_says_what_it_is() -> None:
    assert sum(path.stat().st_size for path in BASE_FOLDER.iterdir()) < 4_000_000
    assert "pretrain_tiny_base.py" in (BASE_FOLDER / "README.md").read_text()
