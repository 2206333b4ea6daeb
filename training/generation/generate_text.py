"""Pages -> summaries: greedy, in batches, with the authors' n-gram blocking; each of several processes
generates its share."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol, TypeVar

import torch
from accelerate import PartialState
from accelerate.utils import gather_object
from torch.distributed.fsdp import FSDPModule
from transformers import LogitsProcessorList, PreTrainedModel
from transformers.models.unlimited_ocr.generation_unlimited_ocr import (
    UnlimitedOcrSlidingWindowNoRepeatNgramLogitsProcessor,
)

from evaluation.loops import is_looping
from training.generation.decoding import Decoding
from training.generation.decoding_batch import DecodingBatch, can_join_rows
from training.inputs.collate import Collator
from training.inputs.dataset import PageSample
from training.models.device import free_memory, is_out_of_memory

Item = TypeVar("Item", covariant=True)  # noqa: PLC0105


class Items(Protocol[Item]):
    """Items by position: a list, or a dataset that reads an item on access."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int, /) -> Item: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """The text generated for one sample. It holds no pages: those of a whole split would fill the memory."""

    document_id: str
    reference: str
    num_pages: int
    text: str
    num_tokens: int = 0
    cut: bool = False
    """The text reached `max_new_tokens` before its end."""
    looping: bool = False
    num_pages_left_out: int = 0
    """Pages of the document that the model did not see."""
    document_cut: bool = False
    """The model reads whole texts, and does not hold all of this one."""
    missing_glyphs: Mapping[str, int] = field(default_factory=dict)
    """As of `PageSample`."""
    error: str | None = None
    """Why there is no text; None: there is one."""


def generate_rounds(
    items: Items[Item],
    batch_size: int,
    generate: Callable[[Sequence[Item]], list[Prediction]],
    first: int = 0,
    can_split_batch: bool = True,
) -> Iterator[list[Prediction]]:
    """Yield rounds of predictions in order, the same in all processes; in a round each process generates a
    batch.

    Batches hold the same items for any number of processes and after any resume, so texts are the same.

    Args:
        items: read one batch at a time.
        batch_size: of one process.
        generate: items -> a prediction for each.
        first: index of the first item, a multiple of batch_size.
        can_split_batch: whether a process may halve a batch that does not fit its memory. False if other
            processes must take part in each forward pass.
    """
    processes = PartialState()
    for start in range(first, len(items), batch_size * processes.num_processes):
        own = start + batch_size * processes.process_index
        batch = [items[index] for index in range(own, min(own + batch_size, len(items)))]
        # A process without items generates the first item again and drops the result: if each process holds a
        # part of the weights, all must take part.
        whole = batch or [items[0]]
        made = _generate_in_halves(generate, whole) if can_split_batch else generate(whole)
        yield gather_object(made[: len(batch)])


def generate_texts(
    model: PreTrainedModel,
    collator: Collator,
    samples: Items[PageSample],
    decoding: Decoding,
    before_round: Callable[[], None] = lambda: None,
) -> list[Prediction]:
    """Return a prediction for each sample, in order, to all processes. `before_round` may raise to stop."""
    generate = partial(generate_batch, model, collator, decoding=decoding)
    can_split = not isinstance(model, FSDPModule)
    rounds = generate_rounds(samples, decoding.batch_size, generate, can_split_batch=can_split)
    predictions: list[Prediction] = []
    while len(predictions) < len(samples):
        # Not in `generate`: processes vote in `before_round`, and a process that halves its batches calls
        # `generate` more often than the others.
        before_round()
        predictions += next(rounds)
    return predictions


def _generate_in_halves(
    generate: Callable[[Sequence[Item]], list[Prediction]], batch: Sequence[Item]
) -> list[Prediction]:
    """Generate for a batch, or for its halves if the GPU's memory does not hold the batch."""
    try:
        return generate(batch)
    except RuntimeError as error:
        if len(batch) == 1 or not is_out_of_memory(error):
            raise
    free_memory()  # outside the handler, because the exception's traceback keeps tensors alive
    middle = len(batch) // 2
    return _generate_in_halves(generate, batch[:middle]) + _generate_in_halves(generate, batch[middle:])


