"""A sample in tokens: [bos] + image tokens of each page + prompt + target + [eos]. A model that reads text
gets the document's own tokens in place of the image tokens.

A page of n x n vision tokens has n newline tokens and one separator in addition: 73, 111, 273 and 421 tokens
at 512, 640, 1024 and 1280 px, and 31 at the tiny model's 320 px. DeepSeek-OCR-2 has no newline tokens: 257
tokens at 1024 px.
"""

from dataclasses import dataclass

from transformers import PreTrainedTokenizerFast

from data.errors import InvalidInput
from data.page_modes import MODES, PageMode
from training.models.model_files import ModelFiles
from training.options.model_kinds import MODEL_KINDS, ModelKind, num_image_tokens
from training.options.reads import Reads

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
    max_positions: int
    """The most tokens of a sample that the model holds."""
    reads: Reads = "pages"
    sliding_window: int | None = None
    """Number of target tokens that a target token attends to beside the prompt; None: all."""

    @property
    def num_page_tokens(self) -> int:
        """Image tokens of one page."""
        return num_image_tokens(self.kind, self.page_size_px)

    @property
    def max_document_tokens(self) -> int:
        """The most tokens of a document that the positions hold beside the prompt and the longest summary."""
        return max(0, self.max_positions - 1 - len(self._prompt_ids()) - self.max_length)

    def encode_prompt(self, num_pages: int, text: str = "") -> list[int]:
        """Return bos, the document and the prompt; raises as `_prompt_ids`.

        Args:
            num_pages: of the document.
            text: of the document, for a model that reads text.
        """
        return [self.tokenizer.bos_token_id, *self.encode_document(num_pages, text), *self._prompt_ids()]

    def encode_document(self, num_pages: int, text: str) -> list[int]:
        """Return the image tokens of all pages, or the tokens of the text: all that the positions hold, or as
        many as the image tokens would be."""
        num_image_tokens = num_pages * self.num_page_tokens
        if self.reads == "pages":
            return [self.image_token_id] * num_image_tokens
        most = self.max_document_tokens
        return self.encode_text(text)[: min(num_image_tokens, most) if self.reads == "text" else most]

    def encode_target(self, summary: str) -> list[int]:
        """Return the summary and EOS, at most `max_length` tokens; from EOS the model learns to stop."""
        return [*self.encode_text(summary)[: self.max_length - 1], self.tokenizer.eos_token_id]

    def cuts(self, text: str) -> bool:
        """Return whether a model that reads whole texts does not hold all of this one."""
        most = self.max_document_tokens
        # A text has at most as many tokens as bytes, so short texts need no tokenizer.
        return self.reads == "whole_text" and len(text.encode()) > most and len(self.encode_text(text)) > most

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


def token_layout_for(
    model_files: ModelFiles, mode: PageMode, prompt: str, max_length: int, reads: Reads = "pages"
) -> TokenLayout:
    """Return the token layout of a model for pages of one mode, or for the texts of such pages."""
    text_config = model_files.config.get_text_config()
    has_window = MODEL_KINDS[model_files.kind].has_sliding_window
    return TokenLayout(
        tokenizer=model_files.tokenizer,
        image_token_id=model_files.config.image_token_id,
        page_size_px=MODES[mode].size_px,
        prompt=prompt,
        max_length=max_length,
        kind=model_files.kind,
        max_positions=text_config.max_position_embeddings,
        reads=reads,
        sliding_window=text_config.sliding_window if has_window else None,
    )


def require_positions(token_layout: TokenLayout, max_num_pages: int) -> None:
    """Refuse documents and summaries that need more positions than the model has.

    Raises:
        InvalidInput: beside a summary of `max_length` tokens the positions hold no page, or fewer than
            `max_num_pages`.
    """
    capacity = compute_page_capacity(token_layout)
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


def compute_page_capacity(token_layout: TokenLayout) -> int:
    """Return how many pages the model's positions hold beside the prompt and the longest summary."""
    return token_layout.max_document_tokens // token_layout.num_page_tokens
