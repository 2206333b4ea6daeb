"""The content of a checkpoint: the trained weights by name, and the base model that they extend.

Most weights of DeepSeek-OCR never change, and a checkpoint does not repeat them. Adapters are handled in the
same way. Names are matched here, all or none: the Trainer's and peft's own loading rename keys, and report no
error when no key matches.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import torch
from peft import PeftModel
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import nn
from transformers import PreTrainedModel

from data.errors import ModelError, StorageError, cause
from data.store.files import set_usual_mode, write_json
from training.models.trainable import choose_trainable, merge_adapter
from training.options.model_kinds import TRAINED_FILE
from training.options.trained_info import TrainedWeightsInfo, read_trained_info

WEIGHTS: Final = "trained.safetensors"


def save_trained_weights(
    model: nn.Module, folder: Path, base: TrainedWeightsInfo, whole: Mapping[str, torch.Tensor] | None = None
) -> None:
    """Write the trainable weights of a model.

    Args:
        whole: all its weights, if each process holds a part of them; None: the model holds them.

    Raises:
        OSError, SafetensorError, StorageError: the disk is full or not writable.
    """
    folder.mkdir(parents=True, exist_ok=True)
    trainable = _trainable_parameters(model)
    tensors = {name: (whole or trainable)[name].detach().cpu().contiguous() for name in trainable}
    save_file(tensors, folder / WEIGHTS, metadata={"format": "pt"})
    set_usual_mode(folder / WEIGHTS)
    write_json(folder / TRAINED_FILE, base.model_dump())


def load_trained_weights(model: nn.Module, folder: Path) -> None:
    """Load saved weights into a model in which the same parts are trainable.

    Raises:
        ModelError: the file does not hold exactly these tensors.
        StorageError: it cannot be read.
    """
    trainable = _trainable_parameters(model)
    try:
        with safe_open(folder / WEIGHTS, "pt") as saved, torch.no_grad():
            shapes = {name: tuple(saved.get_slice(name).get_shape()) for name in saved.keys()}  # noqa: SIM118 - no mapping
            _require_same_shapes(shapes, trainable, folder)
            for name, tensor in trainable.items():
                tensor.copy_(saved.get_tensor(name))
    except (OSError, SafetensorError) as error:
        hint = "Train again under another output name."
        raise StorageError(
            f"The weights in {folder} cannot be restored: {cause(error)}.", hint=hint
        ) from error


def _require_same_shapes(
    saved: Mapping[str, tuple[int, ...]], trainable: Mapping[str, nn.Parameter], folder: Path
) -> None:
    shapes = {name: tuple(tensor.shape) for name, tensor in trainable.items()}
    unmatched = sorted(saved.items() ^ shapes.items())
    if unmatched:
        raise ModelError(
            f"The weights in {folder} do not fit the model: {len(unmatched)} tensors differ, the first is "
            f"{unmatched[0][0]}.",
            hint="Use the base model and the `train` option that they were made with.",
        )


def apply_trained_weights(model: PreTrainedModel, folder: Path) -> PreTrainedModel:
    """Return the base model with the weights of a checkpoint applied, in the base's dtype. Raises as
    `load_trained_weights`."""
    dtype = model.dtype
    base = read_trained_info(folder)
    chosen = choose_trainable(model, base.train, base.router, base.lora).model
    load_trained_weights(chosen, folder)
    plain = merge_adapter(chosen) if isinstance(chosen, PeftModel) else chosen
    nn.Module.to(plain, dtype)
    return plain


def _trainable_parameters(model: nn.Module) -> dict[str, nn.Parameter]:
    return {name: parameter for name, parameter in model.named_parameters() if parameter.requires_grad}
