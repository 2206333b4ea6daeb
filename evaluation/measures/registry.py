"""The measures of a summary beside ROUGE: one row each. Reports, cards, tables and the screen read their
names, notes and scales here; `evaluation/measures/sample.py` computes them.

Imports no library: the web process reads this.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """How one measure is named, shown and judged."""

    label: str
    note: str
    """What it means, in one short sentence."""
    better: Literal["higher", "lower", "neither"]
    """Neither: it describes a summary; nearer to the references is like them, not better."""
    is_percent: bool = True
    """It is a fraction that is shown times 100."""
    unit: str = ""
    """After a shown value."""
    is_of_document: bool = False
    """It compares the summary with its document, so it is absent without the document's text, and the
    references have it too."""

    def format(self, value: float) -> str:
        """Return a value as it is shown."""
        return f"{100 * value:.1f}{self.unit}" if self.is_percent else f"{value:.2f}{self.unit}"


MEASURES: Final[Mapping[str, Measure]] = {
    "chrf": Measure(
        label="chrF",
        note="Shared pieces of 1 to 6 characters, 0 to 100: also for scripts without spaces.",
        better="higher",
    ),
    "missing_facts": Measure(
        label="Facts missing",
        note="Numbers and names of the reference that the summary does not hold.",
        better="lower",
        unit="%",
    ),
    "unsupported_facts": Measure(
        label="Facts not in the document",
        note="Numbers and names of the summary that the document does not hold: made up or misread.",
        better="lower",
        unit="%",
        is_of_document=True,
    ),
    "coverage": Measure(
        label="Coverage",
        note="Words of the summary in pieces copied from the document.",
        better="neither",
        unit="%",
        is_of_document=True,
    ),
    "density": Measure(
        label="Density",
        note="Mean length of the copied piece that a word of the summary belongs to, in words.",
        better="neither",
        is_percent=False,
        is_of_document=True,
    ),
    "novel_bigrams": Measure(
        label="New word pairs",
        note="Pairs of neighbouring words that the document does not hold.",
        better="neither",
        unit="%",
        is_of_document=True,
    ),
    "novel_trigrams": Measure(
        label="New word triples",
        note="Three neighbouring words that the document does not hold.",
        better="neither",
        unit="%",
        is_of_document=True,
    ),
    "length_ratio": Measure(
        label="Length",
        note="Words of the summary for each word of the reference.",
        better="neither",
        is_percent=False,
        unit="×",
    ),
}
"""In the order in which they are shown. Values are fractions, word counts (density) or a ratio (length)."""
