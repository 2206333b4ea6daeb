"""The tiny model: DeepSeek-OCR's classes at one million parameters, with one token per character.

It learns to read and to summarise micro pages within minutes on two cores, so laptops, tests and the demo run
the same code as the real model. The committed base (`training/models/tiny_base`) can read already;
`scripts/pretrain_tiny_base.py` made it.
"""

import string
from pathlib import Path
from typing import Final

import torch
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast, UnlimitedOcrConfig, UnlimitedOcrForConditionalGeneration

from training.options.model_kinds import TINY_PAGE_SIZE_PX

BASE_FOLDER = Path(__file__).parent / "tiny_base"
CHARACTERS = "\n" + string.ascii_letters + string.digits + string.punctuation + " "
SPECIAL_TOKENS = {"bos_token": "<bos>", "eos_token": "<eos>", "pad_token": "<pad>", "unk_token": "<unk>"}
IMAGE_TOKEN = "<image>"  # noqa: S105 - a vocabulary entry, not a secret
MAX_POSITIONS = 8192
INITIALIZER_RANGE = 0.05
_SAM: Final = {
    "hidden_size": 64,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "mlp_dim": 128,
    "output_channels": 64,
    "downsample_channels": [128, 128],
    "window_size": 8,
    "global_attn_indexes": [],
    "image_size": TINY_PAGE_SIZE_PX,
    "patch_size": 16,
    # With the class's default of 1e-10 the outputs of all pages are equal.
    "initializer_range": INITIALIZER_RANGE,
}
# 70 px in patches of 14 px: the 5 x 5 positions that a 320 px page has after the compressor (16 x).
_CLIP: Final = {
    "hidden_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 256,
    "image_size": 70,
    "patch_size": 14,
    "initializer_range": INITIALIZER_RANGE,
}
_TEXT: Final = {
    "hidden_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 4,
    "intermediate_size": 256,
    "first_k_dense_replace": 1,
    "n_routed_experts": 4,
    "n_shared_experts": 1,
    "num_experts_per_tok": 2,
    "moe_intermediate_size": 64,
    "layer_types": ["full_attention"] * 2,
    "sliding_window": MAX_POSITIONS,
    "max_position_embeddings": MAX_POSITIONS,
    "initializer_range": INITIALIZER_RANGE,
}


def character_tokenizer() -> PreTrainedTokenizerFast:
    """Build the tokenizer: bos 0, eos 1, pad 2, unknown 3, image 4, then one entry for each printable ASCII
    character."""
    special = [*SPECIAL_TOKENS.values(), IMAGE_TOKEN]
    vocabulary = {token: index for index, token in enumerate([*special, *CHARACTERS])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token=SPECIAL_TOKENS["unk_token"]))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(r"[\s\S]"), "isolated")
    tokenizer.decoder = decoders.Fuse()
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer,
        additional_special_tokens=[IMAGE_TOKEN],
        clean_up_tokenization_spaces=False,
        model_max_length=MAX_POSITIONS,
        **SPECIAL_TOKENS,
    )


def tiny_config(tokenizer: PreTrainedTokenizerFast) -> UnlimitedOcrConfig:
    """Return the tiny architecture: each kind of part that DeepSeek-OCR has, in small sizes."""
    tokens = {name: getattr(tokenizer, name) for name in ("bos_token_id", "eos_token_id", "pad_token_id")}
    return UnlimitedOcrConfig(
        vision_config={"sam_config": dict(_SAM), "encoder_config": dict(_CLIP)},
        text_config={**_TEXT, "vocab_size": len(tokenizer), **tokens},
        image_token_id=tokenizer.get_vocab()[IMAGE_TOKEN],
    )


def load_tiny() -> tuple[UnlimitedOcrForConditionalGeneration, PreTrainedTokenizerFast]:
    """Load the committed base in float32."""
    tokenizer: PreTrainedTokenizerFast = PreTrainedTokenizerFast.from_pretrained(
        BASE_FOLDER, local_files_only=True
    )
    model = UnlimitedOcrForConditionalGeneration.from_pretrained(
        BASE_FOLDER, dtype=torch.float32, use_safetensors=True, local_files_only=True
    )
    return model, tokenizer


def untrained_tiny(seed: int) -> tuple[UnlimitedOcrForConditionalGeneration, PreTrainedTokenizerFast]:
    """Build the tiny model with random weights, for its pretraining and for tests."""
    tokenizer = character_tokenizer()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return UnlimitedOcrForConditionalGeneration(tiny_config(tokenizer)), tokenizer
