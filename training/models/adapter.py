"""An adapter as a folder of its own, in PEFT's form, with the published names of the modules that it extends.

Plain PEFT loads it onto the library's class, which maps published names to its own.
"""

from pathlib import Path
from typing import Final

import torch
from peft import LoraConfig
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from data.errors import InvalidInput, StorageError, cause
from data.store.files import new_folder, set_usual_mode
from training.models.export import LIBRARY_CONFIG
from training.models.model_files import ModelFiles
from training.models.provenance import read_provenance
from training.models.tiny import BASE_FOLDER
from training.models.trained_weights import WEIGHTS
from training.options.trained_info import TrainedWeightsInfo, read_trained_info

ADAPTER_WEIGHTS: Final = "adapter_model.safetensors"
# In a checkpoint a tensor has its name in PEFT's model, with the adapter's own name in it.
_RENAMED: Final = ((".language_model.layers.", ".layers."), (".default.", "."))
_TARGETS: Final = (
    r"model\.(language_model\.)?layers\.\d+\."
    r"(self_attn\.[qkvo]_proj|mlp\.(shared_experts\.)?(gate|up|down)_proj)"
)
"""The modules by their published names and by those of the library. Not the vision tower's."""


_USE: Final = """\
from peft import PeftModel
from transformers import UnlimitedOcrConfig, UnlimitedOcrForConditionalGeneration

folder = {folder!r}
config = UnlimitedOcrConfig.from_pretrained(folder, subfolder="{subfolder}")
base = UnlimitedOcrForConditionalGeneration.from_pretrained({base!r}, revision={revision!r}, config=config)
model = PeftModel.from_pretrained(base, folder)
"""


def export_adapter(checkpoint: Path, base: ModelFiles, folder: Path) -> str:
    """Write the adapter of a checkpoint; the folder is complete or absent. Return the lines of Python that
    load it.

    Args:
        checkpoint: of a training with train=lora.
        base: the model that the training started from.
        folder: replaced when it exists.

    Raises:
        InvalidInput: the checkpoint holds no adapter that has a published form.
        StorageError: the checkpoint cannot be read, or the disk is full or not writable; an earlier export
            stays as it was.
    """
    trained = read_trained_info(checkpoint)
    _require_lora(checkpoint, trained)
    place = base.source if base.revision else str(base.folder or BASE_FOLDER)
    try:
        with new_folder(folder, replaces=True) as unfinished:
            save_file(_published_tensors(checkpoint), unfinished / ADAPTER_WEIGHTS, metadata={"format": "pt"})
            set_usual_mode(unfinished / ADAPTER_WEIGHTS)
            config = LoraConfig(r=trained.lora_r, lora_alpha=trained.lora_alpha, target_modules=_TARGETS)
            config.base_model_name_or_path, config.revision = place, base.revision
            config.inference_mode = True
            config.save_pretrained(unfinished)
            base.config.save_pretrained(unfinished / LIBRARY_CONFIG)
            if provenance := read_provenance(checkpoint):
                provenance.write(unfinished)
    except SafetensorError as error:
        raise StorageError(
            f"The adapter of {checkpoint} could not be written to {folder}: {cause(error)}.",
            hint="Free some space on the disk.",
        ) from error
    return _USE.format(folder=str(folder), subfolder=LIBRARY_CONFIG, base=place, revision=base.revision)


def _require_lora(checkpoint: Path, trained: TrainedWeightsInfo) -> None:
    if trained.train == "lora":
        return
    why = (
        "it was trained with train=lora_experts, which extends all routed experts as one weight; published "
        "names know them one by one"
        if trained.train == "lora_experts"
        else f"it was trained with train={trained.train}, which adds no weights"
    )
    raise InvalidInput(
        f"{checkpoint} has no adapter to export: {why}.",
        hint="Export the whole model, without --adapter.",
        fields={"adapter": "needs a training with train=lora"},
    )


def _published_tensors(checkpoint: Path) -> dict[str, torch.Tensor]:
    return {_published_name(name): tensor for name, tensor in load_file(checkpoint / WEIGHTS).items()}


def _published_name(name: str) -> str:
    for native, published in _RENAMED:
        name = name.replace(native, published)
    return name
