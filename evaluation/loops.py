"""Detection of looping texts: the model repeats the same words until the length limit, which ROUGE alone does
not show."""

from evaluation.words import words

MIN_REPEATS = 3
MIN_WORDS = 12


def is_looping(text: str) -> bool:
    """Return whether a text ends in repetitions of the same words: at least three times, and twelve words in
    total.

    The last repetition may be incomplete, as at the length limit of generation.
    """
    found = words(text)
    return any(
        _repeated_words(found, period) >= max(MIN_WORDS, MIN_REPEATS * period)
        for period in range(1, len(found) // MIN_REPEATS + 1)
    )


def _repeated_words(found: list[str], period: int) -> int:
    """Return the number of words at the end that repeat with this period, the first repetition included."""
    start = len(found) - 1
    while start >= period and found[start] == found[start - period]:
        start -= 1
    return len(found) - 1 - start + period
