"""Batches: what the loss sees, and what generation starts from."""

import pytest
import torch
from transformers import UnlimitedOcrForConditionalGeneration

from data.config import RenderingConfig
from data.rendering.render import render
from data.rendering.style import resolve_style
from training.collate import Collator
from training.dataset import PageSample
from training.tiny import untrained_tiny
from training.tokens import IGNORED, Encoder


@pytest.fixture(scope="module")
def tiny() -> tuple[UnlimitedOcrForConditionalGeneration, Collator]:
    model, tokenizer = untrained_tiny(seed=0)
    return model.eval(), Collator(Encoder(tokenizer, model.config.image_token_id, 320, "\nSum.", 32))


def sample(text: str, summary: str) -> PageSample:
    pages = render(text, resolve_style(RenderingConfig(mode="micro"))).pages
    return PageSample(text[:8], tuple(page.png for page in pages), summary, text)


SAMPLES = [sample("One page.", "Short."), sample("word " * 60, "A longer summary.")]


def test_labels_are_the_answers_and_their_ends_only(tiny: tuple[UnlimitedOcrForConditionalGeneration, Collator]) -> None:
    _, collator = tiny
    batch = collator(SAMPLES)
    tokenizer = collator.encoder.tokenizer
    targets = [row[row != IGNORED] for row in batch["labels"]]
    assert [tokenizer.decode(target[:-1]) for target in targets] == ["Short.", "A longer summary."]
    assert all(target[-1] == tokenizer.eos_token_id for target in targets)


def test_pages_follow_their_image_tokens(tiny: tuple[UnlimitedOcrForConditionalGeneration, Collator]) -> None:
    _, collator = tiny
    batch = collator(SAMPLES)
    per_sample = (batch["input_ids"] == collator.encoder.image_token_id).sum(dim=1) // 31
    assert per_sample.tolist() == [1, 2]
    assert batch["pixel_values"].shape == (3, 3, 320, 320)
    alone = collator(SAMPLES[1:])["pixel_values"]
    assert torch.equal(batch["pixel_values"][1:], alone)


@torch.no_grad()
def test_keeping_only_the_last_logits_changes_no_loss(tiny: tuple[UnlimitedOcrForConditionalGeneration, Collator]) -> None:
    model, collator = tiny
    batch = collator(SAMPLES)
    inputs = {name: batch[name] for name in ("input_ids", "attention_mask", "pixel_values")}
    short = model(**inputs, labels=batch["labels"], logits_to_keep=batch["logits_to_keep"]).loss
    full_labels = torch.full_like(batch["input_ids"], IGNORED)
    full_labels[:, -batch["labels"].shape[1] :] = batch["labels"]
    assert short.item() == pytest.approx(model(**inputs, labels=full_labels).loss.item(), rel=1e-5)


def test_questions_end_together(tiny: tuple[UnlimitedOcrForConditionalGeneration, Collator]) -> None:
    _, collator = tiny
    batch = collator.question(SAMPLES)
    assert [collator.encoder.tokenizer.decode(row[-5:]) for row in batch["input_ids"]] == ["\nSum."] * 2
    assert batch["attention_mask"][0].sum() + 31 == batch["attention_mask"][1].sum()


def test_blank_pages_hide_the_text(tiny: tuple[UnlimitedOcrForConditionalGeneration, Collator]) -> None:
    _, collator = tiny
    assert (Collator(collator.encoder, blank_pages=True)(SAMPLES)["pixel_values"] == 1).all()
