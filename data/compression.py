"""Optical compression in numbers: text tokens per vision token, page by page, with the worst cases named.

A tally takes pages one by one in constant memory, and tallies of parts (shards, workers) add up to that of the whole.
"""

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

from data.rendering.render import RenderedDocument
from data.rendering.style import PageStyle

_BINS_PER_UNIT: Final = 10
"""Ratios are counted in steps of a tenth, so that percentiles are exact to a tenth."""
_NUM_WORST: Final = 10


@dataclass(frozen=True, slots=True, order=True)
class DensePage:
    """A page with many text tokens for its vision tokens."""

    ratio: float
    document_id: str
    page: int
    num_text_tokens: int


@dataclass(slots=True)
class CompressionTally:
    """Counts over pages: how often each ratio occurs, and the densest pages."""

    budget_tokens: int
    num_documents: int = 0
    num_truncated: int = 0
    num_text_tokens: int = 0
    num_vision_tokens: int = 0
    num_pages_over_budget: int = 0
    ratio_counts: Counter[int] = field(default_factory=Counter)
    """Ratio in tenths -> pages."""
    pages_per_document: Counter[int] = field(default_factory=Counter)
    font_sizes_px: Counter[float] = field(default_factory=Counter)
    missing_glyphs: Counter[str] = field(default_factory=Counter)
    densest: list[DensePage] = field(default_factory=list)

    @classmethod
    def of(cls, style: PageStyle) -> "CompressionTally":
        return cls(style.budget_tokens)

    def add(self, document_id: str, rendered: RenderedDocument) -> None:
        """Count one document."""
        self.num_documents += 1
        self.num_truncated += rendered.truncated
        self.pages_per_document[len(rendered.pages)] += 1
        self.font_sizes_px[rendered.font_size_px] += 1
        self.missing_glyphs.update(rendered.missing_glyphs)
        for page in rendered.pages:
            ratio = page.num_text_tokens / page.num_vision_tokens
            self.num_text_tokens += page.num_text_tokens
            self.num_vision_tokens += page.num_vision_tokens
            self.num_pages_over_budget += page.num_text_tokens > self.budget_tokens
            self.ratio_counts[math.floor(ratio * _BINS_PER_UNIT)] += 1
            self.densest.append(DensePage(round(ratio, 3), document_id, page.number, page.num_text_tokens))
        self._keep_densest()

    def merge(self, other: "CompressionTally") -> None:
        """Add the counts of another part of the same dataset."""
        for name in ("num_documents", "num_truncated", "num_text_tokens", "num_vision_tokens", "num_pages_over_budget"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in ("ratio_counts", "pages_per_document", "font_sizes_px", "missing_glyphs"):
            getattr(self, name).update(getattr(other, name))
        self.densest += other.densest
        self._keep_densest()

    def ratio_percentile(self, percent: float) -> float:
        """Return the ratio that `percent` of the pages stay at or below, to a tenth; 0 when there are no pages."""
        rank = math.ceil(percent / 100 * self.ratio_counts.total())
        for tenths in sorted(self.ratio_counts):
            rank -= self.ratio_counts[tenths]
            if rank <= 0:
                return tenths / _BINS_PER_UNIT
        return 0.0

    def as_dict(self) -> dict[str, Any]:
        """Return the report: totals, ratio of text to vision tokens per page, worst pages, font sizes."""
        return {
            "num_documents": self.num_documents,
            "num_pages": self.ratio_counts.total(),
            "num_text_tokens": self.num_text_tokens,
            "num_vision_tokens": self.num_vision_tokens,
            "compression_ratio": round(self.num_text_tokens / max(1, self.num_vision_tokens), 3),
            "page_ratio": {f"p{percent}": self.ratio_percentile(percent) for percent in (5, 25, 50, 75, 95, 100)},
            "page_ratio_counts": {str(tenths / _BINS_PER_UNIT): count for tenths, count in sorted(self.ratio_counts.items())},
            "pages_per_document": {str(pages): count for pages, count in sorted(self.pages_per_document.items())},
            "page_budget_tokens": self.budget_tokens,
            "num_pages_over_budget": self.num_pages_over_budget,
            "densest_pages": [
                {"document_id": page.document_id, "page": page.page, "num_text_tokens": page.num_text_tokens, "ratio": page.ratio}
                for page in self.densest
            ],
            "num_truncated": self.num_truncated,
            "font_sizes_px": {f"{size:g}": count for size, count in sorted(self.font_sizes_px.items())},
            "missing_glyphs": {f"U+{ord(character):04X}": count for character, count in sorted(self.missing_glyphs.items())},
        }

    def _keep_densest(self) -> None:
        self.densest = sorted(self.densest, key=lambda page: (-page.ratio, page.document_id, page.page))[:_NUM_WORST]
