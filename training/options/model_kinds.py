"""The kinds of models: one row each in MODEL_KINDS, with everything that is known before weights are read.

Another base model is one more row, and its name in ModelKind. No torch: the web service refuses requests and
estimates memory by this table.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from data.errors import InvalidInput, ModelError
from data.page_modes import PageMode, describe_pages
from training.options.parts import Part

ModelKind = Literal["tiny", "deepseek_ocr", "deepseek_ocr2", "unlimited_ocr"]
BUILT_IN: Final = "tiny"
"""The name of the model that comes with DeepSynth."""
TYPICAL_KIND: Final = "deepseek_ocr"
"""The kind that the presets are made for, and that is assumed where a model's kind is not known yet."""
PIXELS_PER_VISION_TOKEN: Final = 64
"""Along each side of a page: patches of 16 px, merged 4 x 4 by the compressor."""
TINY_PAGE_SIZE_PX: Final = 320
PROVENANCE_FILE: Final = "deepsynth.json"
"""In a trained model: names the model before all trainings."""
TRAINED_FILE: Final = "trained.json"
"""In a checkpoint: names the model that its weights belong to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Architecture:
    """The sizes that decide memory."""

    parameters: Mapping[Part, int]
    lora_parameters: int
    """Added weights at the default rank; they grow with it."""
    lora_experts_parameters: int
    vocabulary: int
    hidden: int
    num_layers: int
    num_experts_active: int
    """Routed experts per token plus shared experts."""
    expert_hidden: int
    encoder_width: int
    """Of the encoder's first part, which sees each patch of 16 pixels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelKindSpec:
    """What is known of a kind of model without its files."""

    title: str
    """Its name in messages."""
    hub_id: str | None
    """Its repository on the Hub; None: it comes with DeepSynth."""
    revision: str | None = None
    """The commit that `revision=None` means; None: users must name one."""
    license: str
    """As the Hub names it; `other` where it is not known."""
    description: str = "From the Hugging Face Hub"
    """One line for the screen."""
    page_modes: tuple[PageMode, ...]
    architecture: Architecture
    has_row_ends: bool = True
    """Each row of a page's vision tokens ends with a newline token."""
    has_sliding_window: bool = False
    """Each target token sees only the last tokens of the target, besides the pages and the prompt."""
    published_as: tuple[str, str] | None = None
    """model_type and architecture in the config.json of its authors, where their layout is read; None: only
    the layout of transformers is."""
    has_published_names: bool = False
    """Exports carry the key names of the authors' weights, also after training from one of our exports."""
    unread: tuple[str, str] | None = None
    """Repository and architecture of its authors, whose layout no library that we use reads."""
    has_vllm_plugin: bool = False
    """Exports hold a plugin with which vLLM serves them as they were trained."""
    model_class: str
    """In transformers."""
    config_class: str
    model_type: str
    """In a config.json in the layout of transformers."""
    recognizes: Callable[[Mapping[str, Any]], bool] = lambda _: True
    """Whether a config.json with this model_type describes this kind; rows are asked in their order."""

    @property
    def default_page_mode(self) -> PageMode:
        """The page mode to suggest where none was chosen."""
        return "base" if "base" in self.page_modes else self.page_modes[0]


