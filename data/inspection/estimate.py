"""Estimate the duration and the size of a dataset before it is made."""

from dataclasses import dataclass
from math import ceil
from typing import Final

from data.cores import num_cores
from data.page_modes import MODES, PageMode

TEXT_TOKENS_PER_WORD: Final = 1.35
"""English news, DeepSeek vocabulary."""
PAGE_S: Final = 5.5e-3
"""One base page on one core, PNG included, as measured by benchmarks/rendering.py."""
PAGE_BYTES: Final = 85_000
"""The PNG of one full base page."""
ROW_BYTES_PER_WORD: Final = 6
BASE_PIXELS: Final = MODES["base"].size_px ** 2


@dataclass(frozen=True, slots=True)
class DatasetEstimate:
    """The expected pages, duration and size of a dataset on this machine."""

    num_pages: int
    duration_s: float
    size_bytes: int


def estimate_dataset(num_documents: int, mean_words: int, mode: PageMode) -> DatasetEstimate:
    """Estimate pages, duration and size of English documents of `mean_words` words, rendered in `mode`."""
    num_tokens = mean_words * TEXT_TOKENS_PER_WORD
    pages_each = max(1, ceil(num_tokens / MODES[mode].budget_tokens))
    fullness = min(1.0, num_tokens / (pages_each * MODES[mode].budget_tokens))
    num_pages = num_documents * pages_each
    area = MODES[mode].size_px ** 2 / BASE_PIXELS
    return DatasetEstimate(
        num_pages=num_pages,
        duration_s=num_pages * PAGE_S * area / num_cores(),
        size_bytes=round(
            num_pages * PAGE_BYTES * area * fullness + num_documents * mean_words * ROW_BYTES_PER_WORD
        ),
    )
