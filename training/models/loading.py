"""Loading a model's weights: completely or not at all.

A model with a missing, unexpected or mismatched tensor is refused: the library would fill it with random
numbers.
"""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch
import transformers
from transformers import GenerationConfig, PreTrainedModel
from transformers.utils import GENERATION_CONFIG_NAME, logging

from data.errors import ModelError
from data.store.workspace import Workspace
from training.models.device import compute_dtype
from training.models.library_faults import library_reads
from training.models.model_files import ModelFiles, find_model
from training.models.tiny import load_tiny
from training.models.weight_sizes import require_similar_size
from training.options.model_config import read_model_json
from training.options.model_kinds import MODEL_KINDS, ModelKind
from training.speed.forward_passes import patch_model

_OPTIONS: Final = {
    "use_safetensors": True,
    "local_files_only": True,
    "output_loading_info": True,
    "ignore_mismatched_sizes": True,  # so that `require_complete` refuses them by name
}

_BEAMS: Final = frozenset({"num_beams", "num_return_sequences"})
_MAX_BEAMS: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedModel(ModelFiles):
    """A model with its weights, ready to train or to generate, and the files that it came from."""

    model: PreTrainedModel


def load_model(
    name: str, revision: str | None, workspace: Workspace, dtype: torch.dtype | None = None
) -> LoadedModel:
    """Load a model and its tokenizer on the CPU; arguments and errors as of `find_model`.

    Args:
        dtype: of the weights; None: as `compute_dtype` says.
    """
    return load_from_files(find_model(name, revision, workspace), dtype)


def load_from_files(model_files: ModelFiles, dtype: torch.dtype | None = None) -> LoadedModel:
    """Load the weights of a model that was found, and apply those of its checkpoints.

    Raises:
        ModelError: the files do not hold exactly the model's weights.
    """
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    if model_files.folder is None:
        model: PreTrainedModel = load_tiny()[0]
    else:
        model = _load_weights(model_files.folder, model_files, dtype or compute_dtype())
    for checkpoint in model_files.checkpoints:
        from training.models.trained_weights import apply_trained_weights  # noqa: PLC0415 - peft takes seconds to import

        model = apply_trained_weights(model, checkpoint)
    patch_model(model)
    values = {name: getattr(model_files, name) for name in ModelFiles.__dataclass_fields__}
    return LoadedModel(model=model, **values)


def build_empty_model(model_files: ModelFiles) -> PreTrainedModel:
    """Build the model without weights (meta device), to count its parameters."""
    with library_reads("config.json"), torch.device("meta"):
        model: PreTrainedModel = _native_class(model_files.kind)(deepcopy(model_files.config))
    return model


def _native_class(kind: ModelKind) -> Any:
    return getattr(transformers, MODEL_KINDS[kind].model_class)


def _load_weights(folder: Path, model_files: ModelFiles, dtype: torch.dtype) -> PreTrainedModel:
    require_similar_size(build_empty_model(model_files), folder)
    _check_generation_config(folder)
    native_class = _native_class(model_files.kind)
    with library_reads(f"The model in {folder}"):
        model, report = native_class.from_pretrained(
            folder, config=model_files.config, dtype=dtype, **_OPTIONS
        )
    require_complete(folder, report)
    loaded: PreTrainedModel = model
    for parameter in loaded.parameters():
        # Query, key and value are views of one published tensor, which safetensors cannot save or restore.
        if parameter.untyped_storage().nbytes() > parameter.nbytes:
            parameter.data = parameter.data.clone()
    return loaded


def _check_generation_config(folder: Path) -> None:
    """Refuse a generation_config.json that the library cannot use, before the weights are read."""
    path = folder / GENERATION_CONFIG_NAME
    if path.is_file():
        for key in _BEAMS & (values := read_model_json(path)).keys():
            if not isinstance(values[key], int | None) or not 1 <= (values[key] or 1) <= _MAX_BEAMS:
                raise ModelError(f"{path}: {key} is {values[key]!r}; it must be 1 to {_MAX_BEAMS}.")
        with library_reads(str(path)):
            GenerationConfig.from_pretrained(folder, local_files_only=True)


def require_complete(folder: Path, report: Mapping[str, Any]) -> None:
    """Refuse a model that the library loaded with missing, unexpected or mismatched keys.

    Args:
        report: the lists `missing_keys`, `unexpected_keys` and `mismatched_keys`, from the library.
    """
    faults = []
    for fault in ("missing", "unexpected", "mismatched"):
        keys = sorted(map(str, report.get(f"{fault}_keys") or ()))
        if keys:
            faults.append(f"{len(keys)} {fault} ({', '.join(keys[:3])}{', ...' if len(keys) > 3 else ''})")
    if faults:
        raise ModelError(
            f"The weights in {folder} do not match the model: {'; '.join(faults)}.",
            hint="A model loaded like this would be partly random. Download it again, whole, or use the "
            "model that its config.json describes.",
        )
