"""Pages -> summaries: greedy, in batches, with the authors' remedy against loops."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from accelerate import PartialState
from accelerate.utils import gather_object
from transformers import LogitsProcessorList, PreTrainedModel
from transformers.models.unlimited_ocr.generation_unlimited_ocr import UnlimitedOcrSlidingWindowNoRepeatNgramLogitsProcessor

from evaluation.loops import loops
from training.collate import Collator
from training.dataset import PageSample


class PageSequence(Protocol):
    """Samples by position: a list, or a dataset that reads them when asked for."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int, /) -> PageSample: ...


@dataclass(frozen=True, slots=True)
class Decoding:
    """How summaries are generated. The n-gram values are those of the model's authors (30 within 90)."""

    max_new_tokens: int
    batch_size: int
    no_repeat_ngram_size: int = 30
    no_repeat_ngram_window_size: int = 90
    bf16: bool = False


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a model wrote for one sample."""

    sample: PageSample
    text: str
    num_tokens: int
    cut: bool
    """The text met `max_new_tokens` before it ended."""
    looping: bool


def generate_texts(
    model: PreTrainedModel,
    collator: Collator,
    samples: PageSequence,
    decoding: Decoding,
    before_batch: Callable[[int], None] = lambda done: None,
) -> Iterator[Prediction]:
    """Yield a prediction for each sample, in order.

    Args:
        model: on its device; left in evaluation mode.
        collator: builds the questions.
        samples: read one batch at a time.
        decoding: lengths and batch size.
        before_batch: called with the number of samples done; may raise to stop.
    """
    model.train(False)
    for start in range(0, len(samples), decoding.batch_size):
        before_batch(start)
        batch = [samples[index] for index in range(start, min(start + decoding.batch_size, len(samples)))]
        yield from _generate_batch(model, collator, batch, decoding)


@dataclass(frozen=True, slots=True)
class _Share:
    """Every n-th sample: what one of n processes generates for."""

    samples: PageSequence
    first: int
    step: int

    def __len__(self) -> int:
        return len(range(self.first, len(self.samples), self.step))

    def __getitem__(self, index: int) -> PageSample:
        return self.samples[self.first + index * self.step]


def generate_together(
    model: PreTrainedModel,
    collator: Collator,
    samples: PageSequence,
    decoding: Decoding,
    before_batch: Callable[[int], None] = lambda done: None,
) -> list[Prediction]:
    """Return a prediction for each sample, in order; of several processes each generates its share and gets all of them.

    `before_batch` is called with about the number of samples that all processes have done.
    """
    processes = PartialState()
    world = processes.num_processes
    share = _Share(samples, processes.process_index, world)
    made = list(generate_texts(model, collator, share, decoding, lambda done: before_batch(min(done * world, len(samples)))))
    if world == 1:
        return made
    gathered: list[list[Prediction]] = gather_object([made])
    return [gathered[index % world][index // world] for index in range(len(samples))]


@torch.no_grad()
def _generate_batch(model: PreTrainedModel, collator: Collator, batch: Sequence[PageSample], decoding: Decoding) -> list[Prediction]:
    tokenizer = collator.encoder.tokenizer
    inputs = {name: tensor.to(model.device) for name, tensor in collator.question(batch).items()}
    num_question_tokens = inputs["input_ids"].shape[1]
    generate: Callable[..., torch.Tensor] = model.generate  # type: ignore[assignment]
    with torch.autocast(model.device.type, torch.bfloat16, enabled=decoding.bf16):
        ids = generate(
            **inputs,
            max_new_tokens=decoding.max_new_tokens,
            do_sample=False,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
            logits_processor=_no_repeats(decoding),
        )
    rows = ids[:, num_question_tokens:].tolist()
    return [_prediction(sample, row, collator) for sample, row in zip(batch, rows, strict=True)]


def _prediction(sample: PageSample, row: list[int], collator: Collator) -> Prediction:
    tokenizer = collator.encoder.tokenizer
    ended = tokenizer.eos_token_id in row
    tokens = row[: row.index(tokenizer.eos_token_id)] if ended else row
    text = str(tokenizer.decode(tokens, skip_special_tokens=True))
    return Prediction(sample, text.strip(), len(tokens), not ended, loops(text))


def _no_repeats(decoding: Decoding) -> LogitsProcessorList:
    if not decoding.no_repeat_ngram_size:
        return LogitsProcessorList()
    return LogitsProcessorList(
        [UnlimitedOcrSlidingWindowNoRepeatNgramLogitsProcessor(decoding.no_repeat_ngram_size, decoding.no_repeat_ngram_window_size)]
    )
