"""Where a model looked while it wrote: the attention of each word of a summary over the vision tokens of the
pages.

The mean over all layers and heads of the decoder's attention weights. It shows where the decoder took its
input from, not why it wrote the word.
"""

import base64
import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, Final

import torch
from torch import nn
from transformers import PreTrainedModel

from training.inputs.collate import Collator
from training.inputs.dataset import PageSample
from training.options.model_kinds import MODEL_KINDS, PIXELS_PER_VISION_TOKEN
from training.options.warm_protocol import WordAttention

_WORD: Final = re.compile(r"\S+")
MAX_POSITIONS: Final = 4096
"""Longer prompts have no maps: the weights of one layer would take gigabytes."""


def attend_words(
    model: PreTrainedModel, collator: Collator, sample: PageSample, token_ids: Sequence[int]
) -> list[WordAttention]:
    """Return for each word of a summary where on the pages the model looked.

    Args:
        token_ids: of the summary, as the model generated it.

    Returns:
        One entry for each word; none if the kind of model has no row ends in its pages (its vision tokens are
        then no places on the page), or if prompt and summary are too long.
    """
    layout = collator.token_layout
    num_positions = len(layout.encode_prompt(len(sample.pages))) + len(token_ids)
    if not token_ids or not MODEL_KINDS[layout.kind].has_row_ends or num_positions > MAX_POSITIONS:
        return []
    weights = _page_weights(model, collator, sample, token_ids)
    ids = list(token_ids)
    texts = [str(layout.tokenizer.decode(ids[: index + 1])) for index in range(len(ids))]
    text, ends = texts[-1], list(map(len, texts))
    shift = len(text) - len(text.lstrip())
    return [
        WordAttention(
            start=word.start() - shift, end=word.end() - shift, pages=_as_bytes(weights[chosen].mean(0))
        )
        for word in _WORD.finditer(text)
        if (chosen := _tokens_of(word, ends))
    ]


def _tokens_of(word: re.Match[str], ends: Sequence[int]) -> list[int]:
    """Return the indices of the tokens that hold characters of a word."""
    starts = [0, *ends[:-1]]
    return [
        index
        for index, (start, end) in enumerate(zip(starts, ends, strict=True))
        if start < word.end() and end > word.start()
    ]


@torch.no_grad()
def _page_weights(
    model: PreTrainedModel, collator: Collator, sample: PageSample, token_ids: Sequence[int]
) -> torch.Tensor:
    """Return the attention of each generated token: (tokens, pages, side, side), on the CPU."""
    inputs = {name: each.to(model.device) for name, each in collator.collate_prompts([sample]).items()}
    num_prompt = inputs["input_ids"].shape[1]
    written = torch.tensor([list(token_ids[:-1])], dtype=torch.long, device=model.device)
    ids = torch.cat([inputs["input_ids"], written], dim=1)
    is_image = ids[0] == collator.token_layout.image_token_id
    total = torch.zeros(len(token_ids), int(is_image.sum()), device=model.device)
    num_layers = 0

    def collect(_module: nn.Module, _inputs: Any, output: Any) -> None:
        nonlocal num_layers
        num_layers += 1
        total.add_(output[1][0, :, num_prompt - 1 :, is_image].float().mean(dim=0))

    with _collecting(model, collect):
        model(
            input_ids=ids,
            attention_mask=torch.ones_like(ids),
            pixel_values=inputs["pixel_values"],
            use_cache=False,
            logits_to_keep=1,
        )
    side = collator.token_layout.page_size_px // PIXELS_PER_VISION_TOKEN
    pages = (total / num_layers).view(len(token_ids), len(sample.pages), -1)
    shape = (*pages.shape[:2], side, side + 1)  # the last of a row is its end
    return pages[..., : side * (side + 1)].reshape(shape)[..., :side].cpu()


@contextmanager
def _collecting(model: PreTrainedModel, collect: Any) -> Iterator[None]:
    """Call a hook with the attention weights of each layer of the decoder. Only the eager attention has
    weights."""
    text_config = model.config.get_text_config(decoder=True)
    implementation = text_config._attn_implementation
    with ExitStack() as hooks:
        for module in model.modules():
            if type(module).__name__.endswith("TextAttention"):
                hooks.callback(module.register_forward_hook(collect).remove)
        text_config._attn_implementation = "eager"
        try:
            yield
        finally:
            text_config._attn_implementation = implementation


def _as_bytes(weights: torch.Tensor) -> tuple[str, ...]:
    """Return the map of each page as bytes in base64, row by row; 255 is the highest weight of the word."""
    scaled = (weights * (255 / weights.max().clamp(min=1e-12))).round().to(torch.uint8)
    return tuple(base64.b64encode(bytes(page.flatten().tolist())).decode() for page in scaled)
