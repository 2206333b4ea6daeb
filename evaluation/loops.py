"""Texts that loop: a model that repeats itself until the length limit. Counted, so that a good ROUGE cannot
hide them."""

from evaluation.words import words

MIN_REPEATS = 3
MIN_WORDS = 12


def is_looping(text: str) -> bool:
    """Say whether a text ends in the same words over and over: at least three times and twelve words in all.

    The last repetition may be cut short, as it is where generation met its limit.
    """
    found = words(text)
    return any(
        _repeated_words(found, period) >= max(MIN_WORDS, MIN_REPEATS * period)
        for period in range(1, len(found) // MIN_REPEATS + 1)
    )


def _repeated_words(found: list[str], period: int) -> int:
    """Count the words at the end that repeat with this period, the first repetition included."""
    start = len(found) - 1
    while start >= period and found[start] == found[start - period]:
        start -= 1
    return len(found) - 1 - start + period
