"""The loss on samples that nothing is learnt from: the mean over all their target tokens, whatever batches and processes share them."""

from collections.abc import Callable, Iterator
from typing import Any, cast

import torch
from accelerate import PartialState
from torch.utils.data import DataLoader, Dataset

from training.collate import Batch, Collator
from training.dataset import PageDataset
from training.tokens import IGNORED


def build_eval_dataloader(samples: PageDataset, batch_size: int, collator: Collator, num_workers: int) -> DataLoader[Batch]:
    """Return this process's batches, as many as every other process has; what is made up for that holds no sample."""
    processes = PartialState()
    starts = range(0, len(samples), batch_size * processes.num_processes)
    own = [start + batch_size * processes.process_index for start in starts]
    batches = [list(range(first, min(first + batch_size, len(samples)))) or [0] for first in own]
    # A generator of its own: an evaluation must not move the random numbers that the training goes on with.
    return DataLoader(
        cast(Dataset[Any], samples),
        batch_sampler=batches,
        collate_fn=collator,
        num_workers=num_workers,
        persistent_workers=num_workers > 0,
        pin_memory=torch.cuda.is_available(),
        generator=torch.Generator(),
    )


def mean_token_loss(
    batches: DataLoader[Batch], batch_size: int, compute_loss: Callable[[Batch], torch.Tensor], before_batch: Callable[[], None]
) -> float:
    """Return the mean loss of a target token.

    Args:
        batches: of `build_eval_dataloader`.
        batch_size: of one process.
        compute_loss: batch -> mean loss of its target tokens.
        before_batch: may raise to stop.
    """
    processes = PartialState()
    loss, num_tokens = 0.0, 0
    for batch, is_own in zip(batches, _flag_own_batches(batches, batch_size), strict=True):
        before_batch()
        num = int((batch["labels"][:, 1:] != IGNORED).sum())  # the first label of a row is no target: nothing predicts it
        value = compute_loss(batch).item()
        if is_own:
            loss, num_tokens = loss + value * num, num_tokens + num
    if processes.num_processes > 1:
        totals = torch.tensor([loss, num_tokens], dtype=torch.float64, device=processes.device)
        torch.distributed.all_reduce(totals)
        loss, num_tokens = totals[0].item(), int(totals[1].item())
    return loss / num_tokens


def _flag_own_batches(batches: DataLoader[Batch], batch_size: int) -> Iterator[bool]:
    processes, num_samples = PartialState(), len(batches.dataset)  # type: ignore[arg-type]
    for start in range(0, num_samples, batch_size * processes.num_processes):
        yield start + batch_size * processes.process_index < num_samples