@torch.no_grad()
def generate_batch(
    model: PreTrainedModel, collator: Collator, batch: Sequence[PageSample], decoding: Decoding
) -> list[Prediction]:
    """Generate for a batch in one call.

    Args:
        model: on its device; it stays in evaluation mode afterwards.
        collator: builds the prompts.
        batch: at least one sample.
        decoding: lengths and n-gram blocking.

    Raises:
        InvalidInput: a page is not a readable picture.
        RuntimeError: out of memory, see `is_out_of_memory`.
    """
    rows = generate_token_ids(model, collator, batch, decoding)
    return [_prediction(sample, row, collator) for sample, row in zip(batch, rows, strict=True)]


def generate_token_ids(
    model: PreTrainedModel, collator: Collator, batch: Sequence[PageSample], decoding: Decoding
) -> list[list[int]]:
    """Generate for a batch, as `generate_batch`: the token ids of each sample, up to and with the
    end-of-sequence token."""
    generate = generate_in_rows if can_join_rows(model) else generate_by_library
    return generate(model, collator, batch, decoding)


def generate_in_rows(
    model: PreTrainedModel, collator: Collator, batch: Sequence[PageSample], decoding: Decoding
) -> list[list[int]]:
    """Generate in rows: one that has ended costs nothing."""
    decoding_batch = DecodingBatch(model, collator, decoding)
    rows = decoding_batch.join(batch)
    while decoding_batch.rows:
        decoding_batch.step()
    return [row.token_ids for row in rows]


def generate_by_library(
    model: PreTrainedModel, collator: Collator, batch: Sequence[PageSample], decoding: Decoding
) -> list[list[int]]:
    """Generate by the library: it knows sliding windows and weights in parts."""
    model.train(False)
    tokenizer = collator.token_layout.tokenizer
    inputs = {name: tensor.to(model.device) for name, tensor in collator.collate_prompts(batch).items()}
    generate: Callable[..., torch.Tensor] = model.generate  # type: ignore[assignment]
    with torch.autocast(model.device.type, torch.bfloat16, enabled=decoding.bf16):
        ids = generate(
            **inputs,
            max_new_tokens=decoding.max_new_tokens,
            do_sample=False,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
            logits_processor=_build_logits_processors(decoding),
            # Processes that hold parts of one model stop together, after the longest text; transformers does
            # not detect FSDP2.
            synced_gpus=isinstance(model, FSDPModule),
        )
    rows: list[list[int]] = ids[:, inputs["input_ids"].shape[1] :].tolist()
    return [_until_end(row, tokenizer.eos_token_id) for row in rows]


def _until_end(row: list[int], eos_token_id: int) -> list[int]:
    return row[: row.index(eos_token_id) + 1] if eos_token_id in row else row


def _prediction(sample: PageSample, row: list[int], collator: Collator) -> Prediction:
    tokenizer = collator.token_layout.tokenizer
    ended = tokenizer.eos_token_id in row
    tokens = row[: row.index(tokenizer.eos_token_id)] if ended else row
    text = str(tokenizer.decode(tokens, skip_special_tokens=True))
    return Prediction(
        document_id=sample.document_id,
        reference=sample.summary,
        num_pages=len(sample.pages),
        text=text.strip(),
        num_tokens=len(tokens),
        cut=not ended,
        looping=is_looping(text),
        num_pages_left_out=sample.num_pages_left_out,
        document_cut=collator.token_layout.cuts(sample.text),
        missing_glyphs=dict(sample.missing_glyphs),
    )


def _build_logits_processors(decoding: Decoding) -> LogitsProcessorList:
    if not decoding.no_repeat_ngram_size:
        return LogitsProcessorList()
    blocking = UnlimitedOcrSlidingWindowNoRepeatNgramLogitsProcessor(
        decoding.no_repeat_ngram_size, decoding.no_repeat_ngram_window_size
    )
    return LogitsProcessorList([blocking])
