"""One way to load a model: tiny, a Hub id at a pinned revision, a local folder, or an earlier training in the workspace.

Weights are refused rather than half loaded: no pickle, no code from a repository, no missing, unexpected or mismatched tensor.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal

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

from data.config import PageMode
from data.errors import ModelError, UnknownName
from data.store.files import inside, read_json
from data.store.workspace import Workspace
from training import published_layout
from training.config import PINNED_REVISIONS
from training.provenance import Provenance, read_provenance
from training.run_folder import CHECKPOINTS, CONFIG
from training.tiny import PAGE_SIZE_PX, load_tiny

ModelKind = Literal["tiny", "deepseek_ocr", "deepseek_ocr2", "unlimited_ocr"]

PAGE_MODES: Final[dict[ModelKind, tuple[PageMode, ...]]] = {
    "tiny": ("micro",),
    "deepseek_ocr": ("tiny", "small", "base", "large"),
    "deepseek_ocr2": ("base",),
    "unlimited_ocr": ("tiny", "small", "base", "large"),
}
_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")
_PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl")
_DOWNLOADED = ["*.json", "*.safetensors", "*.txt", "*.model", "*.md", "*.py", "LICENSE*"]
_ADAPTER_FILE = "adapter_config.json"


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A model ready to train or to generate, and where it came from."""

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerFast
    kind: ModelKind
    modes: tuple[PageMode, ...]
    """Page modes that the model reads."""
    source: str
    """What the user named: tiny, a Hub id, a folder or a training."""
    revision: str | None
    """The commit, for a Hub id."""
    folder: Path | None
    """Where its files lie (configuration, code, tokenizer); None for the built-in tiny model."""
    provenance: Provenance | None = None
    """What it was trained to do; None for one that was not trained here."""


def load_model(name: str, revision: str | None, workspace: Workspace, dtype: torch.dtype | None = None) -> LoadedModel:
    """Load a model and its tokenizer on the CPU, completely or not at all.

    Args:
        name: `tiny`; an earlier training (`run`, or `run/checkpoints/checkpoint-20`); a folder (`/...`, `./...`, `~/...`); or a Hub id.
        revision: commit of a Hub id; None: the pinned one.
        dtype: of the weights; None: bfloat16 where a GPU computes with it, else float32.

    Raises:
        UnknownName: nothing has that name.
        ModelError: it cannot be loaded safely and completely.
    """
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    if name == "tiny":
        tiny, tokenizer = load_tiny()
        return LoadedModel(tiny, tokenizer, "tiny", PAGE_MODES["tiny"], name, None, None)
    folder, commit = find_folder(name, revision, workspace)
    if (folder / _ADAPTER_FILE).is_file():
        return replace(_load_with_adapter(name, folder, workspace, dtype), provenance=read_provenance(folder))
    model, tokenizer = _load_folder(folder, dtype or default_dtype())
    kind = _kind(model.config)
    return LoadedModel(model, tokenizer, kind, PAGE_MODES[kind], name, commit, folder, read_provenance(folder))


def published_folder(folder: Path, workspace: Workspace) -> Path | None:
    """Return where the files lie that an export carries on: a checkpoint holds weights only, so those of what its training started from.

    None for the built-in tiny model. The folder itself where that start is gone: its export then has our own layout.
    """
    config = folder.parents[1] / CONFIG
    if folder.parent.name != CHECKPOINTS or not config.is_file():
        return folder
    document = read_json(config)
    if document["model"] == "tiny":
        return None
    try:
        start, _ = find_folder(document["model"], document["revision"], workspace)
    except (UnknownName, ModelError):
        return folder
    return published_folder(start, workspace)


def default_dtype() -> torch.dtype:
    """Return bfloat16 where a GPU computes with it, else float32."""
    return torch.bfloat16 if torch.cuda.is_available() and torch.cuda.is_bf16_supported() else torch.float32


def find_folder(name: str, revision: str | None, workspace: Workspace) -> tuple[Path, str | None]:
    """Return the folder of a model, and its commit where it is on the Hub. Raises as `load_model`."""
    if name.startswith(("/", "./", "../", "~")):
        return _existing_folder(Path(name).expanduser()), None
    folder = inside(workspace.models, name)
    if folder.is_dir():
        return _training_folder(name, folder), None
    if _HUB_ID.fullmatch(name):
        return _download(name, revision)
    raise UnknownName(
        f"There is no model {name!r}.",
        hint="Use tiny, a Hub id such as deepseek-ai/DeepSeek-OCR, a folder such as ./model, or the name of a finished training.",
        fields={"model": "unknown"},
    )


def _existing_folder(folder: Path) -> Path:
    if not folder.is_dir():
        raise UnknownName(f"There is no folder {folder}.", hint="Check the path of the model.", fields={"model": "no such folder"})
    return folder.resolve()


