"""The GPU memory of a training, estimated without loading anything.

Parameter counts come from MODEL_KINDS. Activations are the tensors that the backward pass keeps, scaled by
measurements on an H200 at the real width (peaks of batches of 4 and 12).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from typing import Final

from data.config import ANSWER_CONFIG
from data.page_modes import MODES, PageMode
from training.options.config import Trainable, TrainingConfig
from training.options.lora import Lora
from training.options.model_kinds import (
    MODEL_KINDS,
    TYPICAL_KIND,
    Architecture,
    ModelKind,
    kind_of_name,
    num_image_tokens,
)
from training.options.parts import trained_parts

GB: Final = 1e9
_GRADIENT_BYTES: Final = 4
# Per trained weight. adamw_torch updates all weights at once, and holds one more copy meanwhile.
_OPTIMIZER_BYTES: Final = {"adamw_torch_fused": 8, "adamw_torch": 12, "adafactor": 0.1}
_RUNTIME_GB: Final = 1.2  # CUDA context, work space of kernels, and blocks that the allocator cannot reuse
_LOGIT_BYTES: Final = 12  # per target token and vocabulary entry: bfloat16 and float32 logits and gradients
# Pages with more than ten times as many text tokens are hard to read (DeepSeek-OCR, arXiv 2510.18234),
# so pages that are of use hold no more.
_MOST_TEXT_TOKENS_PER_PAGE_TOKEN: Final = 10
_PIXELS_PER_CHUNK_ON_GPU: Final = 16 * 1024**2
_PIXELS_PER_CHUNK_ON_CPU: Final = 4 * 1024**2
# Times the work space of a frozen encoder. Counted on meta tensors: 2.9 GB for a 1024 px page in bfloat16,
# with float32 norms.
_TRAINED_ENCODER_MEMORY_FACTOR: Final = 24
# Measured share of the bytes that `_activation_bytes` counts for a layer (167 kB per token at full size): 50,
# 52, 59 kB and so on.
_KEPT_ACTIVATION_SHARE: Final[Mapping[Trainable, float]] = {
    "projector": 0.30,
    "attention": 0.31,
    "dense": 0.36,
    "lora": 0.42,
    "lora_experts": 0.56,
    "decoder": 0.52,
    "all": 0.52,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryEstimate:
    """GPU memory of one training process, by its use, in GB of 10^9 bytes."""

    __pydantic_config__ = ANSWER_CONFIG

    mode: PageMode
    num_pages: int
    """Of the longest sample."""
    num_parameters: int
    num_trainable_parameters: int
    weights_gb: float
    gradients_gb: float
    optimizer_gb: float
    activations_gb: float
    encoder_gb: float
    runtime_gb: float
    total_gb: float
    """The peak. A frozen encoder's work space is freed before the decoder's activations are allocated, so the
    larger of the two counts."""
    fits: Mapping[str, bool]
    """GPU memory in GB, of the usual sizes -> whether the training is expected to fit."""

    def fits_in(self, gpu_memory_gb: float) -> bool:
        """Return whether a GPU with that much memory is expected to hold the training."""
        return self.total_gb <= gpu_memory_gb


def estimate_training_memory(
    config: TrainingConfig, mode: PageMode = "base", num_pages: int = 1, kind: ModelKind | None = None
) -> MemoryEstimate:
    """Estimate the GPU memory of a training.

    Args:
        config: the training.
        mode: of the pages.
        num_pages: of the longest sample.
        kind: of the model; None: by its name, or TYPICAL_KIND.
    """
    kind = kind or kind_of_name(config.model) or TYPICAL_KIND
    sizes = MODEL_KINDS[kind].architecture
    page_px = MODES[mode].size_px
    parts = _parts_gb(sizes, config, page_px, num_pages, num_image_tokens(kind, page_px))
    rounded = {name: round(part, 2) for name, part in parts.items()}
    return MemoryEstimate(
        mode=mode,
        num_pages=num_pages,
        num_parameters=sum(sizes.parameters.values()),
        num_trainable_parameters=_trainable(sizes, config)[0],
        **rounded,
        fits={str(size): rounded["total_gb"] <= size for size in (16, 24, 40, 80)},
    )


def _parts_gb(
    sizes: Architecture, config: TrainingConfig, page_px: int, num_pages: int, page_tokens: int
) -> dict[str, float]:
    """Return the fields of MemoryEstimate that are in GB, not rounded."""
    trained, added = _trainable(sizes, config)
    batch, dtype_factor = config.per_device_train_batch_size, 1 if config.bf16 else 2
    num_tokens = num_pages * page_tokens * _document_tokens_per_page_token(config) + config.max_length
    weights = _weight_bytes(sizes, config, trained, added) / GB
    gradients = trained * _GRADIENT_BYTES / GB
    optimizer = trained * _OPTIMIZER_BYTES[config.optim] / GB
    activations = batch * _activation_bytes(sizes, config, num_tokens) * dtype_factor / GB
    encoder = _encoder_pages(config, page_px, num_pages) * _encoder_bytes(sizes, page_px) * dtype_factor / GB
    # A trained encoder keeps activations for the backward pass, besides those of the decoder.
    peak = activations + encoder if config.train == "all" else max(activations, encoder)
    return {
        "weights_gb": weights,
        "gradients_gb": gradients,
        "optimizer_gb": optimizer,
        "activations_gb": activations,
        "encoder_gb": encoder,
        "runtime_gb": _RUNTIME_GB,
        "total_gb": weights + gradients + optimizer + peak + _RUNTIME_GB,
    }


def _document_tokens_per_page_token(config: TrainingConfig) -> int:
    return _MOST_TEXT_TOKENS_PER_PAGE_TOKEN if config.reads == "whole_text" else 1


def pages_per_chunk(page_size_px: int, on_gpu: bool = True) -> int:
    """Return the number of pages in one chunk of a frozen encoder: enough to fill a GPU, few enough for a
    small work space."""
    return max(1, (_PIXELS_PER_CHUNK_ON_GPU if on_gpu else _PIXELS_PER_CHUNK_ON_CPU) // page_size_px**2)


def describe_memory_fit(expected: MemoryEstimate, gpu_memory_gb: float) -> str:
    """Return a sentence on whether the training is expected to fit in the free memory of this GPU."""
    verdict = "fits" if expected.fits_in(gpu_memory_gb) else "does not fit"
    return (
        f"The training needs about {expected.total_gb:.1f} GB and {verdict} the {gpu_memory_gb:.1f} GB "
        "that are free on this GPU."
    )


def _trainable(sizes: Architecture, config: TrainingConfig) -> tuple[int, int]:
    """Return the number of trainable weights, and how many of these are added to the model."""
    if config.train in ("lora", "lora_experts"):
        at_default = sizes.lora_parameters if config.train == "lora" else sizes.lora_experts_parameters
        added = at_default // Lora.r * config.lora_r
        return added, added
    return sum(sizes.parameters[part] for part in trained_parts(config.train, config.router)), 0


def _weight_bytes(sizes: Architecture, config: TrainingConfig, trained: int, added: int) -> float:
    """Return the bytes of all weights. A trained weight is float32, with a bfloat16 copy under autocast."""
    frozen = sum(sizes.parameters.values()) + added - trained
    frozen_size, trained_size = (2, 6) if config.bf16 else (4, 4)
    return frozen * frozen_size + trained * trained_size + _num_merged_weights(sizes, config) * frozen_size


def _activation_bytes(sizes: Architecture, config: TrainingConfig, num_tokens: int) -> float:
    """Return the bytes that the decoder keeps for the backward pass of one sample, in bfloat16."""
    # Per token and layer: two norms (float32 input and output), query, key, value, their rotated copies and
    # the attention output; then for each active expert gate, up, activation, product, and the token's copies
    # before and after.
    attention = sizes.hidden * (2 * 10 + 2 * 3 + 4 * 2 + 2 * 2)
    experts = sizes.num_experts_active * (4 * 2 * sizes.expert_hidden + 3 * 2 * sizes.hidden)
    layer = (attention + experts) * _KEPT_ACTIVATION_SHARE[config.train]
    kept = (
        layer + sizes.num_layers * 4 * sizes.hidden
        if config.gradient_checkpointing
        else sizes.num_layers * layer
    )
    return num_tokens * kept + config.max_length * sizes.vocabulary * _LOGIT_BYTES


def _num_merged_weights(sizes: Architecture, config: TrainingConfig) -> float:
    """Return the number of weights in merged copies: adapters of the routed experts are added to a layer's
    weights in each forward pass, and kept for the backward pass unless it is recomputed."""
    if config.train != "lora_experts":
        return 0
    return sizes.parameters["experts"] / (sizes.num_layers - 1 if config.gradient_checkpointing else 1)


def _encoder_pages(config: TrainingConfig, page_px: int, num_pages: int) -> int:
    """Return the number of pages whose work space the encoder holds at a time, in pages of a frozen one."""
    if config.reads != "pages":
        return 0
    pages = config.per_device_train_batch_size * num_pages
    if config.train == "all":
        return pages * _TRAINED_ENCODER_MEMORY_FACTOR
    return min(pages, pages_per_chunk(page_px))


def _encoder_bytes(sizes: Architecture, page_size_px: int) -> float:
    """Return the encoder's work space for one page in bfloat16, in bytes: 135 MB were measured at 1024 px.
    Patches are padded to whole windows of 14."""
    patches_a_side = 14 * ceil(page_size_px / 16 / 14)
    return 36 * sizes.encoder_width * patches_a_side**2
