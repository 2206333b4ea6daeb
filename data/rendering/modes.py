"""The page sizes of the model, and what fits on them."""

from dataclasses import dataclass
from typing import Final

from data.config import PageMode


@dataclass(frozen=True, slots=True)
class Mode:
    """One page size. Sizes and vision tokens: DeepSeek-OCR paper, table 1; micro: the tiny model's own size.

    `budget_tokens` is how many text tokens published accuracy supports on such a page (about 97% at a tenth
    of them as vision tokens); with the font size and margin a full page of English holds three quarters of
    it.
    """

    size_px: int
    num_vision_tokens: int
    budget_tokens: int
    font_size_px: float
    margin_px: int


MODES: Final[dict[PageMode, Mode]] = {
    "micro": Mode(320, 25, 200, 26, 0),
    "tiny": Mode(512, 64, 600, 12, 16),
    "small": Mode(640, 100, 900, 12, 20),
    "base": Mode(1024, 256, 1750, 14, 32),
    "large": Mode(1280, 400, 2500, 15, 40),
}
