"""A model that is ready to summarise: loaded, on its device, with the prompt and the page style of its
training."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

import torch
from torch import nn
from transformers import PreTrainedModel

from data.config import RenderingConfig
from data.page_modes import PageMode, describe_pages
from data.progress import Progress
from data.store.workspace import Workspace
from data.validation import parse_config
from training.generation.decoding import Decoding
from training.generation.prediction_log import work_digest
from training.inputs.collate import Collator
from training.inputs.tokens import compute_page_capacity, require_positions, token_layout_for
from training.models.device import compute_device, compute_dtype, dtype_name
from training.models.loading import load_from_files
from training.models.model_files import ModelFiles, find_model
from training.models.provenance import Provenance
from training.options.config import DEFAULT_PROMPT
from training.options.decoding_config import TRAINED_DECODING, DecodingConfig
from training.options.model_kinds import MODEL_KINDS, PROVENANCE_FILE, require_page_mode
from training.options.reads import DESCRIPTIONS, Reads

DecodingConfigT = TypeVar("DecodingConfigT", bound=DecodingConfig)


@dataclass(frozen=True, slots=True, kw_only=True)
class Summarizer:
    """A loaded model, its collator, and the settings of its generation."""

    model: PreTrainedModel
    collator: Collator
    decoding: Decoding
    rendering: RenderingConfig
    """How texts become pages of this model: the base style, where the styles of its training varied."""
    trained_num_pages: int | None
    """Pages of the longest document that the model was trained on; None: not known."""

    @property
    def reads(self) -> Reads:
        """What the model reads: pages or texts."""
        return self.collator.token_layout.reads

    @property
    def page_capacity(self) -> int:
        """The most pages of a document."""
        return compute_page_capacity(self.collator.token_layout)

    def warn_of_longer_documents(self, num_pages: Sequence[int], progress: Progress) -> None:
        """Warn of documents that are longer than any that the model was trained on.

        Args:
            num_pages: pages of each document.
            progress: gets the warning.
        """
        trained = self.trained_num_pages
        num_longer = sum(number > trained for number in num_pages) if trained else 0
        if num_longer:
            pages = "1 page" if trained == 1 else f"{trained:,} pages"
            longer = f"{num_longer:,} of {len(num_pages):,} documents are longer than any that the model"
            text = f"{longer} was trained on ({pages}). Their summaries may be of no use."
            progress.message(text, "warning")

    def work_digest(self, *inputs: Any) -> str:
        """Return a digest that is equal for equal texts; `inputs`: JSON values that identify documents."""
        token_layout = self.collator.token_layout
        layout = [token_layout.page_size_px, token_layout.prompt, token_layout.max_length]
        read = [] if token_layout.reads == "pages" else [token_layout.reads]
        return work_digest(self.model, layout + read, asdict(self.decoding), *inputs)


def load_summarizer(
    config: DecodingConfig,
    mode: PageMode | None,
    max_num_pages: int,
    workspace: Workspace,
    progress: Progress,
) -> Summarizer:
    """Load the model of a configuration, after checking that it supports the page mode and the number of
    pages.

    Args:
        mode: of the pages; None: the mode of the model's training.
        max_num_pages: the most pages of a document.

    Raises:
        UnknownName, ModelError: the model cannot be loaded.
        InvalidInput: the model does not support the mode, or not so many pages.
    """
    config = with_trained_decoding(config, workspace)
    model_files = find_model(config.model, config.revision, workspace)
    rendering = _rendering(model_files, mode)
    require_page_mode(config.model, model_files.kind, rendering.mode)
    device, dtype = compute_device(), compute_dtype(config.bf16)
    decoding = Decoding.of(config, dtype == torch.bfloat16)
    prompt = _prompt(config, model_files)
    trained = model_files.provenance
    reads = trained.reads if trained else "pages"
    token_layout = token_layout_for(model_files, rendering.mode, prompt, decoding.max_new_tokens, reads)
    require_positions(token_layout, max_num_pages)
    loaded = load_from_files(model_files, dtype)
    read = describe_pages(rendering.mode) if reads == "pages" else DESCRIPTIONS[reads]
    progress.message(f"The model {config.model} reads {read} on {device} in {dtype_name(dtype)}.")
    if model_files.checkpoints and not trained:
        progress.message(_no_record(config, rendering), "warning")
    if trained and trained.mode != rendering.mode:
        differs = f"was trained on {describe_pages(trained.mode)}, not on {describe_pages(rendering.mode)}"
        progress.message(f"The model {config.model} {differs}.", "warning")
    model: nn.Module = loaded.model
    model.to(device)
    return Summarizer(
        model=loaded.model,
        collator=Collator(token_layout),
        decoding=decoding,
        rendering=rendering,
        trained_num_pages=trained.max_num_pages if trained else None,
    )


def with_trained_decoding(config: DecodingConfigT, workspace: Workspace) -> DecodingConfigT:
    """Return a configuration with what it leaves to the model's training: the longest summary, and the rule
    against repeats. A model that was not trained here gets the defaults of a training.

    Raises:
        UnknownName, ModelError: the model cannot be found.
        InvalidInput: the rule is half of the configuration and half of the training, and cannot hold.
    """
    left_open = [name for name in TRAINED_DECODING if getattr(config, name) is None]
    if not left_open:
        return config
    trained = find_model(config.model, config.revision, workspace).provenance
    defaults = {name: Provenance.model_fields[name].default for name in left_open}
    values = {name: getattr(trained, name) for name in left_open} if trained else defaults
    return parse_config(type(config), {**config.model_dump(mode="json"), **values})


def _prompt(config: DecodingConfig, model_files: ModelFiles) -> str:
    """Return the configured prompt, else the one of the model's training, else the default."""
    if config.prompt is not None:
        return config.prompt
    return model_files.provenance.prompt if model_files.provenance else DEFAULT_PROMPT


def _no_record(config: DecodingConfig, rendering: RenderingConfig) -> str:
    prompt = DEFAULT_PROMPT if config.prompt is None else config.prompt
    return (
        f"{config.model} has no {PROVENANCE_FILE}, so it is not known how it was trained. It gets the prompt "
        f"{prompt!r} and {describe_pages(rendering.mode)} of the default style; copy {PROVENANCE_FILE} from "
        "the folder of its training into it."
    )


def _rendering(model_files: ModelFiles, mode: PageMode | None) -> RenderingConfig:
    """Return the page style of the model's training; the default style of `mode` if the model was trained
    elsewhere or on pages of another mode."""
    if model_files.provenance and mode in (None, model_files.provenance.mode):
        return model_files.provenance.rendering
    return RenderingConfig(mode=mode or MODEL_KINDS[model_files.kind].default_page_mode)
