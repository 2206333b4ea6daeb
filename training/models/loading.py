"""One way to load a model: tiny, a Hub id at a pinned revision, a local folder, or an earlier training in the
workspace.

Weights are refused rather than half loaded: no pickle, no code from a repository, no missing, unexpected or
mismatched tensor.
"""

import hashlib
import re
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from huggingface_hub import snapshot_download
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    LocalEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from safetensors import SafetensorError
from transformers import (
    DeepseekOcr2Config,
    DeepseekOcr2ForConditionalGeneration,
    PreTrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerFast,
    UnlimitedOcrConfig,
    UnlimitedOcrForConditionalGeneration,
)
from transformers.utils import logging

from data.errors import ModelError, UnknownName
from data.page_modes import PageMode
from data.store.files import file_sha256, read_json
from data.store.workspace import Workspace
from training.models import published_layout
from training.models.device import compute_dtype
from training.models.provenance import Provenance, read_provenance
from training.models.tiny import BASE_FOLDER, load_tiny
from training.options.model_kinds import (
    PAGE_MODES,
    PINNED_REVISIONS,
    PUBLISHED_TYPE,
    TRAINED_FILE,
    ModelKind,
    detect_kind,
)
from training.options.model_names import local_folder, model_folder
from training.speed.forward_passes import patch_model

