"""A document in a batch: its row, and the prompt of a long one, which is read a few pages at a time."""

from dataclasses import dataclass, field, replace

import torch
from transformers import DynamicCache

from training.inputs.collate import Collator
from training.inputs.dataset import PageSample


@dataclass(slots=True, eq=False, kw_only=True)
class DecodingRow:
    """The summary of one document, as far as it is generated."""

    prompt_ids: list[int]
    max_new_tokens: int
    eos_token_id: int
    token_ids: list[int] = field(default_factory=list)
    """The generated tokens; the last one may be `eos_token_id`."""

    @property
    def has_end(self) -> bool:
        """Whether the model ended the summary by itself."""
        return bool(self.token_ids) and self.token_ids[-1] == self.eos_token_id

    @property
    def is_done(self) -> bool:
        return self.has_end or len(self.token_ids) >= self.max_new_tokens

    @property
    def text_ids(self) -> list[int]:
        """The generated tokens without the end-of-sequence token."""
        return self.token_ids[:-1] if self.has_end else self.token_ids


def new_row(sample: PageSample, max_new_tokens: int, collator: Collator) -> DecodingRow:
    """Return the row of a document, without a token yet."""
    layout = collator.token_layout
    return DecodingRow(
        prompt_ids=layout.encode_prompt(len(sample.pages)),
        max_new_tokens=max_new_tokens,
        eos_token_id=int(layout.tokenizer.eos_token_id),
    )


@dataclass(slots=True, eq=False, kw_only=True)
class LongPrompt:
    """The prompt of a document with many pages, as far as it is read."""

    row: DecodingRow
    sample: PageSample
    collator: Collator
    cache: DynamicCache
    """Keys and values of the tokens that are read."""
    num_pages: int = 0
    """Pages that are read."""
    num_tokens: int = 0
    """Tokens that are read."""

    @property
    def is_read(self) -> bool:
        return self.num_tokens == len(self.row.prompt_ids)

    def next_inputs(self, max_pages: int) -> dict[str, torch.Tensor]:
        """Return the model's inputs for the next pages, with the prompt's text after the last ones, and count
        them as read.

        Raises:
            InvalidInput: a page is not a readable picture.
        """
        pages = self.sample.pages[self.num_pages : self.num_pages + max_pages]
        start = self.num_tokens
        self.num_pages += len(pages)
        is_last = self.num_pages == len(self.sample.pages)
        end = len(self.row.prompt_ids) if is_last else self._end_of_page(self.num_pages)
        self.num_tokens = end
        return {
            "input_ids": torch.tensor([self.row.prompt_ids[start:end]]),
            "attention_mask": torch.ones(1, end, dtype=torch.long),
            "position_ids": torch.arange(start, end)[None],
            "pixel_values": self.collator.pixels([replace(self.sample, pages=pages)]),
        }

    def _end_of_page(self, number: int) -> int:
        """Return the number of tokens up to the end of a page; the first token is bos."""
        return 1 + number * self.collator.token_layout.num_page_tokens
