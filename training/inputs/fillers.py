"""Fillers: samples of which nothing is learnt. They let several processes share the last samples of an epoch.

Processes that train together need batches of the same number and size. accelerate repeats samples of the
epoch's beginning for that, so that they would count twice.
"""

from collections.abc import Iterator
from typing import Final

from torch.utils.data import Sampler

FILLER: Final = -1
"""Index of a filler."""


class FilledSampler(Sampler[int]):
    """The order of another sampler, and fillers behind it until their number is a multiple of `multiple`."""

    def __init__(self, order: Sampler[int], multiple: int) -> None:
        self._order = order
        self._multiple = multiple
        self._num_samples = len(order)  # type: ignore[arg-type]

    def __len__(self) -> int:
        return self._num_samples + -self._num_samples % self._multiple

    def __iter__(self) -> Iterator[int]:
        yield from self._order
        yield from [FILLER] * (len(self) - self._num_samples)
