"""Greedy generation in batches."""

import pytest
import torch
from torch.distributed.fsdp import FSDPModule
from transformers import PreTrainedModel

from data.config import RenderingConfig
from data.rendering.render import render
from data.rendering.style import resolve_style
from training.generation import generate_text
from training.generation.decoding import Decoding
from training.generation.generate_text import Prediction, generate_texts
from training.inputs.collate import Collator
from training.inputs.dataset import PageSample
from training.inputs.tokens import TokenLayout
from training.models.tiny import load_tiny
from training.speed.forward_passes import patch_model


def sample(text: str) -> PageSample:
    pages = render(text, resolve_style(RenderingConfig(mode="micro"))).pages
    return PageSample(document_id=text, pages=tuple(page.png for page in pages), summary="", text=text)


# The second has two pages, so that prompts differ in length.
SAMPLES = [sample("Tea was served."), sample("Music was played. " * 14), sample("Trains ran late in Oslo.")]
EIGHT_TOKENS = Decoding(max_new_tokens=8, batch_size=2)


def tiny_collator() -> tuple[PreTrainedModel, Collator]:
    model, tokenizer = load_tiny()
    patch_model(model)
    layout = TokenLayout(
        tokenizer=tokenizer,
        image_token_id=model.config.image_token_id,
        page_size_px=320,
        prompt="\nFree OCR.",
        max_length=40,
        kind="tiny",
        max_positions=8192,
    )
    return model, Collator(layout)


def read(batch_size: int, max_new_tokens: int = 40, no_repeat_ngram_size: int = 30) -> list[Prediction]:
    decoding = Decoding(
        max_new_tokens=max_new_tokens, batch_size=batch_size, no_repeat_ngram_size=no_repeat_ngram_size
    )
    return generate_texts(*tiny_collator(), SAMPLES, decoding)


def test_a_batch_gives_the_texts_of_single_samples() -> None:
    assert [p.text for p in read(batch_size=3)] == [p.text for p in read(batch_size=1)]


def test_texts_stop_where_the_model_ends_them() -> None:
    first = read(batch_size=3)[0]
    assert (first.text, first.cut, first.num_tokens) == ("Tea was served.", False, 15)


def test_a_text_at_the_limit_is_marked_as_cut() -> None:
    assert [p.cut for p in read(batch_size=3, max_new_tokens=5)] == [True, True, True]


@pytest.mark.parametrize(("ngram_size", "repeats"), [(0, True), (4, False)])
def test_repeats_are_blocked(ngram_size: int, repeats: bool) -> None:
    text = read(batch_size=3, no_repeat_ngram_size=ngram_size, max_new_tokens=60)[1].text
    windows = [text[start : start + 4] for start in range(len(text) - 3)]
    assert (len(set(windows)) < len(windows)) is repeats


LACKS = [
    torch.OutOfMemoryError("CUDA out of memory."),
    RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate`"),
]


@pytest.mark.parametrize("lack", LACKS)
def test_a_batch_that_exceeds_the_memory_is_halved(
    monkeypatch: pytest.MonkeyPatch, lack: RuntimeError
) -> None:
    made = run_out(monkeypatch, lack)
    rounds: list[int] = []
    texts = generate_texts(None, None, SAMPLES, EIGHT_TOKENS, lambda: rounds.append(len(made)))  # type: ignore[arg-type]
    assert [prediction.text for prediction in texts] == [one.document_id for one in SAMPLES]
    assert made == [2, 1, 1, 1]
    assert rounds == [0, 3]  # as often as in a process that halves nothing, because processes vote in it


def test_a_process_with_a_part_of_the_weights_never_halves_a_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    made = run_out(monkeypatch, LACKS[0])
    with pytest.raises(torch.OutOfMemoryError):
        generate_texts(object.__new__(FSDPModule), None, SAMPLES, EIGHT_TOKENS)  # type: ignore[arg-type]
    assert made == [2]


def run_out(monkeypatch: pytest.MonkeyPatch, lack: RuntimeError) -> list[int]:
    """Let the memory hold single samples only; return the sizes of the batches that are tried."""
    made: list[int] = []

    def generate(
        model: object, collator: object, batch: list[PageSample], decoding: object
    ) -> list[Prediction]:
        made.append(len(batch))
        if len(batch) > 1:
            raise lack
        return [
            Prediction(document_id=sample.document_id, reference="", num_pages=1, text=sample.document_id)
            for sample in batch
        ]

    monkeypatch.setattr(generate_text, "generate_batch", generate)
    return made
