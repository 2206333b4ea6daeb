"""What a training measures between its steps: ROUGE of summaries that it really writes for a few fixed validation samples."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from accelerate.utils import broadcast_object_list

from evaluation.rouge import rouge
from training.collate import Collator
from training.dataset import PageDataset
from training.generate_text import Decoding, generate_texts
from training.prediction_log import write_predictions
from training.score import prediction_record

if TYPE_CHECKING:
    from training.trainer import PageTrainer


class GenerationScores:
    """Generates, scores, and keeps the latest predictions in a file for people to read."""

    def __init__(self, samples: PageDataset, collator: Collator, decoding: Decoding, predictions: Path) -> None:
        self._samples = samples
        self._collator = collator
        self._decoding = decoding
        self._predictions = predictions

    def measure(self, trainer: "PageTrainer") -> Mapping[str, float]:
        """Return ROUGE type -> mean F-measure; each process generates its share of the samples, and the first one scores.

        Raises:
            EvaluationInterrupted: the listener asked to stop.
        """
        if not len(self._samples):
            return {}
        predictions = generate_texts(trainer.plain_model, self._collator, self._samples, self._decoding, trainer.stop_if_requested)
        scores: dict[str, float] = {}
        if trainer.accelerator.is_main_process:
            write_predictions(self._predictions, predictions, lambda made: prediction_record(made, trainer.state.global_step))
            scores = rouge([p.text for p in predictions], [p.reference for p in predictions]).fmeasures()
        [scores] = broadcast_object_list([scores])
        return scores
