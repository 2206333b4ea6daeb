"""DeepSeek-OCR-2 and Unlimited-OCR at a reduced width, as their native classes save them."""

from pathlib import Path
from typing import Final

import torch
from transformers import (
    DeepseekOcr2Config,
    DeepseekOcr2ForConditionalGeneration,
    PreTrainedModel,
    UnlimitedOcrConfig,
    UnlimitedOcrForConditionalGeneration,
)

from training.models.tiny import character_tokenizer, tiny_config

WINDOW: Final = 6
"""Target tokens that the small Unlimited-OCR attends to."""
OCR_2 = {
    "image_token_id": 4,
    "text_config": {
        "vocab_size": 101,
        "hidden_size": 32,
        "intermediate_size": 48,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "num_key_value_heads": 2,
        "max_position_embeddings": 1024,
        "n_routed_experts": 4,
        "n_shared_experts": 1,
        "num_experts_per_tok": 2,
        "moe_intermediate_size": 16,
        "n_group": 1,
        "topk_group": 1,
        "mlp_layer_types": ["dense", "sparse"],
        "bos_token_id": 0,
        "eos_token_id": 1,
        "pad_token_id": 2,
    },
    "vision_config": {
        "sam_config": {
            "hidden_size": 32,
            "num_hidden_layers": 1,
            "num_attention_heads": 2,
            "output_channels": 16,
            "downsample_channels": [16, 32],
            "global_attn_indexes": [],
            "image_size": 256,
        },
        "encoder_config": {
            "vocab_size": 8,
            "hidden_size": 32,
            "intermediate_size": 48,
            "num_hidden_layers": 1,
            "num_attention_heads": 2,
            "num_key_value_heads": 2,
        },
    },
}


def small_model(kind: str) -> PreTrainedModel:
    """Build a model of a kind with random weights, equal at each call."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        if kind == "deepseek_ocr2":
            return DeepseekOcr2ForConditionalGeneration(DeepseekOcr2Config(**OCR_2)).eval()
        config = tiny_config(character_tokenizer())
        config.vision_config.sam_config.image_size = 512
        config.text_config.layer_types = [
            "reference_sliding_attention"
        ] * config.text_config.num_hidden_layers
        config.text_config.sliding_window = WINDOW
        return UnlimitedOcrForConditionalGeneration(UnlimitedOcrConfig.from_dict(config.to_dict())).eval()


def write_small(kind: str, folder: Path) -> PreTrainedModel:
    """Save a model of a kind with its tokenizer, and return it."""
    model = small_model(kind)
    model.save_pretrained(folder)
    character_tokenizer().save_pretrained(folder)
    return model
