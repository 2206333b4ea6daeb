"""The token layout of a sample."""

import pytest

from training.kinds import ModelKind, num_image_tokens
from training.tiny import character_tokenizer
from training.tokens import Encoder

IMAGE = 4


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return Encoder(character_tokenizer(), IMAGE, 320, "\nGo", 8, "tiny")


@pytest.mark.parametrize(
    ("kind", "size_px", "expected"),
    [
        ("tiny", 320, 31),
        *(("deepseek_ocr", size_px, tokens) for size_px, tokens in ((512, 73), (640, 111), (1024, 273), (1280, 421))),
        ("unlimited_ocr", 1024, 273),
        ("deepseek_ocr2", 1024, 257),
    ],
)
def test_a_page_takes_the_authors_number_of_tokens(kind: ModelKind, size_px: int, expected: int) -> None:
    assert num_image_tokens(kind, size_px) == expected


def test_a_question_is_bos_pages_and_prompt(encoder: Encoder) -> None:
    question = encoder.question(2)
    assert question[0] == encoder.tokenizer.bos_token_id
    assert question[1:63] == [IMAGE] * 62
    assert encoder.tokenizer.decode(question[63:]) == "\nGo"


def test_an_answer_ends_with_eos(encoder: Encoder) -> None:
    assert encoder.answer("Yes.")[-1] == encoder.tokenizer.eos_token_id
    assert encoder.tokenizer.decode(encoder.answer("Yes.")[:-1]) == "Yes."


def test_a_long_answer_is_cut_and_still_ends_with_eos(encoder: Encoder) -> None:
    answer = encoder.answer("abcdefghijklm")
    assert len(answer) == 8
    assert encoder.tokenizer.decode(answer, skip_special_tokens=True) == "abcdefg"
    assert answer[-1] == encoder.tokenizer.eos_token_id


def test_no_text_can_stand_for_a_special_token(encoder: Encoder) -> None:
    ids = encoder.text("<eos><image>")
    assert not {encoder.tokenizer.eos_token_id, IMAGE} & set(ids)
    assert encoder.tokenizer.decode(ids) == "<eos><image>"