def _training_folder(name: str, folder: Path) -> Path:
    for candidate in (folder / "model", folder):
        if any((candidate / file).is_file() for file in ("config.json", _ADAPTER_FILE)):
            return candidate
    raise ModelError(
        f"The training {name!r} has no finished model yet.",
        hint=f"Let it finish, or name one of its checkpoints: {name}/checkpoints/checkpoint-<step>.",
        fields={"model": "not finished"},
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
            f"{name} is gated: its owners must grant access.", hint=f"Accept the terms at huggingface.co/{name} and set HF_TOKEN."
        ) from error
    except RevisionNotFoundError as error:
        raise ModelError(
            f"{name} has no revision {commit!r}.", hint="Use a commit listed in its history.", fields={"revision": "unknown"}
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


def _load_folder(folder: Path, dtype: torch.dtype) -> tuple[PreTrainedModel, PreTrainedTokenizerFast]:
    if not (folder / "config.json").is_file():
        raise ModelError(f"{folder} holds no model: it has no config.json.", hint="Name the folder that holds config.json.")
    require_safetensors(folder)
    document = read_json(folder / "config.json")
    tokenizer = _load_tokenizer(folder)
    model_class, config = _native(document, tokenizer)
    try:
        # Mismatched shapes are let through here only to be refused below, by name.
        options: dict[str, Any] = {
            "use_safetensors": True,
            "local_files_only": True,
            "output_loading_info": True,
            "ignore_mismatched_sizes": True,
        }
        loaded: Any = model_class.from_pretrained(folder, config=config, dtype=dtype, **options)
    except (RuntimeError, OSError, ValueError, SafetensorError) as error:
        raise ModelError(f"The weights in {folder} cannot be loaded: {error}", hint="Download the model folder again, whole.") from error
    model, report = loaded
    require_complete(folder, report)
    return model, tokenizer


def require_safetensors(folder: Path) -> None:
    """Refuse weights that are absent, in part or as a whole, or pickled."""
    files = published_layout.weight_files(folder)
    absent = [path.name for path in files if not path.is_file()]
    if absent:
        raise ModelError(f"{folder} lacks the weight file {absent[0]}.", hint="Download the model folder again, whole.")
    if files:
        return
    pickles = [path.name for pattern in _PICKLES for path in folder.glob(pattern)]
    found = f"only {pickles[0]}, a pickle, which can run any code when it is opened" if pickles else "no weights"
    raise ModelError(f"{folder} holds {found}.", hint="Use a model saved as safetensors.")


def _load_tokenizer(folder: Path) -> PreTrainedTokenizerFast:
    if not (folder / "tokenizer.json").is_file():
        raise ModelError(f"{folder} has no tokenizer.json.", hint="Copy the tokenizer files of the base model into it.")
    try:
        tokenizer: PreTrainedTokenizerFast = PreTrainedTokenizerFast.from_pretrained(folder, local_files_only=True)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"The tokenizer in {folder} cannot be read: {error}", hint="Download the model folder again, whole.") from error
    return tokenizer


def _native(document: dict[str, Any], tokenizer: PreTrainedTokenizerFast) -> tuple[type[PreTrainedModel], PreTrainedConfig]:
    """Choose the native class by the configuration's own words. Code that a repository brings along (`auto_map`) is never run."""
    model_type, architectures = document.get("model_type"), document.get("architectures") or [published_layout.ARCHITECTURE]
    if model_type == published_layout.MODEL_TYPE and architectures == [published_layout.ARCHITECTURE]:
        image_token_id = tokenizer.convert_tokens_to_ids(published_layout.IMAGE_TOKEN)
        if not isinstance(image_token_id, int):
            raise ModelError(f"The tokenizer has no {published_layout.IMAGE_TOKEN}.", hint="Use the tokenizer that came with the model.")
        return UnlimitedOcrForConditionalGeneration, published_layout.native_config(document, image_token_id)
    if model_type == "unlimited_ocr":
        return UnlimitedOcrForConditionalGeneration, UnlimitedOcrConfig.from_dict(document)
    if model_type == "deepseek_ocr2":
        return DeepseekOcr2ForConditionalGeneration, DeepseekOcr2Config.from_dict(document)
    raise ModelError(
        f"This is no model that DeepSynth knows: config.json says model_type {model_type!r}, architectures {architectures}.",
        hint="Use DeepSeek-OCR, DeepSeek-OCR-2 in its transformers layout (model_type deepseek_ocr2), Unlimited-OCR, or tiny. "
        "Code inside a model repository is never run.",
    )


def require_complete(folder: Path, report: Mapping[str, Any]) -> None:
    """Refuse a model that the library loaded with keys missing, unexpected or of another shape."""
    faults = {kind: sorted(map(str, report.get(f"{kind}_keys") or ())) for kind in ("missing", "unexpected", "mismatched")}
    said = [f"{len(keys)} {kind} ({', '.join(keys[:3])}{', ...' if len(keys) > 3 else ''})" for kind, keys in faults.items() if keys]
    if said:
        raise ModelError(
            f"The weights in {folder} do not match the model: {'; '.join(said)}.",
            hint="A model loaded like this would be partly random. Download it again, whole, or use the model that it says it is.",
        )


def _kind(config: PreTrainedConfig) -> ModelKind:
    if isinstance(config, DeepseekOcr2Config):
        return "deepseek_ocr2"
    if config.vision_config.sam_config.image_size == PAGE_SIZE_PX:
        return "tiny"
    # Our own checkpoints of DeepSeek-OCR carry the native model type; what tells it from Unlimited-OCR is the attention.
    return "deepseek_ocr" if set(config.text_config.layer_types) == {"full_attention"} else "unlimited_ocr"


def _load_with_adapter(name: str, folder: Path, workspace: Workspace, dtype: torch.dtype | None) -> LoadedModel:
    from training.trainable import attach_adapter, merge_adapter  # noqa: PLC0415 - peft takes seconds to import

    adapter = read_json(folder / _ADAPTER_FILE)
    base = load_model(adapter["base_model_name_or_path"], adapter.get("revision"), workspace, dtype)
    model = merge_adapter(attach_adapter(base.model, folder))
    return LoadedModel(model, base.tokenizer, base.kind, base.modes, name, base.revision, base.folder)
