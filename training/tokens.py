"""What a sample is in tokens: [bos] + image tokens of each page + prompt + target + [eos].

A page of n x n vision tokens takes n newline tokens and one separator more: 73, 111, 273 and 421 tokens at 512, 640, 1024 and
1280 px, and 31 on the tiny model's 320 px. DeepSeek-OCR-2 has no newlines: 257 tokens at 1024 px.
"""

from dataclasses import dataclass

from transformers import PreTrainedTokenizerFast

from training.kinds import ModelKind, num_image_tokens

IGNORED = -100
"""The label that the loss leaves out."""


@dataclass(frozen=True, slots=True)
class TokenLayout:
    """Turns pages and texts into token ids for one model, one page size and one prompt."""

    tokenizer: PreTrainedTokenizerFast
    image_token_id: int
    page_size_px: int
    prompt: str
    max_length: int
    """Target tokens, EOS included."""
    kind: ModelKind
    sliding_window: int | None = None
    """The last tokens of a target that each of its tokens sees beside the prompt; None: all of them."""

    @property
    def num_page_tokens(self) -> int:
        """Image tokens of one page."""
        return num_image_tokens(self.kind, self.page_size_px)

    def encode_prompt(self, num_pages: int) -> list[int]:
        """Return bos, the image tokens and the prompt."""
        image = [self.image_token_id] * (num_pages * self.num_page_tokens)
        return [self.tokenizer.bos_token_id, *image, *self.encode_text(self.prompt)]

    def encode_target(self, summary: str) -> list[int]:
        """Return the summary, cut to `max_length`, and EOS: without it the model never learns to stop."""
        return [*self.encode_text(summary)[: self.max_length - 1], self.tokenizer.eos_token_id]

    def encode_text(self, text: str) -> list[int]:
        """Tokenise plain text; nothing is added, and no text can stand for a special token."""
        ids: list[int] = self.tokenizer.encode(text, add_special_tokens=False, split_special_tokens=True)
        return ids