_DEEPSEEK_OCR: Final = Architecture(
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
# The same decoder; in the encoder a language model of 24 layers replaces CLIP.
_DEEPSEEK_OCR2: Final = replace(
    _DEEPSEEK_OCR, parameters={**_DEEPSEEK_OCR.parameters, "encoder": 453_235_840, "projector": 1_149_440}
)
_TINY: Final = Architecture(
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


def _has_tiny_pages(document: Mapping[str, Any]) -> bool:
    sam = (document.get("vision_config") or {}).get("sam_config") or {}
    return bool(sam.get("image_size") == TINY_PAGE_SIZE_PX)


def _has_full_attention(document: Mapping[str, Any]) -> bool:
    layer_types = (document.get("text_config") or {}).get("layer_types") or ()
    return set(layer_types) == {"full_attention"}


MODEL_KINDS: Final[Mapping[ModelKind, ModelKindSpec]] = {
    "tiny": ModelKindSpec(
        title="tiny",
        hub_id=None,
        license="mit",
        description="One million parameters, reads micro pages, trains on a laptop",
        page_modes=("micro",),
        architecture=_TINY,
        model_class="UnlimitedOcrForConditionalGeneration",
        config_class="UnlimitedOcrConfig",
        model_type="unlimited_ocr",
        recognizes=_has_tiny_pages,
    ),
    "deepseek_ocr": ModelKindSpec(
        title="DeepSeek-OCR",
        hub_id="deepseek-ai/DeepSeek-OCR",
        revision="9f30c71f441d010e5429c532364a86705536c53a",
        license="mit",
        page_modes=("tiny", "small", "base", "large"),
        architecture=_DEEPSEEK_OCR,
        published_as=("deepseek_vl_v2", "DeepseekOCRForCausalLM"),
        has_published_names=True,
        has_vllm_plugin=True,
        model_class="UnlimitedOcrForConditionalGeneration",
        config_class="UnlimitedOcrConfig",
        model_type="unlimited_ocr",
        recognizes=_has_full_attention,
    ),
    "deepseek_ocr2": ModelKindSpec(
        title="DeepSeek-OCR-2",
        hub_id="deepseek-community/DeepSeek-OCR-2",
        license="apache-2.0",
        page_modes=("base",),
        architecture=_DEEPSEEK_OCR2,
        has_row_ends=False,
        unread=("deepseek-ai/DeepSeek-OCR-2", "DeepseekOCR2ForCausalLM"),
        model_class="DeepseekOcr2ForConditionalGeneration",
        config_class="DeepseekOcr2Config",
        model_type="deepseek_ocr2",
    ),
    "unlimited_ocr": ModelKindSpec(
        title="Unlimited-OCR",
        hub_id="baidu/Unlimited-OCR",
        license="mit",
        page_modes=("tiny", "small", "base", "large"),
        architecture=_DEEPSEEK_OCR,
        has_sliding_window=True,
        published_as=("unlimited-ocr", "UnlimitedOCRForCausalLM"),
        model_class="UnlimitedOcrForConditionalGeneration",
        config_class="UnlimitedOcrConfig",
        model_type="unlimited_ocr",
    ),
}
EXAMPLE_HUB_ID: Final = MODEL_KINDS[TYPICAL_KIND].hub_id
"""In hints."""
_KINDS_BY_NAME: Final[Mapping[str, ModelKind]] = {
    spec.hub_id or kind: kind for kind, spec in MODEL_KINDS.items()
}


def kind_of_name(name: str) -> ModelKind | None:
    """Return the kind that `tiny` or a Hub id names; None for a name that has no row."""
    return _KINDS_BY_NAME.get(name)


def pinned_revision(name: str) -> str | None:
    """Return the commit that `revision=None` means for a Hub id; None: a revision must be given."""
    kind = kind_of_name(name)
    return MODEL_KINDS[kind].revision if kind else None


def license_of(base_model: str | None) -> str:
    """Return the licence of a base model as the Hub names it; `other` for a model that has no row."""
    kind = kind_of_name(base_model or "")
    return MODEL_KINDS[kind].license if kind else "other"


def num_image_tokens(kind: ModelKind, page_size_px: int) -> int:
    """Return the tokens of one square page: its vision tokens, the row ends of a kind that has them, and a
    separator."""
    side = page_size_px // PIXELS_PER_VISION_TOKEN
    row_ends = side if MODEL_KINDS[kind].has_row_ends else 0
    return side * side + row_ends + 1


def published_kind(document: Mapping[str, Any]) -> ModelKind | None:
    """Return the kind whose authors' layout a config.json has; None: it has no such layout."""
    for kind, spec in MODEL_KINDS.items():
        if spec.published_as:
            model_type, architecture = spec.published_as
            named = document.get("architectures") or [architecture]
            if (document.get("model_type"), named) == (model_type, [architecture]):
                return kind
    return None


def detect_kind(document: Mapping[str, Any], base_model: str | None = None) -> ModelKind:
    """Return the kind that a config.json describes. Code in a model repository (`auto_map`) is never run.

    Args:
        document: the content of config.json.
        base_model: the Hub id that the model comes from; it tells kinds with equal config.json apart.

    Raises:
        ModelError: no kind recognizes it.
    """
    model_type = document.get("model_type")
    if published := published_kind(document):
        return published
    named = kind_of_name(base_model or "")
    for kind, spec in sorted(MODEL_KINDS.items(), key=lambda row: row[0] != named):
        if model_type == spec.model_type and spec.recognizes(document):
            return kind
    architectures = document.get("architectures") or "none"
    for spec in MODEL_KINDS.values():
        if spec.unread and [spec.unread[1]] == architectures:
            raise _unread(f"A model whose config.json names the architecture {spec.unread[1]}", spec)
    known = ", ".join(f"{spec.title} ({spec.model_type})" for spec in MODEL_KINDS.values())
    authors = " or ".join(spec.title for spec in MODEL_KINDS.values() if spec.published_as)
    raise ModelError(
        f"DeepSynth does not know this model: config.json has model_type {model_type!r}, architectures "
        f"{architectures}.",
        hint=f"Use one of these, in the layout of transformers with this model_type: {known}; or "
        f"{authors} as their authors published them. Code in a model repository is never run.",
    )


def require_readable(name: str) -> None:
    """Refuse the Hub id of a repository whose layout is not read, and name the one that is.

    Raises:
        ModelError: no training can start from it.
    """
    for spec in MODEL_KINDS.values():
        if spec.unread and spec.unread[0] == name:
            raise _unread(name, spec)


def _unread(what: str, spec: ModelKindSpec) -> ModelError:
    return ModelError(
        f"{what} has the layout of the authors of {spec.title}, which needs their code; DeepSynth runs no "
        "code of a model repository.",
        hint=f"Use {spec.hub_id}: the same model in the layout of transformers.",
        fields={"model": f"use {spec.hub_id}"},
    )


def require_page_mode(name: str, kind: ModelKind, mode: PageMode) -> None:
    """Refuse pages of a size that a model does not read.

    Raises:
        InvalidInput: `mode` is not a page mode of the kind.
    """
    spec = MODEL_KINDS[kind]
    if mode not in spec.page_modes:
        raise InvalidInput(
            f"The model {name} reads {' or '.join(map(describe_pages, spec.page_modes))}, not "
            f"{describe_pages(mode)}.",
            hint=f"Make the dataset with rendering.mode={spec.default_page_mode}, or choose another model.",
            fields={"model": f"does not read {describe_pages(mode)}"},
        )
