"""Samples -> inputs of the model.

Shapes, with b samples, p pages of all samples, t tokens of the longest sample, k of them kept for the loss:
    input_ids       (b, t)                [bos] + image tokens + prompt + target + [eos], padded on the left
    attention_mask  (b, t)                0 on padding; with a sliding window: see `sliding_window.py`
    position_ids    (b, t)                count from 0 at bos; padding does not shift them
    pixel_values    (p, 3, size, size)    uint8 pages in the order of their image tokens
    labels          (b, k)                the last k positions; IGNORED except on target and EOS of samples
    logits_to_keep  k                     length of the longest target + 1: the head skips image and prompt
    use_cache       False: only generation keeps keys and values
    document_ids    names of the b samples except fillers, used in messages only
    page_keys       p names under which the encoder's output is stored; only if the cache lacks a page
With a feature cache that holds all pages of a batch, pixel_values is the encoder's output instead:
(p, vision tokens, width). For a model that reads text there are no pixel_values.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np
import torch
from numpy.typing import NDArray
from torch._utils import ExceptionWrapper
from torch.utils.data import get_worker_info

from data.errors import DeepSynthError, InvalidInput
from training.inputs.dataset import PageSample
from training.inputs.feature_cache import FeatureCache, page_key
from training.inputs.pixels import blank_page_pixels, page_pixels, reading_image
from training.inputs.sliding_window import sliding_window_masks
from training.inputs.tokens import IGNORED, TokenLayout

Batch = dict[str, Any]
NON_MODEL_KEYS = ("document_ids", "page_keys")


class _WorkerError(ExceptionWrapper):
    """Carries an error from a loader's worker to the main process unchanged; torch would carry only its type
    and text."""

    def __init__(self, error: DeepSynthError) -> None:
        self.error = error

    def reraise(self) -> NoReturn:
        """Raise the error in the process that reads the batches; torch calls this method."""
        raise self.error


@dataclass(frozen=True, slots=True)
class Collator:
    """Builds training and generation inputs for one model and prompt."""

    token_layout: TokenLayout
    blank_pages: bool = False
    """Replace pages by white ones: the control that separates reading from guessing."""
    feature_cache: FeatureCache | None = None

    def __call__(self, samples: Sequence[PageSample]) -> Batch:
        """Build a training batch.

        Raises:
            InvalidInput: a page is not a readable picture. An error in a loader's worker is raised in the
                process that reads the batches.
        """
        try:
            return self._batch(samples)
        except DeepSynthError as error:
            if get_worker_info() is None:
                raise
            return _WorkerError(error)  # type: ignore[return-value] # torch's loader raises it

    def _batch(self, samples: Sequence[PageSample]) -> Batch:
        layout = self.token_layout
        targets = [layout.encode_target(sample.summary) for sample in samples]
        lengths = list(map(len, targets))
        keep = max(lengths) + 1  # the position before a target predicts the target's first token
        prompts = list(map(self.encode_prompt, samples))
        tokens: Batch = self._tokens([a + b for a, b in zip(prompts, targets, strict=True)])
        if window := layout.sliding_window:
            tokens["attention_mask"] = sliding_window_masks(tokens["attention_mask"], lengths, window)
        return {
            **tokens,
            "labels": torch.tensor(
                [
                    [IGNORED] * (keep - len(target))
                    + ([IGNORED] * len(target) if sample.is_filler else target)
                    for sample, target in zip(samples, targets, strict=True)
                ]
            ),
            "logits_to_keep": keep,
            "use_cache": False,
            "document_ids": [sample.document_id for sample in samples if not sample.is_filler],
            **self._encoder_inputs(samples),
        }

    def collate_prompts(self, samples: Sequence[PageSample]) -> dict[str, torch.Tensor]:
        """Build a batch for generation: prompts only, padded on the left so that all summaries start at the
        same position."""
        inputs = {**self._tokens(list(map(self.encode_prompt, samples))), **self._encoder_inputs(samples)}
        return {name: value for name, value in inputs.items() if name not in NON_MODEL_KEYS}

    def encode_prompt(self, sample: PageSample) -> list[int]:
        """Return the token ids before the target of a sample.

        Raises:
            InvalidInput: the model reads text, and the sample has none.
        """
        layout = self.token_layout
        if layout.reads != "pages" and not sample.text:
            raise InvalidInput(
                f"Document {sample.document_id} has no text, and the model reads text instead of pages."
            )
        return layout.encode_prompt(len(sample.pages), sample.text)

    def _tokens(self, rows: Sequence[Sequence[int]]) -> dict[str, torch.Tensor]:
        """Pad rows of token ids on the left; the positions of each row begin at its first token."""
        length = max(map(len, rows))
        pad = int(self.token_layout.tokenizer.pad_token_id)
        mask = torch.tensor([[0] * (length - len(row)) + [1] * len(row) for row in rows])
        return {
            "input_ids": torch.tensor([[pad] * (length - len(row)) + [*row] for row in rows]),
            "attention_mask": mask,
            "position_ids": (mask.cumsum(dim=1) - 1).clamp(min=0),
        }

    def _encoder_inputs(self, samples: Sequence[PageSample]) -> Batch:
        """Return the stored output of the encoder if the cache holds all pages; else the pages, with the
        names under which their output will be stored. Nothing for a model that reads text."""
        if self.token_layout.reads != "pages":
            return {}
        if self.feature_cache is None:
            return {"pixel_values": self.pixels(samples)}
        keys = [page_key(page) for sample in samples for page in sample.pages]
        stored = self.feature_cache.load(keys)
        return (
            {"pixel_values": self.pixels(samples), "page_keys": keys}
            if stored is None
            else {"pixel_values": stored}
        )

    def pixels(self, samples: Sequence[PageSample]) -> torch.Tensor:
        """Decode all pages of all samples in order to uint8 (pages, 3, size, size).

        Raises:
            InvalidInput: a page is not readable; the message names its document.
        """
        size_px = self.token_layout.page_size_px
        pages = [page for sample in samples for page in sample.pages]
        if self.blank_pages:
            return torch.from_numpy(np.stack([blank_page_pixels(size_px)] * len(pages)))
        return torch.from_numpy(
            np.stack([pixels for sample in samples for pixels in _page_pixels(sample, size_px)])
        )


def _page_pixels(sample: PageSample, size_px: int) -> Iterator[NDArray[np.uint8]]:
    for number, page in enumerate(sample.pages, 1):
        with reading_image(
            f"Page {number} of document {sample.document_id}", "Delete the dataset and generate it again."
        ):
            pixels = page_pixels(page, size_px)
        yield pixels
