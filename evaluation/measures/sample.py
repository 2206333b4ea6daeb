"""The measures of one summary. A value is None where it is not defined: of an empty text, without facts."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from evaluation.measures.copying import CopiedDocument, coverage, density
from evaluation.measures.facts import FactIndex, find_facts
from evaluation.measures.places import page_ends, recall_by_place
from evaluation.words import words

Values = dict[str, float | None]
"""Key of MEASURES -> value."""


class MeasuredDocument:
    """A document and its reference, with what all measures of its summaries share."""

    def __init__(self, text: str, reference: str, page_tokens: Sequence[int] = ()) -> None:
        """Read a document.

        Args:
            text: empty: not known.
            reference: the reference summary.
            page_tokens: text tokens of each page; empty: not known.
        """
        has_text = bool(text.strip())
        self._copied = CopiedDocument(text) if has_text else None
        self._facts = FactIndex(text)
        self._ends = page_ends(text, page_tokens)
        self._reference = reference
        self._num_reference_words = len(words(reference))
        self._reference_facts = find_facts(reference)

    def measure(self, summary: str) -> Values:
        """Return all measures of a summary; without those of the document if its text is not known."""
        num_words = len(words(summary))
        return {
            "chrf": _chrf_score(summary, self._reference),
            "missing_facts": _share(self.missing_facts(summary), self._reference_facts),
            **self._measure_against_document(summary),
            "length_ratio": num_words / self._num_reference_words if self._num_reference_words else None,
        }

    def measure_reference(self) -> Values:
        """Return the measures of the reference itself, which are those of the document."""
        return self._measure_against_document(self._reference)

    def recall_by_place(self, summary: str) -> list[float | None]:
        """Return the recall of the reference's facts by their place, as `places.recall_by_place`."""
        return recall_by_place(self._reference_facts, FactIndex(summary), self._facts, self._ends)

    def missing_facts(self, summary: str) -> tuple[str, ...]:
        """Return the facts of the reference that a summary does not hold."""
        return FactIndex(summary).lacking(self._reference_facts)

    def unsupported_facts(self, summary: str) -> tuple[str, ...]:
        """Return the facts of a summary that the document does not hold; none if its text is not known."""
        return self._facts.lacking(find_facts(summary)) if self._copied else ()

    def _measure_against_document(self, summary: str) -> Values:
        if self._copied is None:
            return {}
        found = words(summary)
        fragments = self._copied.fragments(found)
        return {
            "unsupported_facts": _share(self.unsupported_facts(summary), find_facts(summary)),
            "coverage": coverage(fragments, len(found)),
            "density": density(fragments, len(found)),
            "novel_bigrams": self._copied.novel_share(found, 2),
            "novel_trigrams": self._copied.novel_share(found, 3),
        }


def _share(some: Sequence[str], facts: Sequence[str]) -> float | None:
    return len(some) / len(facts) if facts else None


def _chrf_score(summary: str, reference: str) -> float | None:
    return _chrf().sentence_score(summary, [reference]).score / 100 if reference.strip() else None


@cache
def _chrf() -> Any:
    """Return chrF (Popovic 2015) as sacrebleu defines it by default: n-grams of 1 to 6 characters, beta 2, no
    words, white space ignored."""
    from sacrebleu.metrics.chrf import CHRF  # noqa: PLC0415 - the dataset service has no sacrebleu

    return CHRF()
