"""Finding a model by its name (tiny, a Hub id, a folder, an earlier training), and reading everything but its
weights.

Pickled weights are refused, and code in a model repository is never run.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

import transformers
from transformers import PreTrainedConfig, PreTrainedTokenizerFast

from data.config import is_hub_id
from data.errors import ModelError, UnknownName
from data.page_modes import PageMode
from data.store.files import file_sha256
from data.store.workspace import Workspace
from training.models import published_layout
from training.models.download import Judge, download_model
from training.models.library_faults import library_reads
from training.models.provenance import Provenance, read_provenance
from training.models.tiny import BASE_FOLDER
from training.options.model_config import DOWNLOAD_AGAIN, check_config, read_config, read_model_json
from training.options.model_kinds import (
    BUILT_IN,
    EXAMPLE_HUB_ID,
    MODEL_KINDS,
    TRAINED_FILE,
    ModelKind,
    detect_kind,
    published_kind,
)
from training.options.model_names import local_folder, model_folder
from training.options.trained_info import read_trained_info, require_short_chain

_TOKENIZER_FILES: Final = (
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
)
_PICKLES: Final = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl")


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFiles:
    """The files of a model, with its configuration and its tokenizer, before its weights are read."""

    source: str
    """The name that the user gave: tiny, a Hub id, a folder or a training."""
    revision: str | None
    """The commit, for a Hub id."""
    folder: Path | None
    """The folder of its configuration, code and tokenizer; None for the built-in tiny model."""
    kind: ModelKind
    config: PreTrainedConfig
    tokenizer: PreTrainedTokenizerFast
    checkpoints: tuple[Path, ...] = ()
    """Checkpoints whose trained weights are applied to it, in this order."""
    provenance: Provenance | None = None
    """The record of its training; None for a model that was not trained here."""

    @property
    def modes(self) -> tuple[PageMode, ...]:
        """Page modes that the model reads."""
        return MODEL_KINDS[self.kind].page_modes

    def fingerprint(self) -> str:
        """Return a digest that changes with the weights: of the commit for a Hub model, else of the files."""
        files = [] if self.revision else published_layout.weight_files(self.folder or BASE_FOLDER)
        for checkpoint in self.checkpoints:
            files += sorted(checkpoint.glob("*.safetensors"))
        parts = [self.revision or "", *map(file_sha256, files)]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def find_model(name: str, revision: str | None, workspace: Workspace, depth: int = 0) -> ModelFiles:
    """Find a model, download it if needed, and read everything but its weights.

    Args:
        name: `tiny`; an earlier training (`run`, or `run/checkpoints/checkpoint-20`); a folder (`/...`,
            `./...`, `~/...`); or a Hub id.
        revision: commit of a Hub id; None: the pinned one.
        depth: how many checkpoints led to `name`.

    Raises:
        UnknownName: there is no model of that name.
        ModelError: its files are not complete and safe to load.
    """
    require_short_chain(name, depth)
    if name == BUILT_IN:
        return _read_folder(name, None, None)
    folder, commit = find_folder(name, revision, workspace, partial(_judge, name))
    if not (folder / TRAINED_FILE).is_file():
        return _read_folder(name, commit, folder)
    base, provenance = _find_base(name, folder, workspace, depth), read_provenance(folder)
    return replace(base, source=name, checkpoints=(*base.checkpoints, folder), provenance=provenance)


def _judge(name: str, document: Mapping[str, Any]) -> None:
    check_config(document)
    detect_kind(document, name)


def find_folder(
    name: str, revision: str | None, workspace: Workspace, judge: Judge
) -> tuple[Path, str | None]:
    """Return the folder of a model, and its commit if it is on the Hub; `judge` as of `download_model`.
    Raises as `find_model`."""
    folder = local_folder(name, workspace)
    if folder is not None:
        return model_folder(name, folder), None
    if is_hub_id(name):
        return download_model(name, revision, judge)
    raise UnknownName(
        f"There is no model {name!r}.",
        hint=f"Use {BUILT_IN}, a Hub id such as {EXAMPLE_HUB_ID}, a folder such as ./model, or the name of a "
        "finished training.",
        fields={"model": "unknown"},
    )


def _find_base(name: str, checkpoint: Path, workspace: Workspace, depth: int) -> ModelFiles:
    """Find the model that a checkpoint's weights belong to, with the weights that it had then."""
    trained = read_trained_info(checkpoint)
    base = trained.base_model_name_or_path
    holds = f"{name} holds only the weights that its training changed, and its base {base}"
    hint = "Use the finished training, which is complete; or train again from the present model."
    try:
        model_files = find_model(base, trained.revision, workspace, depth + 1)
    except UnknownName as error:
        raise ModelError(f"{holds} is gone.", hint=hint) from error
    if model_files.fingerprint() != trained.base_weights:
        raise ModelError(f"{holds} has other weights now.", hint=hint)
    return model_files


