"""The rule against repeats: no sequence of n tokens is generated twice within a window."""

from collections.abc import Sequence


def repeated_tokens(latest_ids: Sequence[int], ngram_size: int) -> list[int]:
    """Return the tokens that must not come next, since they would repeat an n-gram.

    The same rule as the library's `NoRepeatNGramLogitsProcessor` on the last tokens of one row.

    Args:
        latest_ids: the last tokens of prompt and summary: the window that is searched.
        ngram_size: tokens of an n-gram, at least 1.
    """
    beginning = list(latest_ids[len(latest_ids) - ngram_size + 1 :]) if ngram_size > 1 else []
    starts = range(len(latest_ids) - ngram_size + 1)
    return [
        latest_ids[start + ngram_size - 1]
        for start in starts
        if latest_ids[start : start + ngram_size - 1] == beginning
    ]
