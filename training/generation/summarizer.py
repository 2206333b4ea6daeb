"""A model ready to read pages: loaded, on its device, with the prompt and the pages that it was trained
with."""

from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import nn
from transformers import PreTrainedModel

from data.config import RenderingConfig
from data.page_modes import PageMode
from data.progress import Progress
from data.store.workspace import Workspace
from training.generation.generate_text import Decoding
from training.generation.prediction_log import work_digest
from training.inputs.collate import Collator
from training.inputs.tokens import compute_page_capacity, require_positions, token_layout_for
from training.models.device import compute_device, uses_bf16
from training.models.loading import ModelFiles, find_model, load_from_files
from training.options.config import DEFAULT_PROMPT, EvaluationConfig, PredictionConfig
from training.options.model_kinds import require_page_mode


@dataclass(frozen=True, slots=True, kw_only=True)
class Summarizer:
    """A model, how its inputs are built, and how it writes."""

    model: PreTrainedModel
    collator: Collator
    decoding: Decoding
    rendering: RenderingConfig
    """How texts become pages for it."""

    @property
    def page_capacity(self) -> int:
        """The most pages that a document may have."""
        return compute_page_capacity(self.model.config, self.collator.token_layout)

    def work_digest(self, *inputs: Any) -> str:
        """Return the same value for the same texts; `inputs` says what is read, as JSON values."""
        token_layout = self.collator.token_layout
        layout = [token_layout.page_size_px, token_layout.prompt, token_layout.max_length]
        return work_digest(self.model, layout, asdict(self.decoding), *inputs)


def load_summarizer(
    config: EvaluationConfig | PredictionConfig,
    mode: PageMode | None,
    max_num_pages: int,
    workspace: Workspace,
    progress: Progress,
) -> Summarizer:
    """Load the model that a configuration names, once it is known to read what it shall.

    Args:
        mode: of the pages; None: those that it was trained on.
        max_num_pages: of a document.

    Raises:
        UnknownName, ModelError: it cannot be loaded.
        InvalidInput: it does not read pages of that mode, or so many.
    """
    device = compute_device()
    bf16 = uses_bf16(config.bf16)
    model_files = find_model(config.model, config.revision, workspace)
    rendering = _rendering(model_files, mode)
    require_page_mode(config.model, model_files.kind, rendering.mode)
    trained = model_files.provenance
    prompt = config.prompt if config.prompt is not None else trained.prompt if trained else DEFAULT_PROMPT
    token_layout = token_layout_for(model_files, rendering.mode, prompt, config.max_length)
    require_positions(model_files.config, token_layout, max_num_pages)
    loaded = load_from_files(model_files, torch.bfloat16 if bf16 else torch.float32)
    progress.message(
        f"{config.model} reads {rendering.mode} pages on {device} in {'bfloat16' if bf16 else 'float32'}."
    )
    if trained and trained.mode != rendering.mode:
        progress.message(
            f"{config.model} learned from {trained.mode} pages, not from {rendering.mode} ones.", "warning"
        )
    decoding = Decoding(
        max_new_tokens=config.max_length,
        batch_size=config.per_device_eval_batch_size,
        no_repeat_ngram_size=config.no_repeat_ngram_size,
        no_repeat_ngram_window_size=config.no_repeat_ngram_window_size,
        bf16=bf16,
    )
    model: nn.Module = loaded.model
    model.to(device)
    return Summarizer(
        model=loaded.model, collator=Collator(token_layout), decoding=decoding, rendering=rendering
    )


def _rendering(model_files: ModelFiles, mode: PageMode | None) -> RenderingConfig:
    """Return how a model's pages were drawn; the mode's own style where it was not trained here, or on others
    than `mode`."""
    if model_files.provenance and mode in (None, model_files.provenance.mode):
        return model_files.provenance.rendering
    return RenderingConfig(mode=mode or ("base" if "base" in model_files.modes else model_files.modes[0]))
