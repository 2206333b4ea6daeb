"""Batches of samples of similar length, for less padding. Seed and epoch decide the order, so a resumed
training repeats it."""

from collections.abc import Iterator, Sequence

import torch
from torch.utils.data import Sampler
from transformers.trainer_pt_utils import get_length_grouped_indices

from training.inputs.dataset import PageDataset

_CHARACTERS_PER_TOKEN = 4
"""About so many, in English."""


class LengthGroupSampler(Sampler[int]):
    """Groups samples as transformers does, but draws from seed + epoch, not from the global random state."""

    def __init__(self, lengths: Sequence[int], batch_size: int, seed: int) -> None:
        self._lengths = list(lengths)
        self._batch_size = batch_size
        self._seed = seed
        self._epoch = 0

    @classmethod
    def of(
        cls, dataset: PageDataset, num_page_tokens: int, batch_size: int, seed: int
    ) -> "LengthGroupSampler":
        """Group samples by their pages, of `num_page_tokens` each, and their summaries."""
        lengths = [
            pages * num_page_tokens + len(text) // _CHARACTERS_PER_TOKEN
            for pages, text in zip(dataset.num_pages(), dataset.summaries(), strict=True)
        ]
        return cls(lengths, batch_size, seed)

    def set_epoch(self, epoch: int) -> None:
        """Set the epoch, from 0, of the next iteration."""
        self._epoch = epoch

    def __len__(self) -> int:
        return len(self._lengths)

    def __iter__(self) -> Iterator[int]:
        generator = torch.Generator().manual_seed(self._seed + self._epoch)
        yield from get_length_grouped_indices(self._lengths, self._batch_size, generator=generator)  # type: ignore[no-untyped-call]
