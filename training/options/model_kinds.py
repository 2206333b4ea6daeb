"""The kinds of models: which pages each reads, how many tokens a page is to it, and which kind a model of the
workspace is.

No torch: requests are refused and memory is estimated by this, before any weight is read.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from data.errors import InvalidInput, ModelError
from data.page_modes import PageMode
from training.options.parts import Part

ModelKind = Literal["tiny", "deepseek_ocr", "deepseek_ocr2", "unlimited_ocr"]


@dataclass(frozen=True, slots=True)
class Architecture:
    """The sizes that decide memory."""

    parameters: Mapping[Part, int]
    lora_parameters: int
    lora_experts_parameters: int
    vocabulary: int
    hidden: int
    num_layers: int
    num_experts_active: int
    """Routed experts per token and shared ones together."""
    expert_hidden: int
    encoder_width: int
    """Of the encoder's first part, which sees each patch of 16 pixels."""


_LICENSES: Final = {
    "tiny": "mit",
    "deepseek-ai/DeepSeek-OCR": "mit",
    "deepseek-ai/DeepSeek-OCR-2": "apache-2.0",
}

PINNED_REVISIONS: Final = {"deepseek-ai/DeepSeek-OCR": "9f30c71f441d010e5429c532364a86705536c53a"}
"""Commits that `revision=None` means. A Hub id that is not listed needs a revision of its own."""

DEEPSEEK_OCR: Final = Architecture(
    parameters={
        "encoder": 398_144_768,
        "projector": 2_625_280,
        "attention": 78_643_200,
        "dense": 432_979_200,
        "experts": 2_422_210_560,
        "router": 901_120,
    },
    lora_parameters=3_978_240,
    lora_experts_parameters=63_091_712,
    vocabulary=129_280,
    hidden=1280,
    num_layers=12,
    num_experts_active=8,
    expert_hidden=896,
    encoder_width=768,
)
# The decoder is the same; a language model of 24 layers stands where CLIP was.
DEEPSEEK_OCR2: Final = replace(
    DEEPSEEK_OCR, parameters={**DEEPSEEK_OCR.parameters, "encoder": 453_235_840, "projector": 1_149_440}
)
TINY: Final = Architecture(
    parameters={
        "encoder": 640_320,
        "projector": 33_152,
        "attention": 131_072,
        "dense": 149_376,
        "experts": 98_304,
        "router": 512,
    },
    lora_parameters=60_416,
    lora_experts_parameters=89_088,
    vocabulary=101,
    hidden=128,
    num_layers=2,
    num_experts_active=3,
    expert_hidden=64,
    encoder_width=64,
)


PAGE_MODES: Final[Mapping[ModelKind, tuple[PageMode, ...]]] = {
    "tiny": ("micro",),
    "deepseek_ocr": ("tiny", "small", "base", "large"),
    "deepseek_ocr2": ("base",),
    "unlimited_ocr": ("tiny", "small", "base", "large"),
}
HUB_KINDS: Final[Mapping[str, ModelKind]] = {
    "deepseek-ai/DeepSeek-OCR": "deepseek_ocr",
    "deepseek-ai/DeepSeek-OCR-2": "deepseek_ocr2",
    "baidu/Unlimited-OCR": "unlimited_ocr",
}
"""What is known of models on the Hub before they are downloaded."""
PIXELS_PER_VISION_TOKEN: Final = 64
"""Patches of 16 px, merged 4 x 4 by the compressor."""
TINY_PAGE_SIZE_PX: Final = 320
PUBLISHED_TYPE: Final = "deepseek_vl_v2"
PUBLISHED_ARCHITECTURE: Final = "DeepseekOCRForCausalLM"
TRAINED_FILE: Final = "trained.json"
"""In a checkpoint: which model its weights belong on."""


def num_image_tokens(kind: ModelKind, page_size_px: int) -> int:
    """Return the tokens of one square page: its vision tokens, the row ends that all but DeepSeek-OCR-2 put
    in, and a separator."""
    side = page_size_px // PIXELS_PER_VISION_TOKEN
    row_ends = 0 if kind == "deepseek_ocr2" else side
    return side * side + row_ends + 1


def detect_kind(document: Mapping[str, Any]) -> ModelKind:
    """Say which kind a config.json describes, by its own words; code that a repository brings along
    (`auto_map`) is never run.

    Raises:
        ModelError: none that DeepSynth knows.
    """
    model_type, architectures = (
        document.get("model_type"),
        document.get("architectures") or [PUBLISHED_ARCHITECTURE],
    )
    if model_type == PUBLISHED_TYPE and architectures == [PUBLISHED_ARCHITECTURE]:
        return "deepseek_ocr"
    if model_type == "deepseek_ocr2":
        return "deepseek_ocr2"
    if model_type == "unlimited_ocr":
        return _native_kind(document)
    raise ModelError(
        f"This is no model that DeepSynth knows: config.json says model_type {model_type!r}, architectures "
        f"{architectures}.",
        hint="Use DeepSeek-OCR, DeepSeek-OCR-2 in its transformers layout (model_type deepseek_ocr2), "
        "Unlimited-OCR, or tiny. "
        "Code inside a model repository is never run.",
    )


def _native_kind(document: Mapping[str, Any]) -> ModelKind:
    """Tell apart what shares one native class: the tiny model by its pages, DeepSeek-OCR by attention without
    a window."""
    vision, text = (document.get(part) or {} for part in ("vision_config", "text_config"))
    if (vision.get("sam_config") or {}).get("image_size") == TINY_PAGE_SIZE_PX:
        return "tiny"
    return "deepseek_ocr" if set(text.get("layer_types") or ()) == {"full_attention"} else "unlimited_ocr"


def require_page_mode(name: str, kind: ModelKind, mode: PageMode) -> None:
    """Refuse pages of a size that a model does not read.

    Raises:
        InvalidInput: `mode` is none of its modes.
    """
    modes = PAGE_MODES[kind]
    if mode not in modes:
        raise InvalidInput(
            f"{name} reads pages of mode {' or '.join(modes)}, not {mode}.",
            hint=f"Make the dataset with rendering.mode {modes[-1] if kind == 'tiny' else 'base'}, or choose "
            "another model.",
            fields={"model": f"does not read {mode} pages"},
        )


def license_of(base_model: str | None) -> str:
    """Return the licence of a base model as the Hub names it; `other` for one that is not known here."""
    return _LICENSES.get(base_model or "", "other")
