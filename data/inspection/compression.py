"""Optical compression: text tokens per vision token, by page, and the pages with the highest ratio."""

import heapq
import math
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import pyarrow.parquet as pq

from data.dataset.shards import reading_parquet
from data.rendering.render import RenderedDocument
from data.rendering.style import PageStyle

_BINS_PER_UNIT: Final = 10
_PERCENTILES: Final = (5, 25, 50, 75, 95, 100)
_NUM_DENSEST: Final = 10
_COLUMNS: Final = [
    "document_id",
    "num_pages",
    "num_vision_tokens",
    "page_text_tokens",
    "truncated",
    "font_size_px",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class PageTokens:
    """The text tokens that one page shows, and its vision tokens."""

    document_id: str
    page: int
    """From 1."""
    num_text_tokens: int
    num_vision_tokens: int
    font_size_px: float
    truncated: bool = False
    """The pages show only the beginning of the document."""

    @property
    def ratio(self) -> float:
        return self.num_text_tokens / self.num_vision_tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class CompressionReport:
    """The distribution of text tokens per vision token over pages."""

    num_pages: int
    num_text_tokens: int
    num_vision_tokens: int
    budget_tokens: int
    num_pages_over_budget: int
    ratio_counts: dict[int, int]
    """Ratio in tenths, rounded down -> number of pages."""
    densest_pages: tuple[PageTokens, ...]
    num_pages_truncated: int
    """Pages of documents whose end was cut off; each is the only page of its document."""
    font_sizes_px: dict[float, int]
    """Font size of the text -> number of pages."""

    @property
    def compression_ratio(self) -> float:
        return self.num_text_tokens / max(1, self.num_vision_tokens)

    def percentile(self, percent: float) -> float:
        """Return the percentile of the pages' ratios, in tenths rounded down; 0 without pages."""
        rank = math.ceil(percent / 100 * self.num_pages)
        for tenths, count in sorted(self.ratio_counts.items()):
            rank -= count
            if rank <= 0:
                return tenths / _BINS_PER_UNIT
        return 0.0

    def as_dict(self) -> dict[str, Any]:
        return {
            "num_pages": self.num_pages,
            "num_text_tokens": self.num_text_tokens,
            "num_vision_tokens": self.num_vision_tokens,
            "compression_ratio": round(self.compression_ratio, 3),
            "page_ratio": {f"p{percent}": self.percentile(percent) for percent in _PERCENTILES},
            "page_ratio_counts": {
                str(tenths / _BINS_PER_UNIT): count for tenths, count in sorted(self.ratio_counts.items())
            },
            "page_budget_tokens": self.budget_tokens,
            "num_pages_over_budget": self.num_pages_over_budget,
            "densest_pages": [asdict(page) | {"ratio": round(page.ratio, 3)} for page in self.densest_pages],
            "num_pages_truncated": self.num_pages_truncated,
            "font_size_px": max(
                self.font_sizes_px, key=lambda size_px: (self.font_sizes_px[size_px], size_px)
            ),
            "smallest_font_size_px": min(self.font_sizes_px),
        }


def compression_report(pages: Iterable[PageTokens], style: PageStyle) -> CompressionReport:
    """Compute the report over pages, in constant memory."""
    ratio_counts: Counter[int] = Counter()
    font_sizes_px: Counter[float] = Counter()
    sums: Counter[str] = Counter()
    densest: list[PageTokens] = []
    for page in pages:
        sums["num_text_tokens"] += page.num_text_tokens
        sums["num_vision_tokens"] += page.num_vision_tokens
        sums["num_pages_over_budget"] += page.num_text_tokens > style.budget_tokens
        sums["num_pages_truncated"] += page.truncated
        font_sizes_px[page.font_size_px] += 1
        ratio_counts[math.floor(page.ratio * _BINS_PER_UNIT)] += 1
        densest = _add_dense_page(densest, page)
    return CompressionReport(
        num_pages=ratio_counts.total(),
        num_text_tokens=sums["num_text_tokens"],
        num_vision_tokens=sums["num_vision_tokens"],
        budget_tokens=style.budget_tokens,
        num_pages_over_budget=sums["num_pages_over_budget"],
        ratio_counts=dict(ratio_counts),
        densest_pages=tuple(densest),
        num_pages_truncated=sums["num_pages_truncated"],
        font_sizes_px=dict(font_sizes_px) or {style.font_size_px: 0},
    )


def _add_dense_page(densest: list[PageTokens], page: PageTokens) -> list[PageTokens]:
    if len(densest) == _NUM_DENSEST and page.ratio < densest[-1].ratio:
        return densest
    return heapq.nsmallest(
        _NUM_DENSEST, [*densest, page], key=lambda page: (-page.ratio, page.document_id, page.page)
    )


def rendered_pages(document_id: str, rendered: RenderedDocument) -> Iterator[PageTokens]:
    """Yield the pages of a rendered document."""
    for page in rendered.pages:
        yield PageTokens(
            document_id=document_id,
            page=page.number,
            num_text_tokens=page.num_text_tokens,
            num_vision_tokens=page.num_vision_tokens,
            font_size_px=rendered.font_size_px,
            truncated=rendered.truncated,
        )


def stored_pages(shards: Iterable[Path]) -> Iterator[PageTokens]:
    """Yield the pages of finished shards, without reading images.

    Raises:
        StorageError: a shard is missing or damaged.
    """
    for path in shards:
        with reading_parquet(path), pq.ParquetFile(path) as file:
            for batch in file.iter_batches(columns=_COLUMNS):
                for row in batch.to_pylist():
                    yield from _pages(row)


def _pages(row: dict[str, Any]) -> Iterator[PageTokens]:
    page_vision_tokens = row["num_vision_tokens"] // row["num_pages"]
    for number, num_text_tokens in enumerate(row["page_text_tokens"], 1):
        yield PageTokens(
            document_id=row["document_id"],
            page=number,
            num_text_tokens=num_text_tokens,
            num_vision_tokens=page_vision_tokens,
            font_size_px=row["font_size_px"],
            truncated=row["truncated"],
        )
