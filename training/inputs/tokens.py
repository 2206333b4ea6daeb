"""A sample in tokens: [bos] + image tokens of each page + prompt + target + [eos].

A page of n x n vision tokens has n newline tokens and one separator in addition: 73, 111, 273 and 421 tokens
at 512, 640, 1024 and 1280 px, and 31 at the tiny model's 320 px. DeepSeek-OCR-2 has no newline tokens: 257
tokens at 1024 px.
"""

from dataclasses import dataclass

from transformers import PreTrainedConfig, PreTrainedTokenizerFast

from data.errors import InvalidInput
from data.page_modes import MODES, PageMode
from training.models.model_files import ModelFiles
from training.options.model_kinds import MODEL_KINDS, ModelKind, num_image_tokens

IGNORED = -100
"""The label that the loss skips."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenLayout:
    """Turns pages and texts into token ids for one model, one page size and one prompt."""

    tokenizer: PreTrainedTokenizerFast
    image_token_id: int
    page_size_px: int
    prompt: str
    max_length: int
    """The most target tokens, EOS included."""
    kind: ModelKind
    sliding_window: int | None = None
    """Number of target tokens that a target token attends to beside the prompt; None: all."""

    @property
    def num_page_tokens(self) -> int:
        """Image tokens of one page."""
        return num_image_tokens(self.kind, self.page_size_px)

    def encode_prompt(self, num_pages: int) -> list[int]:
        """Return bos, the image tokens of all pages, and the prompt; raises as `_prompt_ids`."""
        image = [self.image_token_id] * (num_pages * self.num_page_tokens)
        return [self.tokenizer.bos_token_id, *image, *self._prompt_ids()]

    def encode_target(self, summary: str) -> list[int]:
        """Return the summary and EOS, at most `max_length` tokens; from EOS the model learns to stop."""
        return [*self.encode_text(summary)[: self.max_length - 1], self.tokenizer.eos_token_id]

    def _prompt_ids(self) -> list[int]:
        """Return the prompt as the model's authors tokenise it: with its special tokens (<|grounding|>), and
        without white space at its end.

        Raises:
            InvalidInput: the prompt holds the token of images or of padding, whose places are decided here.
        """
        tokenizer = self.tokenizer
        ids: list[int] = tokenizer.encode(
            self.prompt.rstrip(), add_special_tokens=False, split_special_tokens=False
        )
        for own in {self.image_token_id, tokenizer.pad_token_id}.intersection(ids):
            token = tokenizer.convert_ids_to_tokens(own)
            raise InvalidInput(
                f"The prompt holds {token}, which DeepSynth puts where it belongs.",
                hint=f"Leave {token} out: the prompt is the text right after the page images.",
                fields={"prompt": f"holds {token}"},
            )
        return ids

    def encode_text(self, text: str) -> list[int]:
        """Tokenise plain text: no special token is added, and none is read from the text."""
        ids: list[int] = self.tokenizer.encode(text, add_special_tokens=False, split_special_tokens=True)
        return ids


def token_layout_for(model_files: ModelFiles, mode: PageMode, prompt: str, max_length: int) -> TokenLayout:
    """Return the token layout of a model for pages of one mode."""
    has_window = MODEL_KINDS[model_files.kind].has_sliding_window
    window = model_files.config.get_text_config().sliding_window if has_window else None
    return TokenLayout(
        tokenizer=model_files.tokenizer,
        image_token_id=model_files.config.image_token_id,
        page_size_px=MODES[mode].size_px,
        prompt=prompt,
        max_length=max_length,
        kind=model_files.kind,
        sliding_window=window,
    )


def require_positions(config: PreTrainedConfig, token_layout: TokenLayout, max_num_pages: int) -> None:
    """Refuse documents and summaries that need more positions than the model has.

    Raises:
        InvalidInput: beside a summary of `max_length` tokens the positions hold no page, or fewer than
            `max_num_pages`.
    """
    capacity = compute_page_capacity(config, token_layout)
    if capacity < 1:
        raise InvalidInput(
            f"max_length={token_layout.max_length} leaves no room for a page: the model has too few "
            "positions for both.",
            hint="Lower max_length: few summaries have more than 512 tokens.",
            fields={"max_length": "leaves no room for a page"},
        )
    if max_num_pages > capacity:
        raise InvalidInput(
            f"A document has {max_num_pages} pages; the model holds {capacity} beside its prompt and a "
            f"summary of {token_layout.max_length} tokens.",
            hint="Use fewer pages per document (rendering.max_pages of a dataset), a smaller mode, or a "
            "lower max_length.",
            fields={"dataset": "has documents with too many pages"},
        )


def compute_page_capacity(config: PreTrainedConfig, token_layout: TokenLayout) -> int:
    """Return how many pages the model's positions hold beside the prompt and the longest summary."""
    limit: int = config.get_text_config().max_position_embeddings
    num_left = limit - len(token_layout.encode_prompt(0)) - token_layout.max_length
    return max(0, num_left) // token_layout.num_page_tokens
