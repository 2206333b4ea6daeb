"""Documents whose summaries are generated together, one token of each at a step. A document may join between
two steps, and leaves once its summary has ended.

Each row attends to its own tokens only, and has the positions that it would have alone: its text is the same
in any company, except for rounding.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch.distributed.fsdp import FSDPModule
from transformers import DynamicCache, PreTrainedModel
from transformers.cache_utils import DynamicLayer

from training.generation.decoding import Decoding
from training.generation.decoding_row import DecodingRow, new_row
from training.generation.long_prompt import LongPrompt
from training.generation.repeats import repeated_tokens
from training.inputs.collate import Collator
from training.inputs.dataset import PageSample


def can_join_rows(model: PreTrainedModel) -> bool:
    """Return whether rows of a model can be generated in a `DecodingBatch`: its cache holds all tokens of a
    row (no sliding window), its attention takes masks of booleans, and this process holds all weights."""
    text_config = model.config.get_text_config(decoder=True)
    holds_all = all(type(layer) is DynamicLayer for layer in DynamicCache(config=text_config).layers)
    return holds_all and text_config._attn_implementation == "sdpa" and not isinstance(model, FSDPModule)


class DecodingBatch:
    """The rows that are generated now, and their keys and values.

    Shapes, with b rows and t tokens of the longest row: the mask is (b, t), 0 on the padding, which is on the
    left; keys and values of each layer are (b, heads, t, width).
    """

    def __init__(self, model: PreTrainedModel, collator: Collator, decoding: Decoding) -> None:
        """Start without rows.

        Args:
            model: on its device, of a kind that `can_join_rows`; it stays in evaluation mode afterwards.
            collator: builds the prompts.
            decoding: lengths and n-gram blocking.
        """
        model.train(False)
        self._model, self._collator, self._decoding = model, collator, decoding
        self._cache = self._empty_cache()
        self._mask = torch.zeros((0, 0), dtype=torch.long, device=model.device)
        self.rows: list[DecodingRow] = []

    def join(
        self,
        samples: Sequence[PageSample],
        max_new_tokens: Sequence[int] | None = None,
        collator: Collator | None = None,
    ) -> list[DecodingRow]:
        """Read documents, generate the first token of each, and return their rows.

        Args:
            samples: at least one.
            max_new_tokens: of each sample; None: as the decoding says.
            collator: with another prompt; None: that of the batch.

        Raises:
            InvalidInput: a page is not a readable picture.
            RuntimeError: out of memory, see `is_out_of_memory`; the rows of before are unchanged.
        """
        collator = collator or self._collator
        lengths = max_new_tokens or [self._decoding.max_new_tokens] * len(samples)
        inputs = {
            name: each.to(self._model.device) for name, each in collator.collate_prompts(samples).items()
        }
        rows = [new_row(*each, collator) for each in zip(samples, lengths, strict=True)]
        cache = self._empty_cache()
        self._generate(rows, cache, **inputs)
        self._add(rows, inputs["attention_mask"], cache)
        return rows

    def begin(self, sample: PageSample, max_new_tokens: int, collator: Collator) -> LongPrompt:
        """Return the prompt of a long document, to be read a few pages at a time by `read_on`."""
        row = new_row(sample, max_new_tokens, collator)
        return LongPrompt(row=row, sample=sample, collator=collator, cache=self._empty_cache())

    def read_on(self, prompt: LongPrompt, max_pages: int) -> bool:
        """Read the next pages of a long document. After the last ones its row joins, with its first token.

        Returns:
            Whether the row has joined.

        Raises:
            InvalidInput, RuntimeError: as `join`; the rows of before are unchanged.
        """
        inputs = {name: each.to(self._model.device) for name, each in prompt.next_inputs(max_pages).items()}
        if not prompt.is_read:
            self._scores(prompt.cache, **inputs)
            return False
        self._generate([prompt.row], prompt.cache, **inputs)
        self._add([prompt.row], inputs["attention_mask"], prompt.cache)
        return True

    def step(self) -> None:
        """Generate the next token of each row, and drop the rows that have ended."""
        if not self.rows:
            return
        last = torch.tensor([[row.token_ids[-1]] for row in self.rows], device=self._mask.device)
        self._mask = torch.cat([self._mask, torch.ones_like(last)], dim=1)
        positions = self._mask.sum(dim=1, keepdim=True) - 1
        # With four dimensions it is taken as it is; the library would build it anew, slowly.
        mask = self._mask[:, None, None].bool()
        self._generate(self.rows, self._cache, input_ids=last, attention_mask=mask, position_ids=positions)
        self.drop_ended()

    def drop(self, rows: Sequence[DecodingRow]) -> None:
        """Drop rows before their end."""
        self._keep([index for index, row in enumerate(self.rows) if row not in rows])

    def drop_ended(self) -> None:
        self._keep([index for index, row in enumerate(self.rows) if not row.is_done])

    def _add(self, rows: list[DecodingRow], mask: torch.Tensor, cache: DynamicCache) -> None:
        self._mask, self._cache = self._merged(mask, cache)
        self.rows += rows
        self.drop_ended()

    def _generate(self, rows: Sequence[DecodingRow], cache: DynamicCache, **inputs: torch.Tensor) -> None:
        """Run the model on the latest tokens of rows, and append the most probable next token to each."""
        scores = self._scores(cache, **inputs)
        self._block_repeats(rows, scores)
        for row, token in zip(rows, scores.argmax(dim=-1).tolist(), strict=True):
            row.token_ids.append(token)

    @torch.no_grad()
    def _scores(self, cache: DynamicCache, **inputs: torch.Tensor) -> torch.Tensor:
        """Run the model, and return its scores for the next token of each row."""
        with torch.autocast(self._model.device.type, torch.bfloat16, enabled=self._decoding.bf16):
            output = self._model(**inputs, past_key_values=cache, use_cache=True, logits_to_keep=1)
        scores: torch.Tensor = output.logits[:, -1].float()
        return scores

    def _block_repeats(self, rows: Sequence[DecodingRow], scores: torch.Tensor) -> None:
        """Make tokens impossible that would repeat an n-gram."""
        size, window = self._decoding.no_repeat_ngram_size, self._decoding.no_repeat_ngram_window_size
        for index, row in enumerate(rows):
            latest = [*row.prompt_ids[-window:], *row.token_ids][-window:]
            if size and (blocked := repeated_tokens(latest, size)):
                scores[index, blocked] = float("-inf")

    def _merged(self, mask: torch.Tensor, cache: DynamicCache) -> tuple[torch.Tensor, DynamicCache]:
        """Return the mask, and the keys and values, of the present rows and of new ones."""
        if not self.rows:
            return mask, cache
        length = max(self._mask.shape[1], mask.shape[1])
        merged = self._empty_cache()
        for index, (old, new) in enumerate(zip(_layers(self._cache), _layers(cache), strict=True)):
            keys, values = (
                torch.cat([_pad_left(a, length, 2), _pad_left(b, length, 2)])
                for a, b in ((old.keys, new.keys), (old.values, new.values))
            )
            merged.update(keys, values, index)
        return torch.cat([_pad_left(self._mask, length, 1), _pad_left(mask, length, 1)]), merged

    def _keep(self, kept: list[int]) -> None:
        """Keep some rows, without the padding that none of them needs."""
        if len(kept) == len(self.rows):
            return
        self.rows = [self.rows[index] for index in kept]
        if not kept:
            self._cache = self._empty_cache()
            return
        chosen = torch.tensor(kept, device=self._mask.device)
        mask = self._mask[chosen]
        start = int(mask.any(dim=0).int().argmax())
        self._mask = mask[:, start:]
        for layer in _layers(self._cache):
            layer.keys, layer.values = layer.keys[chosen, :, start:], layer.values[chosen, :, start:]

    def _empty_cache(self) -> DynamicCache:
        return DynamicCache(config=self._model.config.get_text_config(decoder=True))


def _layers(cache: DynamicCache) -> list[Any]:
    """Return the layers of a cache that holds something, each with `keys` and `values`."""
    return list(cache.layers)


def _pad_left(tensor: torch.Tensor, length: int, dimension: int) -> torch.Tensor:
    """Pad a dimension of a tensor with zeros at its beginning."""
    missing = length - tensor.shape[dimension]
    shape = [*tensor.shape[:dimension], missing, *tensor.shape[dimension + 1 :]]
    return torch.cat([tensor.new_zeros(shape), tensor], dim=dimension) if missing else tensor
