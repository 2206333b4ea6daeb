"""What a model's config.json may hold: judged before any library reads it, and before memory is taken.

A config.json comes from anyone. Sizes have upper limits, names are those that the libraries know, and every
refusal names the file and the field. No torch: the web service asks before a job exists.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from data.errors import ModelError, NotFound, StorageError
from data.store.files import read_json_object

CONFIG_FILE: Final = "config.json"
DOWNLOAD_AGAIN: Final = "Download the model folder again, whole."
_MAX_LAYERS: Final = 512
_MAX_SIZE: Final = 1 << 20
_MAX_DEPTH: Final = 16
_NOT_QUANTIZED: Final = "must be absent: quantized weights cannot be trained or exported"
_SIZES: Final[Mapping[str, tuple[int, int]]] = {
    **dict.fromkeys(("num_hidden_layers", "layers"), (1, _MAX_LAYERS)),
    **dict.fromkeys(
        ("hidden_size", "intermediate_size", "moe_intermediate_size", "mlp_dim", "output_channels", "width"),
        (1, _MAX_SIZE),
    ),
    **dict.fromkeys(("num_attention_heads", "num_key_value_heads", "heads", "head_dim"), (1, 1 << 12)),
    **dict.fromkeys(("n_routed_experts", "num_experts_per_tok", "n_group", "topk_group"), (1, 1 << 14)),
    **dict.fromkeys(("n_shared_experts", "first_k_dense_replace", "window_size"), (0, 1 << 14)),
    **dict.fromkeys(("image_size", "patch_size", "num_channels"), (1, 1 << 14)),
    **dict.fromkeys(("max_position_embeddings", "sliding_window"), (1, (1 << 31) - 1)),
    "vocab_size": (1, 1 << 24),
    "num_labels": (0, 1 << 14),
}
"""Field -> the least and the most, wherever it stands."""
_NULLABLE: Final = ("sliding_window", "head_dim", "num_key_value_heads", "n_group", "topk_group")
_SIZE_LISTS: Final[Mapping[str, tuple[int, int]]] = {
    "downsample_channels": (1, _MAX_SIZE),
    "global_attn_indexes": (0, _MAX_LAYERS),
}
_SECTIONS: Final = (
    "text_config",
    "vision_config",
    "sam_config",
    "encoder_config",
    "language_config",
    "sam_vit_b",
    "clip-l-14-224",
    "rope_parameters",
    "id2label",
    "label2id",
)
_TOKEN_IDS: Final = ("bos_token_id", "eos_token_id", "pad_token_id", "image_token_id")
ACTIVATIONS: Final = frozenset(
    (
        *("gelu", "gelu_10", "gelu_accurate", "gelu_fast", "gelu_new", "gelu_python", "gelu_python_tanh"),
        *("gelu_pytorch_tanh", "hardswish", "laplace", "leaky_relu", "linear", "mish", "prelu", "quick_gelu"),
        *("relu", "relu2", "relu6", "sigmoid", "silu", "sqrtsoftplus", "swish", "tanh"),
    )
)
"""Names of functions that transformers has."""
_ATTENTIONS: Final = frozenset({"eager", "sdpa", "flash_attention_2", "flash_attention_3", "flex_attention"})
_EXPERTS: Final = frozenset({"eager", "grouped_mm", "batched_mm"})
_DTYPES: Final = frozenset({"auto", "float16", "bfloat16", "float32", "float64"})
_NAMES: Final[Mapping[str, frozenset[str]]] = {
    "hidden_act": ACTIVATIONS,
    **dict.fromkeys(("dtype", "torch_dtype"), _DTYPES),
    **dict.fromkeys(("attn_implementation", "_attn_implementation"), _ATTENTIONS),
    **dict.fromkeys(("experts_implementation", "_experts_implementation"), _EXPERTS),
    "rope_type": frozenset({"default", "linear", "dynamic", "yarn", "longrope", "llama3", "proportional"}),
}
"""Field -> the names that it may have, or null. Others would be code from the Hub, or unknown."""


def read_config(folder: Path) -> dict[str, Any]:
    """Read and judge the config.json of a model that reads pages. Raises ModelError, naming the field."""
    document = read_model_json(folder / CONFIG_FILE)
    check_config(document)
    return document


def read_model_json(path: Path) -> dict[str, Any]:
    """Read one of a model's JSON files. Raises ModelError if it is absent, or is no JSON object."""
    try:
        return read_json_object(path)
    except (StorageError, NotFound) as error:
        raise ModelError(error.message, hint=DOWNLOAD_AGAIN) from error


