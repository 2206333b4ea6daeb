"""What trains: which of the model's parts change, in which precision, and adapters that really reload."""

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import nn
from transformers import PreTrainedModel

from data.errors import ModelError
from data.store.files import read_json, write_bytes, write_json
from training.config import Trainable
from training.parts import TRAINED_PARTS, Part, part_of

LORA_RANK: Final = 16
LORA_ALPHA: Final = 32
# Named one by one: "all-linear" would wrap the vision tower too.
_LORA_MODULES = r".*language_model\.layers\.\d+\.(self_attn\.[qkvo]_proj|mlp\.(shared_experts\.)?(gate|up|down)_proj)"
_LORA_EXPERTS = ["mlp.experts.gate_up_proj", "mlp.experts.down_proj"]
_ADAPTER_WEIGHTS, _ADAPTER_CONFIG = "adapter_model.safetensors", "adapter_config.json"
_ADAPTER_NAME = ".default"


@dataclass(frozen=True, slots=True)
class Chosen:
    """A model whose trainable weights are chosen, and how many there are."""

    model: PreTrainedModel | PeftModel
    num_parameters: int
    """Of the model without adapters."""
    num_trainable_parameters: int


def parameter_counts(model: nn.Module) -> dict[Part, int]:
    """Count the model's parameters by part."""
    counts: Counter[Part] = Counter()
    for name, parameter in model.named_parameters():
        counts[part_of(name)] += parameter.numel()
    return dict(counts)


def choose_trainable(model: PreTrainedModel, train: Trainable) -> Chosen:
    """Freeze everything but what `train` names, and keep what trains in float32.

    Frozen weights stay in the precision they were loaded in. bfloat16 cannot hold the small steps of fine-tuning: a change below
    1/256 of a weight is rounded away.
    """
    num_parameters = sum(parameter.numel() for parameter in model.parameters())
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(part_of(name) in TRAINED_PARTS[train])
    chosen = _with_adapter(model, train) if train in ("lora", "lora_experts") else model
    trainable = [parameter for parameter in chosen.parameters() if parameter.requires_grad]
    for parameter in trainable:
        parameter.data = parameter.data.float()
    return Chosen(chosen, num_parameters, sum(parameter.numel() for parameter in trainable))


def _with_adapter(model: PreTrainedModel, train: Trainable) -> PeftModel:
    experts = _LORA_EXPERTS if train == "lora_experts" else None
    config = LoraConfig(r=LORA_RANK, lora_alpha=LORA_ALPHA, lora_dropout=0.0, target_modules=_LORA_MODULES, target_parameters=experts)
    return get_peft_model(model, config)


def save_adapter(model: PeftModel, folder: Path, base: str, revision: str | None) -> None:
    """Write the adapter's weights and settings; `base` and `revision` name the model that it belongs on."""
    settings: dict[str, Any] = {key: _plain(value) for key, value in model.peft_config["default"].to_dict().items()}
    settings |= {"base_model_name_or_path": base, "revision": revision, "inference_mode": True}
    weights = {name.replace(_ADAPTER_NAME, ""): tensor.detach().cpu().contiguous() for name, tensor in _adapter_weights(model).items()}
    folder.mkdir(parents=True, exist_ok=True)
    write_bytes(folder / _ADAPTER_WEIGHTS, save(weights, metadata={"format": "pt"}))
    write_json(folder / _ADAPTER_CONFIG, settings)


def _plain(value: Any) -> Any:
    """Turn what peft keeps as a set or an enumeration into JSON."""
    return sorted(value) if isinstance(value, set) else json.loads(json.dumps(value, default=str))


def _adapter_weights(model: PeftModel) -> dict[str, torch.Tensor]:
    return {name: parameter for name, parameter in model.named_parameters() if ".lora_" in name}


def load_adapter(model: PeftModel, folder: Path) -> None:
    """Load saved adapter weights into a model that has an adapter of the same shape.

    peft's own loading renames the keys by the model's conversion table a second time, finds none of them, and stays silent.

    Raises:
        ModelError: the file cannot be read, or does not hold exactly this adapter's tensors.
    """
    try:
        saved = load_file(folder / _ADAPTER_WEIGHTS)
    except (OSError, SafetensorError) as error:
        raise ModelError(
            f"The adapter in {folder} cannot be read: {error}", hint="Restore its folder from a backup, or train again."
        ) from error
    wanted = {name.replace(_ADAPTER_NAME, ""): parameter for name, parameter in _adapter_weights(model).items()}
    unmatched = sorted(saved.keys() ^ wanted.keys()) or [name for name in saved if saved[name].shape != wanted[name].shape]
    if unmatched:
        raise ModelError(
            f"The adapter in {folder} does not fit the model: {len(unmatched)} tensors differ, the first is {unmatched[0]}.",
            hint="Use the base model and the `train` option that the adapter was made with.",
        )
    with torch.no_grad():
        for name, tensor in saved.items():
            wanted[name].copy_(tensor)


def attach_adapter(model: PreTrainedModel, folder: Path) -> PeftModel:
    """Put a saved adapter onto its base model."""
    settings = read_json(folder / _ADAPTER_CONFIG)
    wanted = {key: settings[key] for key in ("r", "lora_alpha", "lora_dropout", "target_modules", "target_parameters")}
    adapted = get_peft_model(model, LoraConfig(**wanted))
    load_adapter(adapted, folder)
    return adapted


def merge_adapter(model: PeftModel) -> PreTrainedModel:
    """Add the adapter into the weights it sits on and return the plain model."""
    merged: PreTrainedModel = model.merge_and_unload()
    return merged
