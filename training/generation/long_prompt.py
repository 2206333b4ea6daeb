"""The prompt of a long document, which is read a few pages at a time."""

from dataclasses import dataclass, replace

import torch
from transformers import DynamicCache

from training.generation.decoding_row import DecodingRow
from training.inputs.collate import Collator
from training.inputs.dataset import PageSample


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
