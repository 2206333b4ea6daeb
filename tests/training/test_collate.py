"""Batches for training (labels, logits, pages) and for generation (prompts)."""

from dataclasses import replace

import pytest
import torch
from torch.utils.data import DataLoader
from transformers import UnlimitedOcrForConditionalGeneration

from data.config import RenderingConfig
from data.errors import InvalidInput
from data.rendering.render import render
from data.rendering.style import resolve_style
from training.inputs.collate import NON_MODEL_KEYS, Batch, Collator
from training.inputs.dataset import PageSample
from training.inputs.tokens import IGNORED, TokenLayout
from training.models.tiny import untrained_tiny
from training.speed.forward_passes import patch_model


@pytest.fixture(scope="module")
def tiny() -> tuple[UnlimitedOcrForConditionalGeneration, Collator]:
    model, tokenizer = untrained_tiny(seed=0)
    patch_model(model)
    return model.eval(), Collator(
        TokenLayout(
            tokenizer=tokenizer,
            image_token_id=model.config.image_token_id,
            page_size_px=320,
            prompt="\nSum.",
            max_length=32,
            kind="tiny",
            max_positions=8192,
        )
    )


def sample(text: str, summary: str) -> PageSample:
    pages = render(text, resolve_style(RenderingConfig(mode="micro"))).pages
    return PageSample(
        document_id=text[:8], pages=tuple(page.png for page in pages), summary=summary, text=text
    )


SAMPLES = [sample("One page.", "Short."), sample("word " * 60, "A longer summary.")]


def test_labels_are_only_the_targets_and_their_ends(
    tiny: tuple[UnlimitedOcrForConditionalGeneration, Collator],
) -> None:
    _, collator = tiny
    batch = collator(SAMPLES)
    tokenizer = collator.token_layout.tokenizer
    targets = [row[row != IGNORED] for row in batch["labels"]]
    assert [tokenizer.decode(target[:-1]) for target in targets] == ["Short.", "A longer summary."]
    assert all(target[-1] == tokenizer.eos_token_id for target in targets)


def test_pages_follow_their_image_tokens(tiny: tuple[UnlimitedOcrForConditionalGeneration, Collator]) -> None:
    _, collator = tiny
    batch = collator(SAMPLES)
    per_sample = (batch["input_ids"] == collator.token_layout.image_token_id).sum(dim=1) // 31
    assert per_sample.tolist() == [1, 2]
    assert batch["pixel_values"].shape == (3, 3, 320, 320)
    alone = collator(SAMPLES[1:])["pixel_values"]
    assert torch.equal(batch["pixel_values"][1:], alone)


def test_neither_padding_nor_skipped_logits_change_the_loss_or_its_gradients(
    tiny: tuple[UnlimitedOcrForConditionalGeneration, Collator],
) -> None:
    model, collator = tiny
    batch = collator(SAMPLES)
    # Two further pages of one sample must not add logits to the other sample.
    assert batch["logits_to_keep"] == batch["labels"].shape[1] == len("A longer summary.") + 2
    alone = [collator([sample]) for sample in SAMPLES]
    num_targets = [int((one["labels"] != IGNORED).sum()) for one in alone]
    together, expected = (
        loss_and_gradient(model, batch),
        [loss_and_gradient(model, full_logits(one)) for one in alone],
    )
    shares = [number / sum(num_targets) for number in num_targets]
    assert together[0] == pytest.approx(
        sum(share * loss for share, (loss, _) in zip(shares, expected, strict=True)), rel=1e-5
    )
    wanted = sum(share * gradient for share, (_, gradient) in zip(shares, expected, strict=True))
    torch.testing.assert_close(together[1], wanted, rtol=1e-3, atol=1e-6)


def full_logits(batch: Batch) -> Batch:
    """Return the same batch with labels for all positions, so that the head computes all logits."""
    labels = torch.full_like(batch["input_ids"], IGNORED)
    labels[:, -batch["labels"].shape[1] :] = batch["labels"]
    return {**batch, "labels": labels, "logits_to_keep": 0}


def loss_and_gradient(
    model: UnlimitedOcrForConditionalGeneration, batch: Batch
) -> tuple[float, torch.Tensor]:
    model.zero_grad()
    loss = model(**{name: value for name, value in batch.items() if name not in NON_MODEL_KEYS}).loss
    loss.backward()
    gradient = model.model.language_model.layers[0].self_attn.q_proj.weight.grad
    assert gradient is not None
    return loss.item(), gradient.clone()


def test_prompts_end_at_the_same_position(
    tiny: tuple[UnlimitedOcrForConditionalGeneration, Collator],
) -> None:
    _, collator = tiny
    batch = collator.collate_prompts(SAMPLES)
    assert [collator.token_layout.tokenizer.decode(row[-5:]) for row in batch["input_ids"]] == ["\nSum."] * 2
    assert batch["attention_mask"][0].sum() + 31 == batch["attention_mask"][1].sum()


def test_blank_pages_hide_the_text(tiny: tuple[UnlimitedOcrForConditionalGeneration, Collator]) -> None:
    _, collator = tiny
    assert (Collator(collator.token_layout, blank_pages=True)(SAMPLES)["pixel_values"] == 255).all()


@pytest.mark.parametrize("num_workers", [0, 1])
def test_a_damaged_page_is_named_with_its_document(
    tiny: tuple[UnlimitedOcrForConditionalGeneration, Collator], num_workers: int
) -> None:
    damaged = replace(SAMPLES[1], document_id="news-17", pages=(SAMPLES[1].pages[0], b"not a picture"))
    with pytest.raises(InvalidInput) as caught:
        list(DataLoader([SAMPLES[0], damaged], batch_size=2, collate_fn=tiny[1], num_workers=num_workers))  # type: ignore[arg-type]
    assert (
        caught.value.message
        == "Page 2 of document news-17 is not a readable picture: it is none of PNG, JPEG, WEBP, BMP, TIFF."
    )
    assert caught.value.hint
