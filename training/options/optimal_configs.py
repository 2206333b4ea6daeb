"""The four presets: hyperparameters, the parts that train within the promised memory, and the reasons."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from data.errors import UnknownName
from training.options.config import DEFAULT_PRESET, TrainingConfig
from training.options.model_kinds import BUILT_IN


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """Starting values for a training."""

    name: str
    title: str
    memory_gb: int
    """A training with these values needs less GPU memory (DeepSeek-OCR, one base page per sample)."""
    values: Mapping[str, Any]
    """TrainingConfig field -> value."""
    reasons: Mapping[str, str]
    """TrainingConfig field -> reason, in one line; every field in `values` has one."""

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form of the API."""
        own = {"name": self.name, "title": self.title, "memory_gb": self.memory_gb}
        return own | {"values": dict(self.values), "reasons": dict(self.reasons)}


_SHARED_VALUES: Final[dict[str, Any]] = {
    "learning_rate": 5e-5,
    "weight_decay": 0.01,
    "lr_scheduler_type": "cosine",
    "warmup_ratio": 0.1,
    "max_grad_norm": 1.0,
    "bf16": True,
    "num_train_epochs": 3,
    "max_length": 512,
}
_SHARED_REASONS: Final[dict[str, str]] = {
    "learning_rate": "large enough to learn in three epochs, small enough to keep the model's "
    "skill of reading",
    "weight_decay": "a mild pull to zero, against overfitting small datasets",
    "lr_scheduler_type": "ends with small steps, where the best checkpoints are found",
    "warmup_ratio": "a tenth of the steps lets Adam's averages settle before full steps",
    "max_grad_norm": "one odd page cannot throw the weights off",
    "bf16": "half the memory and several times the speed of float32, with the same range; weights that train "
    "stay float32",
    "num_train_epochs": "summaries stop improving after about three passes",
    "max_length": "tokens of the summary; longer than any of the benchmark summaries' usual lengths",
}


def _preset(name: str, title: str, memory_gb: int, own: dict[str, tuple[Any, str]]) -> Preset:
    values = MappingProxyType(_SHARED_VALUES | {field: value for field, (value, _) in own.items()})
    reasons = MappingProxyType(_SHARED_REASONS | {field: reason for field, (_, reason) in own.items()})
    return Preset(name=name, title=title, memory_gb=memory_gb, values=values, reasons=reasons)


_PRESETS: Final = (
    _preset(
        "default",
        "24 GB: everything but the encoder and the routed experts",
        24,
        {
            "train": (
                "dense",
                "514M weights: about 15 GB with their gradients and Adam's moments; the 2.4B routed "
                "experts would need 44 GB more",
            ),
            "per_device_train_batch_size": (2, "fits 24 GB beside 15 GB of weights and optimizer"),
            "gradient_accumulation_steps": (8, "2 x 8 = 16 samples a step"),
            "gradient_checkpointing": (
                False,
                "activations fit, and recomputing them would cost a quarter of the speed",
            ),
        },
    ),
    _preset(
        "low_memory",
        "16 GB: projector and attention only",
        16,
        {
            "train": (
                "attention",
                "81M weights: 8 GB with their optimizer, where dense would need 15 before the first page",
            ),
            "per_device_train_batch_size": (1, "one sample's activations at a time"),
            "gradient_accumulation_steps": (16, "1 x 16 = 16 samples a step"),
            "gradient_checkpointing": (
                True,
                "recomputes activations, so that documents of several pages fit as well",
            ),
        },
    ),
    _preset(
        "high_memory",
        "40 GB and more: large micro-batches",
        40,
        {
            "train": ("dense", "training the routed experts too would need 54 GB before the first page"),
            "per_device_train_batch_size": (8, "fills 40 GB, and larger matrices run faster"),
            "gradient_accumulation_steps": (2, "8 x 2 = 16 samples a step"),
            "gradient_checkpointing": (False, "activations fit"),
        },
    ),
    _preset(
        "quick_test",
        "One pass, to see that everything works",
        16,
        {
            "train": ("lora", "4M weights: starts and saves in seconds"),
            "num_train_epochs": (1, "one pass shows whether the loss falls"),
            "max_length": (128, "short targets are enough to see it"),
            "per_device_train_batch_size": (1, "fits anywhere that the model fits"),
            "gradient_accumulation_steps": (16, "1 x 16 = 16 samples a step, as the other presets"),
            "gradient_checkpointing": (False, "one short sample's activations fit"),
            "num_eval_samples": (16, "a first impression of the score"),
            "logging_steps": (1, "in a short run every step is a point of the curves"),
            "save_total_limit": (1, "nothing worth keeping twice"),
        },
    ),
)
PRESETS: Final[Mapping[str, Preset]] = MappingProxyType({preset.name: preset for preset in _PRESETS})


@dataclass(frozen=True, slots=True)
class StartingValues:
    """Starting values of one model, which replace those of a preset."""

    values: Mapping[str, Any]
    reasons: Mapping[str, str]


TINY_VALUES: Final = StartingValues(
    MappingProxyType({"train": "all", "learning_rate": 1e-3, "adam_beta2": 0.98}),
    MappingProxyType(
        {
            "train": "the tiny model is small enough to train all of it",
            "learning_rate": "the presets' rate is for billions of trained weights; a million weights need "
            "larger steps",
            "adam_beta2": "in few steps, the average of squared gradients must forget the first ones",
        }
    ),
)
"""For `model=tiny` with any preset: the presets' values suit the size of the real models."""


def training_config(preset: str = DEFAULT_PRESET, **overrides: Any) -> TrainingConfig:
    """Build a configuration from a preset's values. For the tiny model `TINY_VALUES` replaces some of them;
    `overrides` replaces any.

    Raises:
        UnknownName: there is no such preset.
        pydantic.ValidationError: a field is unknown, or its value is out of range.
    """
    if preset not in PRESETS:
        raise UnknownName(
            f"There is no preset {preset!r}.",
            hint=f"Presets are {', '.join(PRESETS)}.",
            fields={"preset": f"must be one of {', '.join(PRESETS)}"},
        )
    values = dict(PRESETS[preset].values)
    if overrides.get("model", TrainingConfig.model_fields["model"].default) == BUILT_IN:
        values |= TINY_VALUES.values
    return TrainingConfig(**{**values, **overrides, "preset": preset})
