"""The token layout of a sample."""

from dataclasses import replace

import pytest

from data.errors import InvalidInput
from training.inputs.tokens import TokenLayout
from training.models.tiny import character_tokenizer
from training.options.model_kinds import ModelKind, num_image_tokens

IMAGE = 4


@pytest.fixture(scope="module")
def token_layout() -> TokenLayout:
    return TokenLayout(
        tokenizer=character_tokenizer(),
        image_token_id=IMAGE,
        page_size_px=320,
        prompt="\nGo",
        max_length=8,
        kind="tiny",
        max_positions=8192,
    )


@pytest.mark.parametrize(
    ("kind", "size_px", "expected"),
    [
        ("tiny", 320, 31),
        *(
            ("deepseek_ocr", size_px, tokens)
            for size_px, tokens in ((512, 73), (640, 111), (1024, 273), (1280, 421))
        ),
        ("unlimited_ocr", 1024, 273),
        ("deepseek_ocr2", 1024, 257),
    ],
)
def test_a_page_has_the_authors_number_of_tokens(kind: ModelKind, size_px: int, expected: int) -> None:
    assert num_image_tokens(kind, size_px) == expected


def test_a_prompt_is_bos_pages_and_prompt(token_layout: TokenLayout) -> None:
    prompt = token_layout.encode_prompt(2)
    assert prompt[0] == token_layout.tokenizer.bos_token_id
    assert prompt[1:63] == [IMAGE] * 62
    assert token_layout.tokenizer.decode(prompt[63:]) == "\nGo"


def test_a_target_ends_with_eos(token_layout: TokenLayout) -> None:
    assert token_layout.encode_target("Yes.")[-1] == token_layout.tokenizer.eos_token_id
    assert token_layout.tokenizer.decode(token_layout.encode_target("Yes.")[:-1]) == "Yes."


def test_a_long_target_is_cut_and_still_ends_with_eos(token_layout: TokenLayout) -> None:
    target = token_layout.encode_target("abcdefghijklm")
    assert len(target) == 8
    assert token_layout.tokenizer.decode(target, skip_special_tokens=True) == "abcdefg"
    assert target[-1] == token_layout.tokenizer.eos_token_id


def test_no_text_becomes_a_special_token(token_layout: TokenLayout) -> None:
    ids = token_layout.encode_text("<eos><image>")
    assert not {token_layout.tokenizer.eos_token_id, IMAGE} & set(ids)
    assert token_layout.tokenizer.decode(ids) == "<eos><image>"


def test_a_prompt_keeps_its_special_tokens_and_loses_white_space_at_its_end(
    token_layout: TokenLayout,
) -> None:
    tokenizer = character_tokenizer()
    tokenizer.add_special_tokens({"additional_special_tokens": ["<image>", "<|grounding|>"]})
    asked = replace(token_layout, tokenizer=tokenizer, prompt="\n<|grounding|>Go. \n")
    plain = replace(token_layout, prompt="\n").encode_prompt(0), token_layout.encode_text("\nGo.")
    grounding = tokenizer.convert_tokens_to_ids("<|grounding|>")
    bos = tokenizer.bos_token_id
    assert asked.encode_prompt(0) == [bos, plain[1][0], grounding, *plain[1][1:]]
    assert plain[0] == [bos]
    assert grounding not in asked.encode_target("<|grounding|>")


@pytest.mark.parametrize("token", ["<image>", "<pad>"])
def test_a_prompt_with_a_token_of_the_layout_is_refused(token_layout: TokenLayout, token: str) -> None:
    with pytest.raises(InvalidInput, match=f"The prompt holds {token}"):
        replace(token_layout, prompt=f"{token}\nGo").encode_prompt(1)