_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")
_PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl")
_DOWNLOADED = ["*.json", "*.safetensors", "*.txt", "*.model", "*.md", "*.py", "LICENSE*"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFiles:
    """A model that was found, and is known for what it is before its weights are read."""

    source: str
    """What the user named: tiny, a Hub id, a folder or a training."""
    revision: str | None
    """The commit, for a Hub id."""
    folder: Path | None
    """Where its files lie (configuration, code, tokenizer); None for the built-in tiny model."""
    kind: ModelKind
    config: PreTrainedConfig
    tokenizer: PreTrainedTokenizerFast
    checkpoints: tuple[Path, ...] = ()
    """Whose trained weights belong on it, in order."""
    provenance: Provenance | None = None
    """What it was trained to do; None for one that was not trained here."""

    @property
    def modes(self) -> tuple[PageMode, ...]:
        """Page modes that the model reads."""
        return PAGE_MODES[self.kind]

    def fingerprint(self) -> str:
        """Return a value that changes with the weights: of a Hub model its commit says it, of others the
        files are read."""
        own = [] if self.revision else published_layout.weight_files(self.folder or BASE_FOLDER)
        files = own + [
            file for checkpoint in self.checkpoints for file in sorted(checkpoint.glob("*.safetensors"))
        ]
        parts = [self.revision or "", *map(file_sha256, files)]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedModel(ModelFiles):
    """A model ready to train or to generate, and where it came from."""

    model: PreTrainedModel


def find_model(name: str, revision: str | None, workspace: Workspace) -> ModelFiles:
    """Find a model, downloading it where needed, and read all about it but its weights.

    Args:
        name: `tiny`; an earlier training (`run`, or `run/checkpoints/checkpoint-20`); a folder (`/...`,
            `./...`, `~/...`); or a Hub id.
        revision: commit of a Hub id; None: the pinned one.

    Raises:
        UnknownName: nothing has that name.
        ModelError: it could not be loaded safely and completely.
    """
    if name == "tiny":
        return _read_folder(name, None, BASE_FOLDER, None)
    folder, commit = find_folder(name, revision, workspace)
    if (folder / TRAINED_FILE).is_file():
        base = _find_base(name, read_json(folder / TRAINED_FILE), workspace)
        return replace(
            base, source=name, checkpoints=(*base.checkpoints, folder), provenance=read_provenance(folder)
        )
    return _read_folder(name, commit, folder, folder)


def _find_base(name: str, trained: Mapping[str, Any], workspace: Workspace) -> ModelFiles:
    """Find what a checkpoint's weights belong on."""
    base = trained["base_model_name_or_path"]
    hint = "Use the finished training, which is whole; or train again from the model that is there now."
    try:
        model_files = find_model(base, trained["revision"], workspace)
    except UnknownName as error:
        raise ModelError(
            f"{name} holds only what its training changed, and {base}, which it began with, is gone.",
            hint=hint,
        ) from error
    if model_files.fingerprint() != trained["base_weights"]:
        raise ModelError(
            f"{name} holds only what its training changed, and {base}, which it began with, has other "
            "weights now.",
            hint=hint,
        )
    return model_files


def load_model(
    name: str, revision: str | None, workspace: Workspace, dtype: torch.dtype | None = None
) -> LoadedModel:
    """Load a model and its tokenizer on the CPU, completely or not at all; arguments and errors as of
    `find_model`.

    Args:
        dtype: of the weights; None: bfloat16 where a GPU computes with it, else float32.
    """
    return load_from_files(find_model(name, revision, workspace), dtype)


def load_from_files(model_files: ModelFiles, dtype: torch.dtype | None = None) -> LoadedModel:
    """Load the weights of a model that was found, with those of its checkpoints in their places.

    Raises:
        ModelError: they are not exactly the model's.
    """
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    model: PreTrainedModel = (
        load_tiny()[0]
        if model_files.folder is None
        else _load_weights(model_files.folder, model_files, dtype or compute_dtype())
    )
    for checkpoint in model_files.checkpoints:
        from training.models.trained_weights import apply_trained_weights  # noqa: PLC0415 - peft takes seconds to import

        model = apply_trained_weights(model, checkpoint)
    patch_model(model)
    values = {name: getattr(model_files, name) for name in ModelFiles.__dataclass_fields__}
    return LoadedModel(model=model, **values)


def build_empty_model(model_files: ModelFiles) -> PreTrainedModel:
    """Build a model that has names and shapes and no numbers, to count by: a fraction of a second, whatever
    its size."""
    with torch.device("meta"):
        model: PreTrainedModel = _native_class(model_files.kind)(deepcopy(model_files.config))
    return model


def find_folder(name: str, revision: str | None, workspace: Workspace) -> tuple[Path, str | None]:
    """Return the folder of a model, and its commit where it is on the Hub. Raises as `find_model`."""
    folder = local_folder(name, workspace)
    if folder is not None:
        return model_folder(name, folder), None
    if _HUB_ID.fullmatch(name):
        return _download(name, revision)
    raise UnknownName(
        f"There is no model {name!r}.",
        hint="Use tiny, a Hub id such as deepseek-ai/DeepSeek-OCR, a folder such as ./model, or the name of "
        "a finished training.",
        fields={"model": "unknown"},
    )


def _download(name: str, revision: str | None) -> tuple[Path, str | None]:
    commit = revision or PINNED_REVISIONS.get(name)
    if commit is None:
        raise ModelError(
            f"No revision of {name} is pinned.",
            hint="Set revision to a commit of that repository, so that the training can be repeated.",
            fields={"revision": f"required for {name}"},
        )
    try:
        folder = Path(snapshot_download(name, revision=commit, allow_patterns=_DOWNLOADED))
    except GatedRepoError as error:
        raise ModelError(
            f"{name} is gated: its owners must grant access.",
            hint=f"Accept the terms at huggingface.co/{name} and set HF_TOKEN.",
        ) from error
    except RevisionNotFoundError as error:
        raise ModelError(
            f"{name} has no revision {commit!r}.",
            hint="Use a commit listed in its history.",
            fields={"revision": "unknown"},
        ) from error
    except RepositoryNotFoundError as error:
        raise UnknownName(
            f"There is no model {name} on the Hub, or it is private.",
            hint="Check the spelling, or set HF_TOKEN.",
            fields={"model": "unknown"},
        ) from error
    except (LocalEntryNotFoundError, ConnectionError, HfHubHTTPError) as error:
        raise ModelError(
            f"{name} is not on this machine and the Hub did not answer.",
            hint=f"Go online once, or copy the model here and name its folder. The Hub client says: {error}",
        ) from error
    # The cache names a snapshot's folder by its commit, whatever branch or tag was asked for.
    return folder, folder.name


def _read_folder(source: str, revision: str | None, place: Path, folder: Path | None) -> ModelFiles:
    if not (place / "config.json").is_file():
        raise ModelError(
            f"{place} holds no model: it has no config.json.", hint="Name the folder that holds config.json."
        )
    require_safetensors(place)
    document, tokenizer = read_json(place / "config.json"), _load_tokenizer(place)
    kind = detect_kind(document)
    config = _native_config(kind, document, tokenizer)
    provenance = read_provenance(folder) if folder else None
    return ModelFiles(
        source=source,
        revision=revision,
        folder=folder,
        kind=kind,
        config=config,
        tokenizer=tokenizer,
        provenance=provenance,
    )


def _native_class(kind: ModelKind) -> Any:
    return (
        DeepseekOcr2ForConditionalGeneration
        if kind == "deepseek_ocr2"
        else UnlimitedOcrForConditionalGeneration
    )


def _load_weights(folder: Path, model_files: ModelFiles, dtype: torch.dtype) -> PreTrainedModel:
    try:
        # Mismatched shapes are let through here only to be refused below, by name.
        options: dict[str, Any] = {
            "use_safetensors": True,
            "local_files_only": True,
            "output_loading_info": True,
            "ignore_mismatched_sizes": True,
        }
        loaded: Any = _native_class(model_files.kind).from_pretrained(
            folder, config=model_files.config, dtype=dtype, **options
        )
    except (RuntimeError, OSError, ValueError, SafetensorError) as error:
        raise ModelError(
            f"The weights in {folder} cannot be loaded: {error}",
            hint="Download the model folder again, whole.",
        ) from error
    model: PreTrainedModel
    model, report = loaded
    require_complete(folder, report)
    for parameter in model.parameters():
        # Query, key and value come out of one published tensor as views of it, which safetensors neither
        # saves nor restores.
        if parameter.untyped_storage().nbytes() > parameter.nbytes:
            parameter.data = parameter.data.clone()
    return model


def require_safetensors(folder: Path) -> None:
    """Refuse weights that are absent, in part or as a whole, or pickled."""
    files = published_layout.weight_files(folder)
    absent = [path.name for path in files if not path.is_file()]
    if absent:
        raise ModelError(
            f"{folder} lacks the weight file {absent[0]}.", hint="Download the model folder again, whole."
        )
    if files:
        return
    pickles = [path.name for pattern in _PICKLES for path in folder.glob(pattern)]
    found = (
        f"only {pickles[0]}, a pickle, which can run any code when it is opened" if pickles else "no weights"
    )
    raise ModelError(f"{folder} holds {found}.", hint="Use a model saved as safetensors.")


def _load_tokenizer(folder: Path) -> PreTrainedTokenizerFast:
    if not (folder / "tokenizer.json").is_file():
        raise ModelError(
            f"{folder} has no tokenizer.json.", hint="Copy the tokenizer files of the base model into it."
        )
    try:
        tokenizer: PreTrainedTokenizerFast = PreTrainedTokenizerFast.from_pretrained(
            folder, local_files_only=True
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(
            f"The tokenizer in {folder} cannot be read: {error}",
            hint="Download the model folder again, whole.",
        ) from error
    return tokenizer


def _native_config(
    kind: ModelKind, document: dict[str, Any], tokenizer: PreTrainedTokenizerFast
) -> PreTrainedConfig:
    if kind == "deepseek_ocr2":
        return DeepseekOcr2Config.from_dict(document)
    if document["model_type"] != PUBLISHED_TYPE:
        return UnlimitedOcrConfig.from_dict(document)
    image_token_id = tokenizer.convert_tokens_to_ids(published_layout.IMAGE_TOKEN)
    if not isinstance(image_token_id, int):
        raise ModelError(
            f"The tokenizer has no {published_layout.IMAGE_TOKEN}.",
            hint="Use the tokenizer that came with the model.",
        )
    return published_layout.native_config(document, image_token_id)


def require_complete(folder: Path, report: Mapping[str, Any]) -> None:
    """Refuse a model that the library loaded with keys missing, unexpected or of another shape."""
    faults = {
        kind: sorted(map(str, report.get(f"{kind}_keys") or ()))
        for kind in ("missing", "unexpected", "mismatched")
    }
    said = [
        f"{len(keys)} {kind} ({', '.join(keys[:3])}{', ...' if len(keys) > 3 else ''})"
        for kind, keys in faults.items()
        if keys
    ]
    if said:
        raise ModelError(
            f"The weights in {folder} do not match the model: {'; '.join(said)}.",
            hint="A model loaded like this would be partly random. Download it again, whole, or use the "
            "model that it says it is.",
        )
