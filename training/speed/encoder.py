"""The vision tower: find it in a model, and run it in chunks of pages while it is frozen."""

from contextlib import nullcontext
from typing import Any

import torch
from torch import nn
from transformers.modeling_outputs import BaseModelOutput

from training.options.memory import pages_per_chunk


def vision_tower(model: nn.Module) -> nn.Module:
    """Return the encoder of a model, which may be wrapped (PEFT, DDP)."""
    tower: nn.Module = next(
        module for path, module in model.named_modules() if path.split(".")[-1] == "vision_tower"
    )
    return tower


def patch_vision_tower(model: nn.Module) -> None:
    """Run a frozen encoder on a bounded number of pages at a time, so that its memory does not grow with the
    batch.

    Pages do not depend on each other, and a frozen encoder stores nothing for a backward pass. It computes in
    the precision of its weights: autocast would cast each normalised number to float32 and back. An encoder
    that trains gets all pages at once.

    `pixel_values` of the patched encoder: (pages, 3, size, size), uint8 or normalised floats.
    """
    tower = vision_tower(model)
    encode = tower.forward

    def forward(pixel_values: torch.Tensor, **kwargs: Any) -> Any:
        weights = list(tower.parameters())
        if torch.is_grad_enabled() and any(weight.requires_grad for weight in weights):
            return encode(_to_float(pixel_values), **kwargs)
        dtype, device = weights[0].dtype, pixel_values.device.type
        chunk_size = pages_per_chunk(pixel_values.shape[-1], on_gpu=pixel_values.is_cuda)
        with nullcontext() if dtype == torch.float32 else torch.autocast(device, enabled=False):
            chunks = (_to_float(chunk).to(dtype) for chunk in torch.split(pixel_values, chunk_size))
            parts = [encode(chunk, **kwargs).last_hidden_state for chunk in chunks]
        return BaseModelOutput(last_hidden_state=torch.cat(parts))

    tower.forward = forward


def _to_float(pixels: torch.Tensor) -> torch.Tensor:
    return normalize_pixels(pixels) if pixels.dtype == torch.uint8 else pixels


def normalize_pixels(pixels: torch.Tensor) -> torch.Tensor:
    """Map uint8 0 to 255 to float32 -1 to 1, any shape: the model authors' mean 0.5 and deviation 0.5."""
    # Divide by a tensor: for a plain number the GPU multiplies by its reciprocal, which rounds differently.
    # The tensor is created on the device, because copying a number there would wait for all queued work.
    return (pixels.to(torch.float32) / torch.full((), 255.0, device=pixels.device) - 0.5) / 0.5
