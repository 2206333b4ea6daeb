"""The encoder: finding it in a model, and letting it see a few pages at a time where nothing of it trains."""

from contextlib import nullcontext
from typing import Any

import torch
from torch import nn
from transformers.modeling_outputs import BaseModelOutput

from training.options.memory import pages_per_chunk


def vision_tower(model: nn.Module) -> nn.Module:
    """Find the encoder, whatever the model is wrapped in."""
    tower: nn.Module = next(
        module for path, module in model.named_modules() if path.split(".")[-1] == "vision_tower"
    )
    return tower


def patch_vision_tower(model: nn.Module) -> None:
    """Let a frozen encoder see a bounded number of pages at a time, so that the pages of a batch do not add
    up in memory.

    Each page is encoded by itself anyway, and nothing is kept for a backward pass. It computes in the
    precision of its weights, as when the model reads: autocast would turn every normalised number into
    float32 and back. An encoder that trains stays as it is.
    """
    tower = vision_tower(model)
    encode = tower.forward

    def forward(pixel_values: torch.Tensor, **kwargs: Any) -> Any:
        weights = list(tower.parameters())
        if torch.is_grad_enabled() and any(weight.requires_grad for weight in weights):
            return encode(_to_float(pixel_values), **kwargs)
        with (
            nullcontext()
            if weights[0].dtype == torch.float32
            else torch.autocast(pixel_values.device.type, enabled=False)
        ):
            pages = torch.split(
                pixel_values, pages_per_chunk(pixel_values.shape[-1], on_gpu=pixel_values.is_cuda)
            )
            parts = [
                encode(_to_float(part).to(weights[0].dtype), **kwargs).last_hidden_state for part in pages
            ]
        return BaseModelOutput(last_hidden_state=torch.cat(parts))

    tower.forward = forward


def _to_float(pixels: torch.Tensor) -> torch.Tensor:
    return normalize_pixels(pixels) if pixels.dtype == torch.uint8 else pixels


def normalize_pixels(pixels: torch.Tensor) -> torch.Tensor:
    """Return what the encoder computes with: 0 to 255 as -1 to 1, in float32."""
    # By a tensor: a GPU would multiply by the reciprocal of a plain number, which is not the same for each
    # shade. Filled in there, since a number that is sent waits for all that the GPU has yet to do.
    return (pixels.to(torch.float32) / torch.full((), 255.0, device=pixels.device) - 0.5) / 0.5
