"""How many tokens a text would cost as text, and how many its pages cost as images."""

from data.config import PageMode
from data.rendering.modes import MODES


def num_text_tokens(text: str) -> int:
    """Estimate the number of tokens of `text` in DeepSeek's vocabulary."""
    return -(-len(text) * 10 // 44)


def num_vision_tokens(mode: PageMode, num_pages: int) -> int:
    """Return the vision tokens of `num_pages` pages (separators not included)."""
    return MODES[mode].num_vision_tokens * num_pages
