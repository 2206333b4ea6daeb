"""Export: the finished model as a folder with published key names, the adapter merged, and the base's other
files.

A model that started from its authors' published files gets their configuration, code, tokenizer, licence,
and the one tensor that no code uses. The authors' code and vLLM then load it as they load the original;
`load_model` loads it too.
"""

import shutil
from pathlib import Path
from typing import Final

from peft import PeftModel
from safetensors import SafetensorError
from transformers import PreTrainedModel

from data.errors import StorageError, cause
from data.store.files import new_folder, read_json, set_usual_mode
from training.models import published_layout
from training.models.loading import LoadedModel
from training.models.provenance import Provenance
from training.models.serving_files import write_serving_files
from training.models.trainable import merge_adapter
from training.options.model_kinds import MODEL_KINDS, PROVENANCE_FILE, published_kind
from training.speed.encoder import vision_tower

LIBRARY_CONFIG: Final = "transformers"
"""Folder in an export in the authors' layout, for the configuration that transformers needs: with that of the
authors it makes a model of random weights, without an error."""
_MAX_SHARD_SIZE: Final = "5GB"
_COPIED_PATTERNS: Final = ("*.py", "*.json", "*.txt", "*.model", "LICENSE*")
_NOT_COPIED: Final = ("README.md", "generation_config.json", PROVENANCE_FILE)
_NATIVE_UNUSED_KEY: Final = "model.vision_tower.vision_encoder.embeddings.patch_embedding.weight"


def export_model(
    model: PreTrainedModel | PeftModel, base: LoadedModel, folder: Path, provenance: Provenance | None = None
) -> None:
    """Write a model that loads without DeepSynth; the folder is complete or absent.

    Args:
        model: the trained model; an adapter is merged into it.
        base: the model that the training started from; its other files are copied.
        folder: replaced when it exists.
        provenance: written beside the weights.

    Raises:
        StorageError: the disk is full or not writable; an earlier export stays as it was.
    """
    plain = merge_adapter(model) if isinstance(model, PeftModel) else model
    try:
        with new_folder(folder, replaces=True) as unfinished:
            _write_weights(plain, base, unfinished)
            _copy_base_files(base, unfinished)
            if provenance and _is_served_elsewhere(provenance, base, unfinished):
                write_serving_files(unfinished, provenance)
            elif provenance:
                provenance.write(unfinished)
    except SafetensorError as error:
        raise StorageError(
            f"{folder} could not be written: {cause(error)}.", hint="Free some space on the workspace's disk."
        ) from error


def _is_served_elsewhere(provenance: Provenance, base: LoadedModel, folder: Path) -> bool:
    is_known_kind = MODEL_KINDS[base.kind].has_vllm_plugin and has_published_layout(folder)
    return is_known_kind and provenance.reads == "pages"


def _write_weights(model: PreTrainedModel, base: LoadedModel, folder: Path) -> None:
    # Trained weights are float32. The file has the dtype that the model was loaded in, which the encoder has.
    dtype = next(vision_tower(model).parameters()).dtype
    state = {name: tensor.to(dtype) for name, tensor in model.state_dict().items()}
    unused = published_layout.read_unused_tensor(base.folder) if base.folder else None
    if unused is not None:
        state[_NATIVE_UNUSED_KEY] = unused.to(dtype)
    if MODEL_KINDS[base.kind].has_published_names or _has_published_config(base.folder):
        # The library writes the key names that it read; in a model read from our checkpoint they are native.
        model._weight_conversions = None  # type: ignore[assignment]
    model.save_pretrained(folder, state_dict=state, max_shard_size=_MAX_SHARD_SIZE)
    base.tokenizer.save_pretrained(folder)
    if _has_published_config(base.folder):
        model.config.save_pretrained(folder / LIBRARY_CONFIG)
    for path in filter(Path.is_file, folder.rglob("*")):
        set_usual_mode(path)


def _copy_base_files(base: LoadedModel, folder: Path) -> None:
    """Copy the base's files other than its weights; its config.json only if it has the published layout."""
    if base.folder is None:
        return
    skipped = {
        *_NOT_COPIED,
        *({} if _has_published_config(base.folder) else {"config.json"}),
        *(path.name for path in folder.glob("*.index.json")),
    }
    for pattern in _COPIED_PATTERNS:
        for path in base.folder.glob(pattern):
            if path.name not in skipped and not path.name.endswith(".index.json"):
                shutil.copyfile(path, folder / path.name)


def _has_published_config(folder: Path | None) -> bool:
    return folder is not None and published_kind(read_json(folder / "config.json")) is not None


def has_published_layout(folder: Path) -> bool:
    """Return whether an export has the published layout, so that the authors' code loads it."""
    return (
        _has_published_config(folder)
        and published_layout.read_unused_tensor(folder) is not None
        and any(folder.glob("*.py"))
    )
