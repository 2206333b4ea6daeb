"""How much GPU memory a training needs, computed without loading anything: weights, gradients, optimizer,
activations, encoder.

The parameter counts are DeepSeek-OCR's own (a test counts them on the real architecture). The activation
figures count the tensors that the backward pass keeps, scaled by what an H200 was seen to take at the real
width (peaks of batches of 4 and 12).
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from math import ceil
from typing import Any, Final

from data.page_modes import MODES, PageMode
from training.options.config import Trainable, TrainingConfig
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
# A weight that trains has float32 value and gradient, and in bfloat16 training the copy that autocast makes
# of it for each step.
_GRADIENT_BYTES = 4
# adamw_torch goes over all weights at once, and holds one more copy while it does.
_OPTIMIZER_BYTES: Final = {"adamw_torch_fused": 8, "adamw_torch": 12, "adafactor": 0.1}
_RUNTIME_GB = 1.2  # CUDA context, kernels' work space, and blocks that the allocator cannot hand out again
_LOGIT_BYTES = 12  # per target token and vocabulary entry: bfloat16 and float32 logits, and both gradients
_PIXELS_PER_CHUNK_ON_GPU: Final = 16 * 1024**2
_PIXELS_PER_CHUNK_ON_CPU: Final = 4 * 1024**2
# Times its work space. Counted on tensors without numbers: 2.9 GB a 1024 px page in bfloat16; and autocast's
# norms are float32.
_TRAINED_ENCODER_MEMORY_FACTOR: Final = 24
# Of what `_activation_bytes` counts for a layer (167 kB a token at full size), the share that was kept: 50,
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


@dataclass(frozen=True, slots=True)
class MemoryEstimate:
    """GPU memory of one training process, by what it is for."""

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
    """The peak: a frozen encoder's work space is given back before the decoder's activations pile up, so the
    larger of both counts."""

    def fits(self, gpu_memory_gb: float) -> bool:
        """Say whether a GPU with that much memory is expected to hold the training."""
        return self.total_gb <= gpu_memory_gb

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form, with a verdict for the usual GPU sizes."""
        return asdict(self) | {"fits": {str(size): self.fits(size) for size in (16, 24, 40, 80)}}


def estimate_training_memory(
    config: TrainingConfig, mode: PageMode = "base", num_pages: int = 1, kind: ModelKind | None = None
) -> MemoryEstimate:
    """Estimate a training's GPU memory.

    Unlimited-OCR has the sizes of DeepSeek-OCR.

    Args:
        config: the training.
        mode: of the pages.
        num_pages: of the longest sample.
        kind: of the model; None: tiny where that is named, else of full size.
    """
    kind = kind or kind_of_name(config.model) or TYPICAL_KIND
    sizes = MODEL_KINDS[kind].architecture
    num_parameters = sum(sizes.parameters.values())
    trained, added = _trainable(sizes, config)
    frozen = num_parameters + added - trained
    number_bytes = 2 if config.bf16 else 4
    batch, page_px = config.per_device_train_batch_size, MODES[mode].size_px
    num_tokens = num_pages * num_image_tokens(kind, page_px) + config.max_length
    weights = (
        frozen * number_bytes
        + trained * (6 if config.bf16 else 4)
        + _merged_bytes(sizes, config) * number_bytes
    ) / GB
    gradients, optimizer = trained * _GRADIENT_BYTES / GB, trained * _OPTIMIZER_BYTES[config.optim] / GB
    activations = batch * _activation_bytes(sizes, config, num_tokens) * (number_bytes / 2) / GB
    # An encoder that trains sees all pages at once, and what it keeps for the backward pass adds to what the
    # decoder keeps.
    trains_encoder = config.train == "all"
    pages = (
        batch * num_pages * _TRAINED_ENCODER_MEMORY_FACTOR
        if trains_encoder
        else min(batch * num_pages, pages_per_chunk(page_px))
    )
    encoder = pages * _encoder_bytes(sizes, page_px) * (number_bytes / 2) / GB
    peak_activations = activations + encoder if trains_encoder else max(activations, encoder)
    total = weights + gradients + optimizer + peak_activations + _RUNTIME_GB
    parts = (weights, gradients, optimizer, activations, encoder, _RUNTIME_GB, total)
    return MemoryEstimate(mode, num_pages, num_parameters, trained, *(round(part, 2) for part in parts))


def pages_per_chunk(page_size_px: int, on_gpu: bool = True) -> int:
    """Return how many pages a frozen encoder sees at a time: enough to fill a GPU, few enough that their work
    space stays small."""
    return max(1, (_PIXELS_PER_CHUNK_ON_GPU if on_gpu else _PIXELS_PER_CHUNK_ON_CPU) // page_size_px**2)


def describe_memory_fit(expected: MemoryEstimate, gpu_memory_gb: float) -> str:
    """Say in one sentence whether the training is expected to fit what is free on the GPU found."""
    verdict = "fits" if expected.fits(gpu_memory_gb) else "does not fit"
    return (
        f"The training needs about {expected.total_gb:.1f} GB and {verdict} the {gpu_memory_gb:.1f} GB "
        "that are free on this GPU."
    )


def _trainable(sizes: Architecture, config: TrainingConfig) -> tuple[int, int]:
    """Return the number of trainable weights, and how many of them are added to the model."""
    if config.train in ("lora", "lora_experts"):
        added = sizes.lora_parameters if config.train == "lora" else sizes.lora_experts_parameters
        return added, added
    return sum(sizes.parameters[part] for part in trained_parts(config.train, config.router)), 0


def _activation_bytes(sizes: Architecture, config: TrainingConfig, num_tokens: int) -> float:
    """Return what the decoder keeps for one sample's backward pass, in bfloat16."""
    # Per token and layer: two norms (float32 in and out), query, key, value, their rotated copies, attention
    # output; then the gate, up, activation and product of each active expert with the token's copy going in
    # and coming out.
    attention = sizes.hidden * (2 * 10 + 2 * 3 + 4 * 2 + 2 * 2)
    experts = sizes.num_experts_active * (4 * 2 * sizes.expert_hidden + 3 * 2 * sizes.hidden)
    layer = (attention + experts) * _KEPT_ACTIVATION_SHARE[config.train]
    kept = (
        layer + sizes.num_layers * 4 * sizes.hidden
        if config.gradient_checkpointing
        else sizes.num_layers * layer
    )
    return num_tokens * kept + config.max_length * sizes.vocabulary * _LOGIT_BYTES


def _merged_bytes(sizes: Architecture, config: TrainingConfig) -> float:
    """Return what adapters of the routed experts take, which are added to the weights of a layer when a batch
    comes to it."""
    if config.train != "lora_experts":
        return 0
    return sizes.parameters["experts"] / (sizes.num_layers - 1 if config.gradient_checkpointing else 1)


def _encoder_bytes(sizes: Architecture, page_size_px: int) -> float:
    """Return the encoder's work space for one page in bfloat16: as seen, 135 MB at 1024 px. Patches are
    padded to whole windows of 14."""
    patches_a_side = 14 * ceil(page_size_px / 16 / 14)
    return 36 * sizes.encoder_width * patches_a_side**2
