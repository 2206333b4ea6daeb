"""Pages -> summaries: greedy, in batches, with the authors' remedy against loops; of several processes each
generates its share."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
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
from training.inputs.collate import Collator
from training.inputs.dataset import PageSample
from training.models.device import free_memory, is_out_of_memory

Item = TypeVar("Item", covariant=True)  # noqa: PLC0105


class Items(Protocol[Item]):
    """Things by position: a list, or a dataset that reads them when asked for."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int, /) -> Item: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoding:
    """How summaries are generated. The n-gram values are those of the model's authors (30 within 90)."""

    max_new_tokens: int
    batch_size: int
    no_repeat_ngram_size: int = 30
    no_repeat_ngram_window_size: int = 90
    bf16: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """What a model wrote for one sample. Without its pages: a split's would fill the memory."""

    document_id: str
    reference: str
    num_pages: int
    text: str
    num_tokens: int = 0
    cut: bool = False
    """The text met `max_new_tokens` before it ended."""
    looping: bool = False
    num_pages_left_out: int = 0
    """Further pages that the document has and the model did not see."""
    error: str | None = None
    """Why there is no text."""


def generate_rounds(
    items: Items[Item],
    batch_size: int,
    generate: Callable[[Sequence[Item]], list[Prediction]],
    first: int = 0,
    can_split_batch: bool = True,
) -> Iterator[list[Prediction]]:
    """Yield the predictions of a batch of each process, in order, to all processes.

    Batches hold the same items however many processes share them and wherever an earlier run stopped, so that
    a text is the same.

    Args:
        items: read one batch at a time.
        batch_size: of one process.
        generate: items -> a prediction for each.
        first: the item to begin with, the first one of a batch.
        can_split_batch: whether a process may split a batch that does not fit its memory. False where other
            processes must take part.
    """
    processes = PartialState()
    for start in range(first, len(items), batch_size * processes.num_processes):
        own = start + batch_size * processes.process_index
        batch = [items[index] for index in range(own, min(own + batch_size, len(items)))]
        # A process with nothing left makes the first item again: where each holds a part of the weights, all
        # must take part.
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
    """Return a prediction for each sample, in order; every process gets all of them. `before_round` may raise
    to stop."""

    def generate(batch: Sequence[PageSample]) -> list[Prediction]:
        return generate_batch(model, collator, batch, decoding)

    rounds = generate_rounds(
        samples, decoding.batch_size, generate, can_split_batch=not isinstance(model, FSDPModule)
    )
    predictions: list[Prediction] = []
    while len(predictions) < len(samples):
        # Here and not in `generate`: processes vote in it, and one that halves its batches generates more
        # often than the others.
        before_round()
        predictions += next(rounds)
    return predictions


def _generate_in_halves(
    generate: Callable[[Sequence[Item]], list[Prediction]], batch: Sequence[Item]
) -> list[Prediction]:
    """Generate for a batch, and for its halves where the GPU's memory does not hold it."""
    try:
        return generate(batch)
    except RuntimeError as error:
        if len(batch) == 1 or not is_out_of_memory(error):
            raise
    free_memory()  # outside the handler: the exception's traceback keeps the tensors alive
    middle = len(batch) // 2
    return _generate_in_halves(generate, batch[:middle]) + _generate_in_halves(generate, batch[middle:])


@torch.no_grad()
def generate_batch(
    model: PreTrainedModel, collator: Collator, batch: Sequence[PageSample], decoding: Decoding
) -> list[Prediction]:
    """Generate for a batch at once.

    Args:
        model: on its device; left in evaluation mode.
        collator: builds the prompts.
        batch: at least one sample.
        decoding: lengths and n-gram blocking.
    """
    model.train(False)
    tokenizer = collator.token_layout.tokenizer
    inputs = {name: tensor.to(model.device) for name, tensor in collator.collate_prompts(batch).items()}
    num_prompt_tokens = inputs["input_ids"].shape[1]
    generate: Callable[..., torch.Tensor] = model.generate  # type: ignore[assignment]
    with torch.autocast(model.device.type, torch.bfloat16, enabled=decoding.bf16):
        ids = generate(
            **inputs,
            max_new_tokens=decoding.max_new_tokens,
            do_sample=False,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
            logits_processor=_build_logits_processors(decoding),
            # Processes that hold parts of one model step together until the last has its texts; the library
            # does not see FSDP2.
            synced_gpus=isinstance(model, FSDPModule),
        )
    rows = ids[:, num_prompt_tokens:].tolist()
    return [_prediction(sample, row, collator) for sample, row in zip(batch, rows, strict=True)]


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
    )


def _build_logits_processors(decoding: Decoding) -> LogitsProcessorList:
    if not decoding.no_repeat_ngram_size:
        return LogitsProcessorList()
    return LogitsProcessorList(
        [
            UnlimitedOcrSlidingWindowNoRepeatNgramLogitsProcessor(
                decoding.no_repeat_ngram_size, decoding.no_repeat_ngram_window_size
            )
        ]
    )
