"""What a summary is worth without a model: the first sentences; and the text that a text model reads for the
same token budget."""

from collections.abc import Callable

from evaluation.words import sentences


def lead(text: str, num_sentences: int) -> str:
    """Return the first sentences of a text, one a line: the Lead-1 and Lead-3 baselines of the literature."""
    return "\n".join(sentences(text)[:num_sentences])


def truncate_text(text: str, max_tokens: int, count_tokens: Callable[[str], int]) -> str:
    """Return the longest beginning of a text, in whole words, that a tokenizer counts as at most
    `max_tokens`.

    A text model given this beside a model given pages says whether reading pages pays at the same token
    budget.

    Args:
        text: the document.
        max_tokens: the vision tokens of the document's pages.
        count_tokens: how many tokens the text model's tokenizer makes of a text; more text, no fewer tokens.
    """
    if count_tokens(text) <= max_tokens:
        return text
    ends = [
        end
        for end in range(len(text) + 1)
        if end == len(text) or (text[end].isspace() and not text[end - 1 : end].isspace())
    ]
    low, high = 0, len(ends)
    while low < high:
        middle = (low + high) // 2
        if count_tokens(text[: ends[middle]]) <= max_tokens:
            low = middle + 1
        else:
            high = middle
    return text[: ends[low - 1]] if low else ""
