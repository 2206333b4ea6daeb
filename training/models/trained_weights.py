"""What a checkpoint holds of the model: the weights that train, by name, and which model they belong on.

Of DeepSeek-OCR most weights never change, and every checkpoint would repeat them. Adapters are no other case:
their weights are what trains. The Trainer's and peft's own reloading rename keys and stay silent when none
fits, so names are matched here, all or none.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import torch
from peft import PeftModel
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import nn
from transformers import PreTrainedModel

from data.errors import ModelError, StorageError
from data.store.files import read_json, write_json
from training.models.trainable import choose_trainable, merge_adapter
from training.options.config import Router, Trainable
from training.options.model_kinds import TRAINED_FILE

WEIGHTS: Final = "trained.safetensors"


@dataclass(frozen=True, slots=True)
class TrainedWeightsInfo:
    """What trained weights belong on, and what they are."""

    base_model_name_or_path: str
    """As the user named it."""
    revision: str | None
    base_weights: str
    """Fingerprint of its weights."""
    train: Trainable
    router: Router = "frozen"


def save_trained_weights(
    model: nn.Module, folder: Path, base: TrainedWeightsInfo, whole: Mapping[str, torch.Tensor] | None = None
) -> None:
    """Write what trains of a model.

    Args:
        whole: all its weights, where each process has a part of them; None: the model has them.

    Raises:
        OSError, SafetensorError, StorageError: the disk is full or not writable.
    """
    folder.mkdir(parents=True, exist_ok=True)
    weights = whole or _trainable_parameters(model)
    save_file(
        {name: weights[name].detach().cpu().contiguous() for name in _trainable_parameters(model)},
        folder / WEIGHTS,
        metadata={"format": "pt"},
    )
    write_json(folder / TRAINED_FILE, asdict(base))


def load_trained_weights(model: nn.Module, folder: Path) -> None:
    """Load saved weights into a model in which the same parts train.

    Raises:
        ModelError: the file does not hold exactly these tensors.
        StorageError: it cannot be read.
    """
    wanted = _trainable_parameters(model)
    try:
        with safe_open(folder / WEIGHTS, "pt") as saved, torch.no_grad():
            shapes = {name: tuple(saved.get_slice(name).get_shape()) for name in saved.keys()}  # noqa: SIM118 - no mapping
            unmatched = sorted(
                set(shapes.items()) ^ {(name, tuple(tensor.shape)) for name, tensor in wanted.items()}
            )
            if unmatched:
                raise ModelError(
                    f"The weights in {folder} do not fit the model: {len(unmatched)} tensors differ, the "
                    f"first is {unmatched[0][0]}.",
                    hint="Use the base model and the `train` option that they were made with.",
                )
            for name, tensor in wanted.items():
                tensor.copy_(saved.get_tensor(name))
    except (OSError, SafetensorError) as error:
        raise StorageError(
            f"The weights in {folder} cannot be restored: {error}",
            hint="Train again under another output name.",
        ) from error


def apply_trained_weights(model: PreTrainedModel, folder: Path) -> PreTrainedModel:
    """Return the base model with the weights of a checkpoint in it, in the precision that it came in. Raises
    as `load_trained_weights`."""
    dtype = model.dtype
    base = TrainedWeightsInfo(**read_json(folder / TRAINED_FILE))
    chosen = choose_trainable(model, base.train, base.router).model
    load_trained_weights(chosen, folder)
    plain = merge_adapter(chosen) if isinstance(chosen, PeftModel) else chosen
    nn.Module.to(plain, dtype)
    return plain


def _trainable_parameters(model: nn.Module) -> dict[str, nn.Parameter]:
    return {name: parameter for name, parameter in model.named_parameters() if parameter.requires_grad}
