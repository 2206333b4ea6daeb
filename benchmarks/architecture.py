"""DeepSeek-OCR with random weights, at its real width or a fraction of it, and the number of operations of a
training step."""

from typing import Any

import torch
from torch.utils.flop_counter import FlopCounterMode
from transformers import UnlimitedOcrForConditionalGeneration

from training.inputs.feature_cache import accept_features
from training.models.published_layout import native_config
from training.models.trainable import choose_trainable
from training.options.config import Trainable
from training.options.model_kinds import num_image_tokens
from training.speed.encoder import vision_tower
from training.speed.forward_passes import patch_model

IMAGE_TOKEN_ID = 128815
NUM_PROMPT_TOKENS = 5


def build(
    width: float,
    device: str,
    dtype: torch.dtype,
    experts: str = "grouped_mm",
    num_experts: int = 64,
    stock: bool = False,
) -> Any:
    """Build the architecture with random weights.

    Args:
        width: fraction of the real width.
        experts: the library's implementation of the experts; DeepSynth's forward passes always group them.
        stock: keep the library's forward passes.
    """
    torch.manual_seed(0)
    with torch.device(device):
        config = native_config(published_config(width, num_experts), IMAGE_TOKEN_ID)
        # The meta device computes nothing; there the eager attention has operations that can be counted.
        attention = "eager" if device == "meta" else "sdpa"
        options = {"experts_implementation": experts, "attn_implementation": attention, "dtype": dtype}
        model = UnlimitedOcrForConditionalGeneration._from_config(config, **options)
    if not stock:
        patch_model(model)
    accept_features(model)
    return model


def count_operations(
    width: float, page_size_px: int, num_target_tokens: int, train: Trainable, cached: bool
) -> int:
    """Count the floating-point operations that one sample's forward and backward pass needs, without
    computing them.

    Recomputed activations and the head on tokens without a label are not counted.
    """
    # The counter knows batched experts: they are plain matrix products.
    model = choose_trainable(
        build(width, "meta", torch.float32, "batched_mm", stock=True), train
    ).model.train()
    num_tokens = num_image_tokens("deepseek_ocr", page_size_px) + NUM_PROMPT_TOKENS + num_target_tokens
    with torch.device("meta"), FlopCounterMode(display=False) as counter:
        if not cached:
            vision_tower(model)(torch.empty(1, 3, page_size_px, page_size_px))
        # Except with adapters, the projector is trained: the gradient reaches the decoder's inputs.
        embedded = torch.empty(
            1, num_tokens, model.config.text_config.hidden_size, requires_grad=not train.startswith("lora")
        )
        labels = torch.zeros(1, num_target_tokens + 1, dtype=torch.long)
        model(inputs_embeds=embedded, labels=labels, logits_to_keep=num_target_tokens + 1).loss.backward()
    return int(counter.get_total_flops())


def published_config(width: float, num_experts: int) -> dict[str, Any]:
    """Return DeepSeek-OCR's configuration with reduced widths; layers, heads and vocabulary keep their
    numbers."""

    def scaled(size: int, multiple: int) -> int:
        return max(multiple, round(size * width / multiple) * multiple)

    language = {
        "vocab_size": 129280,
        "hidden_size": scaled(1280, 40),
        "intermediate_size": scaled(6848, 16),
        "moe_intermediate_size": scaled(896, 16),
        "num_hidden_layers": 12,
        "num_attention_heads": 10,
        "num_key_value_heads": 10,
        "n_routed_experts": num_experts,
        "n_shared_experts": 2,
        "num_experts_per_tok": 6,
        "first_k_dense_replace": 1,
        "n_group": 1,
        "topk_group": 1,
        "topk_method": "greedy",
        "max_position_embeddings": 8192,
        "bos_token_id": 0,
        "eos_token_id": 1,
    }
    clip_width = scaled(1024, 64)
    clip = {"heads": 16, "image_size": 224, "layers": 24, "patch_size": 14, "width": clip_width}
    sam = {
        "downsample_channels": [512, clip_width],
        "global_attn_indexes": [2, 5, 8, 11],
        "heads": 12,
        "layers": 12,
        "width": scaled(768, 48),
    }
    return {
        "language_config": language,
        "vision_config": {"image_size": 1024, "width": {"clip-l-14-224": clip, "sam_vit_b": sam}},
    }
