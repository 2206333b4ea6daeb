"""How much of a summary is copied: extractive fragments, and n-grams that the document does not hold.

Definitions of Grusky, Naaman and Artzi 2018, *Newsroom: A Dataset of 1.3 Million Summaries with Diverse
Extractive Strategies*, over the words of `evaluation.words`: small letters, no punctuation, and in scripts
without spaces each character a word.
"""

from collections import defaultdict
from collections.abc import Sequence
from functools import cached_property

from evaluation.words import words


class CopiedDocument:
    """A document from which summaries may copy."""

    def __init__(self, text: str) -> None:
        self._words = words(text)
        self._places = defaultdict[str, list[int]](list)
        for place, word in enumerate(self._words):
            self._places[word].append(place)

    def fragments(self, summary: Sequence[str]) -> list[int]:
        """Return the lengths, in words, of the extractive fragments F(A, S): the greedy procedure of figure 3
        of the paper.

        From each place of the summary the longest run of words that the document shares is taken; the search
        in the document goes on after the end of each run it has tried, as in the paper.
        """
        lengths, start = [], 0
        while start < len(summary):
            length = self._longest_run(summary, start)
            if length:
                lengths.append(length)
            start += max(length, 1)
        return lengths

    def novel_share(self, summary: Sequence[str], size: int) -> float | None:
        """Return the share of the summary's n-grams of `size` words (2 or 3) that the document does not hold,
        0 to 1, each occurrence counted; None: the summary has fewer words."""
        known = self._bigrams if size == 2 else self._trigrams
        grams = list(zip(*(summary[offset:] for offset in range(size)), strict=False))
        return sum(gram not in known for gram in grams) / len(grams) if grams else None

    def _longest_run(self, summary: Sequence[str], start: int) -> int:
        if tuple(summary[start : start + 2]) not in self._bigrams:
            return int(summary[start] in self._places)
        longest = tried = 0
        for place in self._places[summary[start]]:
            if place < tried:
                continue
            length = self._run(summary, start, place)
            longest, tried = max(longest, length), place + length
        return longest

    def _run(self, summary: Sequence[str], start: int, place: int) -> int:
        length, most = 1, min(len(summary) - start, len(self._words) - place)
        while length < most and summary[start + length] == self._words[place + length]:
            length += 1
        return length

    @cached_property
    def _bigrams(self) -> set[tuple[str, ...]]:
        return set(zip(self._words, self._words[1:], strict=False))

    @cached_property
    def _trigrams(self) -> set[tuple[str, ...]]:
        return set(zip(self._words, self._words[1:], self._words[2:], strict=False))


def coverage(fragments: Sequence[int], num_words: int) -> float | None:
    """Return the share of a summary's words in extractive fragments, sum of |f| / |S|: 0 to 1; None: no
    words."""
    return sum(fragments) / num_words if num_words else None


def density(fragments: Sequence[int], num_words: int) -> float | None:
    """Return the mean length of the fragment that a word belongs to, sum of |f| squared / |S|: 0 to |S|
    words; None: no words."""
    return sum(length * length for length in fragments) / num_words if num_words else None
