"""ROUGE scores as plain data: settings, values and confidence intervals. The web process imports this too.

All values are fractions from 0 to 1; displayed tables multiply by 100.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Annotated, Any, Final, Literal

from pydantic import Field

ROUGE_TYPES = ("rouge1", "rouge2", "rougeL", "rougeLsum")
TokenizerName = Literal["auto", "ascii", "unicode"]
Sentences = Literal["split", "newline"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RougeSettings:
    """All settings that decide a ROUGE score. Two scores are comparable only if their settings are equal."""

    stemmer: bool = True
    """Porter stemming of a-z words longer than three letters."""
    tokenizer: TokenizerName = "auto"
    """ascii: a-z, 0-9 as in ROUGE-1.5.5; unicode: every script; auto: unicode if the references need it."""
    sentences: Sentences = "split"
    """How rougeLsum splits sentences. split: at line ends and sentence ends; newline: at line ends only."""
    confidence: float = 0.95
    num_resamples: int = 1000
    seed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """The mean of one ROUGE type over all samples, and the bootstrap interval of its F-measure."""

    precision: float
    recall: float
    fmeasure: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleMean:
    """The mean of one value over the samples that have it, and its bootstrap interval."""

    mean: float
    low: float
    high: float
    num_samples: int
    """Of those that have the value."""


@dataclass(frozen=True, slots=True)
class RougeReport:
    """ROUGE over a set: a score per type, the resolved settings (never `auto`), and the number of samples."""

    scores: Mapping[str, Score]
    settings: RougeSettings
    num_samples: int

    def fmeasures(self) -> dict[str, float]:
        """Return ROUGE type -> mean F-measure, the numbers usually published."""
        return {kind: score.fmeasure for kind, score in self.scores.items()}

    def as_dict(self) -> dict[str, Any]:
        return {
            "scores": {kind: asdict(score) for kind, score in self.scores.items()},
            "settings": asdict(self.settings),
            "num_samples": self.num_samples,
        }


MIN_SAMPLES: Final = 10
"""With fewer samples a percentile bootstrap interval is much too narrow to decide by."""
PairedRelation = Literal["above", "below", "not_shown", "too_few"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedDifference:
    """How one result stands to another one in ROUGE-L, on the samples of both."""

    num_samples: int
    difference: Annotated[float | None, Field(description="mean difference, -1 to 1; null: no common sample")]
    low: Annotated[float | None, Field(description="lower end of its interval")]
    high: Annotated[float | None, Field(description="upper end of its interval")]
    won: Annotated[
        float | None,
        Field(description="share of the samples with the higher score, 0 to 1; null: an earlier version"),
    ]
    lost: Annotated[float | None, Field(description="share of the samples with the lower score")]
    relation: Annotated[
        PairedRelation,
        Field(description="not_shown: the interval contains 0; too_few: fewer than 10 common samples"),
    ]


def relation_of(num_samples: int, low: float, high: float) -> PairedRelation:
    """Return what the interval of a paired difference shows."""
    if num_samples < MIN_SAMPLES:
        return "too_few"
    return "above" if low > 0 else "below" if high < 0 else "not_shown"