def _read_folder(source: str, revision: str | None, folder: Path | None) -> ModelFiles:
    place = folder or BASE_FOLDER
    if not (place / "config.json").is_file():
        raise ModelError(
            f"{place} holds no model: it has no config.json.", hint="Name the folder that holds config.json."
        )
    require_safetensors(place)
    document = read_config(place)
    provenance = read_provenance(folder) if folder else None
    kind = detect_kind(document, provenance.base_model if provenance else source)
    tokenizer = load_tokenizer(place)
    config = _native_config(kind, document, tokenizer)
    _require_vocabulary(place, tokenizer, config)
    return ModelFiles(
        source=source,
        revision=revision,
        folder=folder,
        kind=kind,
        config=config,
        tokenizer=tokenizer,
        provenance=provenance,
    )


def require_safetensors(folder: Path) -> None:
    """Refuse a folder whose weights are missing, incomplete or pickled. Raises ModelError."""
    files = published_layout.weight_files(folder)
    absent = [path.name for path in files if not path.is_file()]
    if absent:
        raise ModelError(f"{folder} lacks the weight file {absent[0]}.", hint=DOWNLOAD_AGAIN)
    if files:
        return
    pickles = [path.name for pattern in _PICKLES for path in folder.glob(pattern)]
    found = (
        f"only {pickles[0]}, a pickle, which can run any code when it is opened" if pickles else "no weights"
    )
    raise ModelError(f"{folder} holds {found}.", hint="Use a model saved as safetensors.")


def load_tokenizer(folder: Path) -> PreTrainedTokenizerFast:
    """Load the tokenizer of a model's folder. Raises ModelError, naming the file at fault."""
    if not (folder / "tokenizer.json").is_file():
        raise ModelError(
            f"{folder} has no tokenizer.json.", hint="Copy the tokenizer files of the base model into it."
        )
    for name in _TOKENIZER_FILES:
        if (folder / name).is_file():
            read_model_json(folder / name)
    with library_reads(f"The tokenizer in {folder}"):
        tokenizer: PreTrainedTokenizerFast = PreTrainedTokenizerFast.from_pretrained(
            folder, local_files_only=True
        )
    return tokenizer


def _require_vocabulary(folder: Path, tokenizer: PreTrainedTokenizerFast, config: PreTrainedConfig) -> None:
    """Refuse a tokenizer whose ids the model lacks, or without an end: both would fail at work."""
    size, most = config.get_text_config().vocab_size, max(tokenizer.get_vocab().values(), default=-1)
    fault = ""
    if not 0 <= most < size:
        fault = f"ids up to {most:,}, and config.json a vocabulary of {size:,}"
    elif tokenizer.eos_token_id is None:
        fault = "no eos_token, which ends each text"
    if fault:
        raise ModelError(
            f"The tokenizer in {folder} has {fault}.", hint="Use the tokenizer that came with the model."
        )


def _native_config(
    kind: ModelKind, document: dict[str, Any], tokenizer: PreTrainedTokenizerFast
) -> PreTrainedConfig:
    if published_kind(document) is None:
        config_class: Any = getattr(transformers, MODEL_KINDS[kind].config_class)
        with library_reads("config.json"):
            config: PreTrainedConfig = config_class.from_dict(document)
        return config
    image_token_id = tokenizer.convert_tokens_to_ids(published_layout.IMAGE_TOKEN)
    if not isinstance(image_token_id, int):
        raise ModelError(
            f"The tokenizer has no {published_layout.IMAGE_TOKEN}.",
            hint="Use the tokenizer that came with the model.",
        )
    with library_reads("config.json"):
        return published_layout.native_config(document, image_token_id, MODEL_KINDS[kind].has_sliding_window)
