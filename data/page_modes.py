"""The page modes: the sizes of a page, and how much text fits on each."""

from dataclasses import dataclass
from typing import Final, Literal

PageMode = Literal["micro", "tiny", "small", "base", "large"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mode:
    """One page size. Sizes and vision tokens: DeepSeek-OCR paper, table 1; micro: the tiny model's own size.

    `budget_tokens` is how many text tokens published accuracy supports on such a page (about 97% at ten text
    tokens per vision token). At this font size and margin, a full page of English holds three quarters of it.
    """

    size_px: int
    num_vision_tokens: int
    budget_tokens: int
    font_size_px: float
    margin_px: int


MODES: Final[dict[PageMode, Mode]] = {
    "micro": Mode(size_px=320, num_vision_tokens=25, budget_tokens=200, font_size_px=26, margin_px=0),
    "tiny": Mode(size_px=512, num_vision_tokens=64, budget_tokens=600, font_size_px=12, margin_px=16),
    "small": Mode(size_px=640, num_vision_tokens=100, budget_tokens=900, font_size_px=12, margin_px=20),
    "base": Mode(size_px=1024, num_vision_tokens=256, budget_tokens=1750, font_size_px=14, margin_px=32),
    "large": Mode(size_px=1280, num_vision_tokens=400, budget_tokens=2500, font_size_px=15, margin_px=40),
}


def describe_pages(mode: PageMode) -> str:
    """Return the words for pages of a mode: a model may have the same name as a mode."""
    return f"pages of {MODES[mode].size_px} px (mode {mode})"
