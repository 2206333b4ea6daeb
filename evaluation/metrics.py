"""ROUGE as an `evaluate.Metric`, defined here because `evaluate.load("rouge")` downloads code and fails
offline.

Importing `evaluate` imports transformers too, if installed. To compute ROUGE without transformers, import
`evaluation.rouge`.
"""

import tempfile
from typing import Any

import datasets
import evaluate

from evaluation.rouge import rouge
from evaluation.scores import RougeReport, RougeSettings

__all__ = ["Rouge", "RougeReport", "RougeSettings", "rouge"]


class Rouge(evaluate.Metric):  # type: ignore[misc]
    """rouge1, rouge2, rougeL and rougeLsum. `compute` takes the fields of RougeSettings and returns mean
    F-measures (0 to 1).

    Writes only into a temporary folder.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"keep_in_memory": True, "cache_dir": tempfile.gettempdir(), **options})

    def _info(self) -> evaluate.MetricInfo:
        text = datasets.Value("string")
        return evaluate.MetricInfo(
            description="ROUGE with words of every script, real sentences for Lsum, and the stemmer on.",
            citation="Chin-Yew Lin. 2004. ROUGE: A Package for Automatic Evaluation of Summaries.",
            inputs_description="predictions: list of texts; references: list of texts.",
            features=datasets.Features({"predictions": text, "references": text}),
        )

    def _compute(self, predictions: list[str], references: list[str], **settings: Any) -> dict[str, float]:
        return rouge(predictions, references, RougeSettings(**settings)).fmeasures()
