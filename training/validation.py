"""What a training measures between its steps: ROUGE of summaries that it really writes for a few fixed validation samples."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from accelerate.utils import gather_object

from evaluation.rouge import rouge
from training.collate import Collator
from training.dataset import PageDataset
from training.generate_text import Decoding, Prediction, generate_texts
from training.score import write_predictions

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
        """Return ROUGE type -> mean F-measure; each process generates its share of the samples."""
        if not len(self._samples):
            return {}
        accelerator = trainer.accelerator
        rank, world = accelerator.process_index, accelerator.num_processes
        share = [self._samples[index] for index in range(rank, len(self._samples), world)]
        made = list(generate_texts(trainer.plain_model, self._collator, share, self._decoding))
        indexed: list[tuple[int, Prediction]] = gather_object([(rank + world * n, prediction) for n, prediction in enumerate(made)])
        predictions = [prediction for _, prediction in sorted(indexed, key=lambda pair: pair[0])]
        if accelerator.is_main_process:
            write_predictions(self._predictions, predictions, trainer.state.global_step)
        texts, references = [p.text for p in predictions], [p.sample.summary for p in predictions]
        return rouge(texts, references).fmeasures()
