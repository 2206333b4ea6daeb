"""Choosing the weights that train: parts of the model or adapters, and their dtype."""

import warnings
from collections import Counter
from dataclasses import dataclass

from peft import LoraConfig, PeftModel, get_peft_model
from torch import nn
from transformers import PreTrainedModel

from training.options.config import Router, Trainable
from training.options.lora import Lora
from training.options.parts import Part, part_of, trained_parts

# Listed one by one: "all-linear" would wrap the vision tower too.
_LORA_MODULES = (
    r".*language_model\.layers\.\d+\.(self_attn\.[qkvo]_proj|mlp\.(shared_experts\.)?(gate|up|down)_proj)"
)
_LORA_EXPERTS = ["mlp.experts.gate_up_proj", "mlp.experts.down_proj"]


@dataclass(frozen=True, slots=True)
class TrainableModel:
    """A model with its trainable weights chosen, and their number."""

    model: PreTrainedModel | PeftModel
    num_parameters: int
    """Without adapters."""
    num_trainable_parameters: int


def parameter_counts(model: nn.Module) -> dict[Part, int]:
    """Count the model's parameters by part."""
    counts: Counter[Part] = Counter()
    for name, parameter in model.named_parameters():
        counts[part_of(name)] += parameter.numel()
    return dict(counts)


def choose_trainable(
    model: PreTrainedModel, train: Trainable, router: Router = "frozen", lora: Lora | None = None
) -> TrainableModel:
    """Freeze all weights but those that `train` and `router` choose, and convert the chosen ones to float32.

    bfloat16 cannot hold the small steps of fine-tuning: a change below 1/256 of a weight is rounded away.
    Frozen weights keep the dtype that they were loaded in.

    Args:
        lora: of the adapter that the lora options add; None: `Lora()`.
    """
    num_parameters = sum(parameter.numel() for parameter in model.parameters())
    parts = trained_parts(train, router)
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(part_of(name) in parts)
    chosen = _with_adapter(model, train, lora or Lora()) if train in ("lora", "lora_experts") else model
    trainable = [parameter for parameter in chosen.parameters() if parameter.requires_grad]
    for parameter in trainable:
        parameter.data = parameter.data.float()
    return TrainableModel(chosen, num_parameters, sum(parameter.numel() for parameter in trainable))


def _with_adapter(model: PreTrainedModel, train: Trainable, lora: Lora) -> PeftModel:
    experts = _LORA_EXPERTS if train == "lora_experts" else None
    config = LoraConfig(
        r=lora.r,
        lora_alpha=lora.alpha,
        lora_dropout=lora.dropout,
        target_modules=_LORA_MODULES,
        target_parameters=experts,
    )
    # peft asks the model by a name that transformers is about to drop.
    warnings.filterwarnings("ignore", "`is_gradient_checkpointing` is deprecated")
    return get_peft_model(model, config)


def merge_adapter(model: PeftModel) -> PreTrainedModel:
    """Add an adapter to the weights that it extends, and return the model without adapters."""
    merged: PreTrainedModel = model.merge_and_unload()
    return merged
