"""Baselines: the first sentences (lead-1, lead-3), and text truncated to the token budget of the pages."""

import re
from bisect import bisect_right
from collections.abc import Callable

from evaluation.words import sentences


def lead(text: str, num_sentences: int) -> str:
    """Return the first sentences of a text, one per line: the Lead-1 and Lead-3 baselines."""
    return "\n".join(sentences(text)[:num_sentences])


def truncate_text(text: str, max_tokens: int, count_tokens: Callable[[str], int]) -> str:
    """Return the longest beginning of a text, in whole words, with at most `max_tokens` tokens.

    Args:
        text: the document.
        max_tokens: number of vision tokens of the document's pages.
        count_tokens: number of tokens of a text; must not decrease as the text grows.
    """
    if count_tokens(text) <= max_tokens:
        return text
    ends = [match.start() for match in re.finditer(r"(?<!\s)(?=\s)|\Z", text)]
    num_fitting = bisect_right(ends, max_tokens, key=lambda end: count_tokens(text[:end]))
    return text[: ends[num_fitting - 1]] if num_fitting else ""
