"""What a ROUGE score is: its settings, its values and their confidence intervals. Plain data, read by the web
process too.

All values are fractions from 0 to 1; tables for people multiply by 100.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

ROUGE_TYPES = ("rouge1", "rouge2", "rougeL", "rougeLsum")
TokenizerName = Literal["auto", "ascii", "unicode"]
Sentences = Literal["split", "newline"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RougeSettings:
    """Everything that decides a ROUGE number. Two scores compare only when these are equal."""

    stemmer: bool = True
    """Porter stemming of a-z words longer than three letters."""
    tokenizer: TokenizerName = "auto"
    """ascii: a-z and 0-9 as in ROUGE-1.5.5; unicode: every script; auto: unicode when the references need
    it."""
    sentences: Sentences = "split"
    """How rougeLsum finds sentences. split: at line ends and sentence ends; newline: at line ends only."""
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


@dataclass(frozen=True, slots=True)
class RougeReport:
    """ROUGE over a set: a score per type, the settings as resolved (never `auto`), and how many samples."""

    scores: Mapping[str, Score]
    settings: RougeSettings
    num_samples: int

    def fmeasures(self) -> dict[str, float]:
        """Return rouge type -> mean F-measure, the numbers usually printed."""
        return {kind: score.fmeasure for kind, score in self.scores.items()}

    def as_dict(self) -> dict[str, Any]:
        return {
            "scores": {kind: asdict(score) for kind, score in self.scores.items()},
            "settings": asdict(self.settings),
            "num_samples": self.num_samples,
        }

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> "RougeReport":
        """Rebuild a report from `as_dict`. Raises TypeError or KeyError for anything else."""
        scores = {kind: Score(**score) for kind, score in document["scores"].items()}
        return cls(scores, RougeSettings(**document["settings"]), document["num_samples"])
