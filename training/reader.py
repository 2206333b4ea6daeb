"""A model ready to read pages: loaded, on its device, with the prompt that it was trained with."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import torch
from torch import nn
from transformers import PreTrainedModel

from data.config import PageMode
from data.errors import InvalidInput
from data.progress import Progress
from data.rendering.modes import MODES
from data.store.files import read_json
from data.store.workspace import Workspace
from training.collate import Collator
from training.config import DEFAULT_PROMPT, EvaluationConfig, PredictionConfig
from training.generate_text import Decoding
from training.model import LoadedModel, load_model
from training.run_folder import CONFIG
from training.tokens import Encoder


@dataclass(frozen=True, slots=True)
class Reader:
    """A model, how its inputs are built, and how it writes."""

    model: PreTrainedModel
    collator: Collator
    decoding: Decoding
    mode: PageMode


def open_reader(config: EvaluationConfig | PredictionConfig, mode: PageMode | None, workspace: Workspace, progress: Progress) -> Reader:
    """Load the model that a configuration names, for pages of `mode` (None: its first).

    Raises:
        UnknownName, ModelError: it cannot be loaded.
        InvalidInput: it does not read pages of that mode.
    """
    device = compute_device()
    bf16 = uses_bf16(config.bf16)
    loaded = load_model(config.model, config.revision, workspace, torch.bfloat16 if bf16 else torch.float32)
    mode = mode or loaded.modes[-1 if len(loaded.modes) == 1 else -2]
    require_mode(loaded, mode)
    progress.message(f"{config.model} reads {mode} pages on {device} in {'bfloat16' if bf16 else 'float32'}.")
    prompt = config.prompt if config.prompt is not None else _trained_prompt(config.model, workspace)
    decoding = Decoding(
        config.max_length, config.per_device_eval_batch_size, config.no_repeat_ngram_size, config.no_repeat_ngram_window_size, bf16
    )
    model: nn.Module = loaded.model
    model.to(device)
    return Reader(loaded.model, Collator(encoder_for(loaded, mode, prompt, config.max_length)), decoding, mode)


def encoder_for(loaded: LoadedModel, mode: PageMode, prompt: str, max_length: int) -> Encoder:
    """Return the token layout of a model for pages of one mode."""
    return Encoder(loaded.tokenizer, loaded.model.config.image_token_id, MODES[mode].size_px, prompt, max_length)


def require_mode(loaded: LoadedModel, mode: PageMode) -> None:
    """Refuse pages of a size that the model does not read."""
    if mode not in loaded.modes:
        raise wrong_mode(loaded.source, loaded.modes, mode)


def wrong_mode(model: str, modes: Sequence[PageMode], mode: PageMode) -> InvalidInput:
    """Say which pages a model reads."""
    return InvalidInput(
        f"{model} reads pages of mode {' or '.join(modes)}, not {mode}.",
        hint=f"Make the dataset with rendering.mode {modes[0]}, or choose another model.",
        fields={"model": f"does not read {mode} pages"},
    )


def require_positions(model: PreTrainedModel, encoder: Encoder, most_pages: int, field: str) -> None:
    """Refuse documents that are longer than the positions that the model knows: past them it would write nonsense.

    Args:
        field: of the configuration that names the documents.
    """
    limit = model.config.get_text_config().max_position_embeddings
    needed = len(encoder.question(most_pages)) + encoder.max_length
    if needed > limit:
        raise InvalidInput(
            f"A document of {most_pages} pages needs {needed:,} tokens with its prompt and summary; the model has {limit:,}.",
            hint="Use fewer pages per document (rendering.max_pages of a dataset), a smaller mode, or a lower max_length.",
            fields={field: "has documents with too many pages"},
        )


def compute_device() -> torch.device:
    """Return the GPU where there is one, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def uses_bf16(wanted: bool) -> bool:
    """Say whether to compute in bfloat16: wanted, and the device has it."""
    return wanted and torch.cuda.is_available() and torch.cuda.is_bf16_supported()


def _trained_prompt(model: str, workspace: Workspace) -> str:
    """Return the prompt of an earlier training in the workspace, or the default one."""
    name = model.partition("/")[0]
    config = workspace.models / name / CONFIG
    return cast(str, read_json(config)["prompt"]) if name and config.is_file() else DEFAULT_PROMPT
