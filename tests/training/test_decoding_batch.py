"""Rows that join and leave a batch while it is generated."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import PreTrainedModel
from transformers.generation.logits_process import NoRepeatNGramLogitsProcessor

from tests.training.small_models import small_model
from tests.training.test_generate_text import SAMPLES, sample, tiny_collator
from training.generation.decoding import Decoding
from training.generation.decoding_batch import DecodingBatch, can_join_rows
from training.generation.decoding_row import DecodingRow
from training.generation.generate_text import generate_by_library
from training.generation.repeats import repeated_tokens
from training.inputs.collate import Collator

FORTY_TOKENS = Decoding(max_new_tokens=40, batch_size=4)


@pytest.fixture(scope="module")
def tiny() -> tuple[PreTrainedModel, Collator]:
    return tiny_collator()


def finish(batch: DecodingBatch) -> None:
    while batch.rows:
        batch.step()


def texts(rows: list[DecodingRow], collator: Collator) -> list[str]:
    return [collator.token_layout.tokenizer.decode(row.text_ids) for row in rows]


def test_rows_give_the_tokens_of_the_library(tiny: tuple[PreTrainedModel, Collator]) -> None:
    batch = DecodingBatch(*tiny, FORTY_TOKENS)
    rows = batch.join(SAMPLES)
    finish(batch)
    assert [row.token_ids for row in rows] == generate_by_library(*tiny, SAMPLES, FORTY_TOKENS)


@pytest.mark.parametrize("num_steps", [0, 1, 5, 12])
def test_a_row_that_joins_later_gives_the_text_that_it_gives_alone(
    tiny: tuple[PreTrainedModel, Collator], num_steps: int
) -> None:
    alone = []
    for one in SAMPLES:
        batch = DecodingBatch(*tiny, FORTY_TOKENS)
        alone += batch.join([one])
        finish(batch)
    batch = DecodingBatch(*tiny, FORTY_TOKENS)
    rows = []
    for one in SAMPLES:
        rows += batch.join([one])
        for _ in range(num_steps):
            batch.step()
    finish(batch)
    assert texts(rows, tiny[1]) == texts(alone, tiny[1])


def test_a_dropped_row_leaves_the_others_unchanged(tiny: tuple[PreTrainedModel, Collator]) -> None:
    batch = DecodingBatch(*tiny, FORTY_TOKENS)
    first, second, third = batch.join(SAMPLES)
    batch.step()
    batch.drop([second])
    finish(batch)
    assert texts([first, third], tiny[1]) == ["Tea was served.", "Trains ran late in Oslo."]
    assert len(second.token_ids) == 2


def test_each_row_has_its_own_limit(tiny: tuple[PreTrainedModel, Collator]) -> None:
    batch = DecodingBatch(*tiny, FORTY_TOKENS)
    rows = batch.join(SAMPLES, [1, 3, 40])
    assert batch.rows == rows[1:]
    finish(batch)
    assert [len(row.token_ids) for row in rows[:2]] == [1, 3]
    assert [row.has_end for row in rows] == [False, False, True]


def test_a_row_without_memory_leaves_the_others_unchanged(
    tiny: tuple[PreTrainedModel, Collator], monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = DecodingBatch(*tiny, FORTY_TOKENS)
    (first,) = batch.join(SAMPLES[:1])

    def refuse(_collator: Collator, _samples: object) -> None:
        raise torch.OutOfMemoryError

    with monkeypatch.context() as patch:
        patch.setattr(Collator, "collate_prompts", refuse)
        with pytest.raises(torch.OutOfMemoryError):
            batch.join(SAMPLES[1:])
    finish(batch)
    assert texts([first], tiny[1]) == ["Tea was served."]


def test_a_model_with_a_sliding_window_is_left_to_the_library() -> None:
    assert not can_join_rows(small_model("unlimited_ocr"))
    assert can_join_rows(small_model("deepseek_ocr2"))


@given(
    ids=st.lists(st.integers(0, 3), min_size=1, max_size=24),
    size=st.integers(1, 6),
    window=st.integers(1, 24),
)
def test_repeats_are_blocked_as_by_the_library(ids: list[int], size: int, window: int) -> None:
    scores = NoRepeatNGramLogitsProcessor(size)(torch.tensor([ids[-window:]]), torch.zeros(1, 4))
    blocked = [token for token in range(4) if scores[0, token] == float("-inf")]
    assert sorted(set(repeated_tokens(ids[-window:], size))) == blocked


@pytest.mark.parametrize("max_pages", [1, 2, 4])
def test_a_long_document_that_is_read_in_parts_gives_the_text_that_it_gives_whole(
    tiny: tuple[PreTrainedModel, Collator], max_pages: int
) -> None:
    long = sample("Music was played. " * 60)
    assert len(long.pages) > 4
    whole = DecodingBatch(*tiny, FORTY_TOKENS)
    (expected,) = whole.join([long])
    finish(whole)
    batch = DecodingBatch(*tiny, FORTY_TOKENS)
    (short,) = batch.join(SAMPLES[2:])
    prompt = batch.begin(long, 40, tiny[1])
    while not batch.read_on(prompt, max_pages):
        batch.step()
    finish(batch)
    assert prompt.row.token_ids == expected.token_ids
    assert texts([short], tiny[1]) == ["Trains ran late in Oslo."]