def check_config(document: Mapping[str, Any]) -> None:
    """Refuse a config.json of a model that reads pages, for a value that no such model has.

    Raises:
        ModelError: names the field, its value, and the values that are taken.
    """
    for path, key, value in _walk(document):
        _check_section(path, key, value)
        _check_size(path, key, value)
        _check_name(path, key, value)
        _check_token_ids(path, key, value)
    if document.get("quantization_config") is not None:
        raise _wrong("quantization_config", document["quantization_config"], _NOT_QUANTIZED)
    _check_vocabulary(document)
    _check_experts(document)


def check_any_config(document: Mapping[str, Any]) -> None:
    """Refuse a config.json of any model of transformers whose sizes would fill the memory, or that names code
    on the Hub. Raises ModelError."""
    for path, key, value in _walk(document):
        limits = _SIZES.get(key)
        if limits and isinstance(value, int) and value > limits[1]:
            raise _wrong(path, value, f"must be at most {limits[1]:,}")
        if key.endswith("_implementation"):
            _check_name(path, key, value)


def _walk(document: Mapping[str, Any], prefix: str = "", depth: int = 0) -> Iterator[tuple[str, str, Any]]:
    """Yield path, key and value of each field, from the outside to the inside."""
    if depth > _MAX_DEPTH:
        raise _wrong(prefix, "...", f"must not be nested deeper than {_MAX_DEPTH} levels")
    for key, value in document.items():
        path = f"{prefix}.{key}" if prefix else key
        yield path, key, value
        if isinstance(value, dict):
            yield from _walk(value, path, depth + 1)


def _check_section(path: str, key: str, value: Any) -> None:
    if key in _SECTIONS and not isinstance(value, dict):
        raise _wrong(path, value, "must be an object")


def _check_size(path: str, key: str, value: Any) -> None:
    if key in _SIZES and not (key == "width" and isinstance(value, dict)):
        if value is None and key in _NULLABLE:
            return
        _require_whole_number(path, value, _SIZES[key])
    elif key in _SIZE_LISTS:
        least = 2 if key == "downsample_channels" else 0
        if not isinstance(value, list) or not least <= len(value) <= _MAX_LAYERS:
            raise _wrong(path, value, f"must be a list of {least} or more whole numbers")
        for index, item in enumerate(value):
            _require_whole_number(f"{path}.{index}", item, _SIZE_LISTS[key])
    elif key == "rope_theta" and not (
        isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < float("inf")
    ):
        raise _wrong(path, value, "must be a number above 0")


def _check_name(path: str, key: str, value: Any) -> None:
    known = _NAMES.get(key)
    if known is None or (value is None and key != "hidden_act"):
        return
    if not isinstance(value, str) or value not in known:
        raise _wrong(path, value, f"must be one of {', '.join(sorted(known))}")


def _check_token_ids(path: str, key: str, value: Any) -> None:
    if key not in _TOKEN_IDS or (value is None and key != "image_token_id"):
        return
    for item in value if isinstance(value, list) and value and key == "eos_token_id" else [value]:
        _require_whole_number(path, item, (0, _SIZES["vocab_size"][1]))


def _check_vocabulary(document: Mapping[str, Any]) -> None:
    """Refuse token ids beyond the vocabulary: they would fail in the middle of a training."""
    for section in ("text_config", "language_config"):
        values = document.get(section, {})
        size = values.get("vocab_size")
        if size is None:
            continue
        ids = {f"{section}.{key}": values.get(key) for key in _TOKEN_IDS}
        ids |= {key: document.get(key) for key in _TOKEN_IDS}
        for path, given in ids.items():
            for item in given if isinstance(given, list) else [given]:
                if item is not None and item >= size:
                    raise _wrong(path, item, f"must be below {section}.vocab_size, {size:,}")


def _check_experts(document: Mapping[str, Any]) -> None:
    for section in ("text_config", "language_config"):
        values = document.get(section, {})
        active, present = values.get("num_experts_per_tok"), values.get("n_routed_experts")
        if active is not None and present is not None and active > present:
            raise _wrong(
                f"{section}.num_experts_per_tok", active, f"must be at most n_routed_experts, {present}"
            )


def _require_whole_number(path: str, value: Any, limits: tuple[int, int]) -> None:
    least, most = limits
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise _wrong(path, value, f"must be a whole number from {least:,} to {most:,}")


def _wrong(path: str, value: Any, rule: str) -> ModelError:
    shown = repr(value)
    shown = shown if len(shown) <= 60 else f"{shown[:60]}..."
    return ModelError(
        f"{CONFIG_FILE}: {path} is {shown}; it {rule}.",
        hint="Use the config.json that the model was published with.",
        fields={"model": f"{CONFIG_FILE}: {path} {rule}"},
    )
