"""The published layout of DeepSeek-OCR (version 1) and of Unlimited-OCR, whose weights have the same names,
read into the configuration of transformers' native class.

The authors' config.json has the model_type `deepseek_vl_v2` or `unlimited-ocr`, for which transformers has no
native class of this model; loading the files directly gives random weights without an error. So the
configuration is built here from the file's values.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import torch
from safetensors import safe_open
from transformers import UnlimitedOcrConfig

from data.errors import ModelError
from training.options.model_config import DOWNLOAD_AGAIN, read_model_json

IMAGE_TOKEN: Final = "<image>"  # noqa: S105 - a vocabulary entry, not a secret
PAD_TOKEN_ID: Final = 2
UNUSED_KEY: Final = "model.vision_model.embeddings.patch_embedding.weight"
"""The one published tensor that no code uses. The native class drops it; the loaders of the authors and of
vLLM require it."""

_WEIGHTS, _INDEX = "model.safetensors", "model.safetensors.index.json"
_SAM_OUTPUT_CHANNELS: Final = 256
_MLP_RATIO: Final = 4
_SLIDING_WINDOW: Final = 128
"""Of Unlimited-OCR, where config.json does not say it."""
_MAX_NAME: Final = 255
# The only values that the native decoder computes; a checkpoint with others would load and give wrong
# results.
_REQUIRED: Final = {
    "use_mla": False,
    "topk_method": "greedy",
    "scoring_func": "softmax",
    "norm_topk_prob": False,
    "rm_head": False,
}
_LANGUAGE_KEYS: Final = (
    "vocab_size",
    "hidden_size",
    "intermediate_size",
    "moe_intermediate_size",
    "num_hidden_layers",
    "num_attention_heads",
    "num_key_value_heads",
    "n_routed_experts",
    "n_shared_experts",
    "num_experts_per_tok",
    "first_k_dense_replace",
    "n_group",
    "topk_group",
    "topk_method",
    "max_position_embeddings",
    "bos_token_id",
    "eos_token_id",
)
_OPTIONAL_LANGUAGE_KEYS: Final = ("rms_norm_eps", "routed_scaling_factor", "hidden_act")


def native_config(
    document: Mapping[str, Any], image_token_id: int, has_sliding_window: bool = False
) -> UnlimitedOcrConfig:
    """Build the native configuration from a published config.json.

    Args:
        document: the parsed config.json.
        image_token_id: the tokenizer's id of `<image>`, which config.json lacks (128815 as published).
        has_sliding_window: whether the decoder attends to a window, as that of Unlimited-OCR does.

    Raises:
        ModelError: a value is missing, or the native class does not support it.
    """
    try:
        language, vision = document["language_config"], document["vision_config"]
        text, sam, clip = _text(language), _sam(vision), _clip(vision)
        if has_sliding_window:
            window = document.get("sliding_window") or language.get("sliding_window_size") or _SLIDING_WINDOW
            text |= _attention(text, "reference_sliding_attention", window)
    except KeyError as error:
        raise ModelError(
            f"config.json lacks {error}, which that of DeepSeek-OCR has.", hint=DOWNLOAD_AGAIN
        ) from error
    tokens = {name: text[name] for name in ("bos_token_id", "eos_token_id", "pad_token_id")}
    vision_config = {"sam_config": sam, "encoder_config": clip}
    return UnlimitedOcrConfig(
        vision_config=vision_config, text_config=text, image_token_id=image_token_id, **tokens
    )


def _text(language: Mapping[str, Any]) -> dict[str, Any]:
    for key, wanted in _REQUIRED.items():
        if language.get(key, wanted) != wanted:
            raise ModelError(
                f"config.json says {key} = {language[key]!r}; DeepSeek-OCR has {wanted!r}.",
                hint="This is another model.",
            )
    values = {key: language[key] for key in _LANGUAGE_KEYS}
    values |= {key: language[key] for key in _OPTIONAL_LANGUAGE_KEYS if key in language}
    # Full attention. The class's default is a window of 128 tokens, with which generation of longer texts
    # diverges. The window may not be None, so it spans all positions.
    values |= _attention(values, "full_attention", values["max_position_embeddings"])
    if "rope_theta" in language:
        values["rope_parameters"] = {"rope_type": "default", "rope_theta": language["rope_theta"]}
    return values | {"pad_token_id": PAD_TOKEN_ID}


def _attention(text: Mapping[str, Any], layer_type: str, window: int) -> dict[str, Any]:
    return {"layer_types": [layer_type] * text["num_hidden_layers"], "sliding_window": window}


def _sam(vision: Mapping[str, Any]) -> dict[str, Any]:
    sam = vision["width"]["sam_vit_b"]
    return {
        "hidden_size": sam["width"],
        "num_hidden_layers": sam["layers"],
        "num_attention_heads": sam["heads"],
        "mlp_dim": _MLP_RATIO * sam["width"],
        "global_attn_indexes": sam["global_attn_indexes"],
        "downsample_channels": sam["downsample_channels"],
        "output_channels": _SAM_OUTPUT_CHANNELS,
        "image_size": vision["image_size"],
    }


def _clip(vision: Mapping[str, Any]) -> dict[str, Any]:
    clip = vision["width"]["clip-l-14-224"]
    return {
        "hidden_size": clip["width"],
        "num_hidden_layers": clip["layers"],
        "num_attention_heads": clip["heads"],
        "intermediate_size": _MLP_RATIO * clip["width"],
        "image_size": clip["image_size"],
        "patch_size": clip["patch_size"],
    }


def weight_files(folder: Path) -> list[Path]:
    """Return the safetensors files of a model folder's weights; empty if it has none.

    Raises:
        ModelError: the index of the weights is damaged.
    """
    if not (folder / _INDEX).is_file():
        return [folder / _WEIGHTS] if (folder / _WEIGHTS).is_file() else []
    index = read_model_json(folder / _INDEX)
    names, metadata = index.get("weight_map"), index.get("metadata", {})
    if not isinstance(names, dict) or not all(map(_is_file_name, names.values())):
        raise _damaged_index(folder, "weight_map must give the name of a file for each tensor")
    if not isinstance(metadata, dict):
        raise _damaged_index(folder, "metadata must be an object")
    return sorted({folder / Path(name).name for name in names.values()})


def _is_file_name(name: object) -> bool:
    return isinstance(name, str) and 0 < len(name) <= _MAX_NAME and "\0" not in name


def _damaged_index(folder: Path, rule: str) -> ModelError:
    return ModelError(f"{folder / _INDEX}: {rule}.", hint=DOWNLOAD_AGAIN)


def read_unused_tensor(folder: Path) -> torch.Tensor | None:
    """Read the published tensor that the native class drops; None if this folder does not hold it."""
    for path in weight_files(folder):
        with safe_open(path, framework="pt") as weights:
            if UNUSED_KEY in weights.keys():  # noqa: SIM118 - not a mapping
                tensor: torch.Tensor = weights.get_tensor(UNUSED_KEY)
                return tensor
    return None
