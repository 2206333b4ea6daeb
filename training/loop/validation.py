"""Validation between the steps of a training: mean loss per target token, and ROUGE of generated summaries.

Several processes share the samples; the result does not depend on their number or on the batch size.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, cast

import torch
from accelerate import PartialState
from accelerate.utils import broadcast_object_list
from torch.utils.data import DataLoader, Dataset
from transformers import PreTrainedModel

from evaluation.rouge import rouge
from training.generation.decoding import Decoding
from training.generation.generate_text import Prediction, generate_texts
from training.generation.prediction_log import prediction_record, write_predictions
from training.inputs.collate import Batch, Collator
from training.inputs.dataset import PageDataset
from training.inputs.tokens import IGNORED


class GenerationScores:
    """Generates summaries, scores them, and writes the latest predictions to a file for the user."""

    def __init__(
        self,
        samples: PageDataset,
        collator: Collator,
        decoding: Decoding,
        predictions: Path,
        watched: Callable[[Prediction, int], None],
    ) -> None:
        """Set up the scores.

        Args:
            samples: those to summarise.
            predictions: file that gets the latest texts.
            watched: called with the first text and its step, to keep it.
        """
        self._samples = samples
        self._collator = collator
        self._decoding = decoding
        self._predictions = predictions
        self._watched = watched

    def measure(
        self, model: PreTrainedModel, step: int, before_round: Callable[[], None]
    ) -> Mapping[str, float]:
        """Return ROUGE type -> mean F-measure (0 to 1); empty without samples. Each process generates its
        share of the samples, and the first process scores all.

        `model` has no wrappers; `step` is written with each prediction; `before_round` may raise to stop.
        """
        if not len(self._samples):
            return {}
        predictions = generate_texts(model, self._collator, self._samples, self._decoding, before_round)
        scores: dict[str, float] = {}
        if PartialState().is_main_process:
            write_predictions(self._predictions, predictions, partial(prediction_record, step=step))
            self._watched(predictions[0], step)
            scores = rouge([p.text for p in predictions], [p.reference for p in predictions]).fmeasures()
        [scores] = broadcast_object_list([scores])
        return scores


def build_eval_dataloader(
    samples: PageDataset, batch_size: int, collator: Collator, num_workers: int
) -> DataLoader[Batch]:
    """Return this process's batches, the same number in each process: a process without samples gets a filler
    batch, which is not counted."""
    processes = PartialState()
    starts = range(0, len(samples), batch_size * processes.num_processes)
    own = [start + batch_size * processes.process_index for start in starts]
    batches = [list(range(first, min(first + batch_size, len(samples)))) or [0] for first in own]
    return DataLoader(
        cast(Dataset[Any], samples),
        batch_sampler=batches,
        collate_fn=collator,
        num_workers=num_workers,
        persistent_workers=num_workers > 0,
        pin_memory=torch.cuda.is_available(),
        generator=torch.Generator(),  # an evaluation must not change the random numbers of the training
    )


def mean_token_loss(
    batches: DataLoader[Batch],
    batch_size: int,
    compute_loss: Callable[[Batch], torch.Tensor],
    before_batch: Callable[[], None],
) -> float:
    """Return the mean loss per target token over the samples of all processes.

    Args:
        batches: of `build_eval_dataloader`.
        batch_size: of one process.
        compute_loss: batch -> mean loss of its target tokens.
        before_batch: called before each batch; may raise to stop.
    """
    processes = PartialState()
    loss, num_tokens = 0.0, 0
    for batch, is_own in zip(batches, _flag_own_batches(batches, batch_size), strict=True):
        before_batch()
        num = int((batch["labels"][:, 1:] != IGNORED).sum())  # no position predicts the first label of a row
        value = compute_loss(batch).item()
        if is_own:
            loss, num_tokens = loss + value * num, num_tokens + num
    if processes.num_processes > 1:
        totals = torch.tensor([loss, num_tokens], dtype=torch.float64, device=processes.device)
        torch.distributed.all_reduce(totals)
        loss, num_tokens = totals[0].item(), int(totals[1].item())
    return loss / num_tokens


def _flag_own_batches(batches: DataLoader[Batch], batch_size: int) -> Iterator[bool]:
    """Yield for each batch whether it holds samples; False: it is a filler."""
    processes, num_samples = PartialState(), len(batches.dataset)  # type: ignore[arg-type]
    for start in range(0, num_samples, batch_size * processes.num_processes):
        yield start + batch_size * processes.process_index < num_samples
