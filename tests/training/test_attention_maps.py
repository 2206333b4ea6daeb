"""Where the model looked: maps over the pages for each word."""

import base64
from dataclasses import replace

import torch

from tests.training.small_models import small_model
from tests.training.test_generate_text import SAMPLES, tiny_collator
from training.generation.attention_maps import attend_words
from training.generation.decoding import Decoding
from training.generation.generate_text import generate_token_ids
from training.models.tiny import load_tiny
from training.speed.forward_passes import patch_model

SIDE = 5
"""Vision tokens in a row of a micro page."""


def test_each_word_has_a_map_of_each_page_and_the_highest_value_is_255() -> None:
    model, collator = tiny_collator()
    (ids,) = generate_token_ids(model, collator, SAMPLES[:1], Decoding(max_new_tokens=40, batch_size=1))
    words = attend_words(model, collator, SAMPLES[0], ids[:-1])
    text = "Tea was served."
    assert [text[word.start : word.end] for word in words] == ["Tea", "was", "served."]
    for word in words:
        (page,) = (base64.b64decode(page) for page in word.pages)
        assert len(page) == SIDE * SIDE
        assert max(page) == 255
    assert model.config.get_text_config()._attn_implementation == "sdpa"


def test_a_document_of_two_pages_has_two_maps_of_a_word() -> None:
    model, collator = tiny_collator()
    words = attend_words(model, collator, SAMPLES[1], collator.token_layout.encode_text("Music"))
    assert [len(word.pages) for word in words] == [2]


def test_the_map_is_the_mean_of_the_eager_attention() -> None:
    model, collator = tiny_collator()
    ids = collator.token_layout.encode_text("T")
    (word,) = attend_words(model, collator, SAMPLES[0], ids)
    inputs = collator.collate_prompts(SAMPLES[:1])
    eager, _ = load_tiny()
    patch_model(eager)
    eager.set_attn_implementation("eager")
    with torch.no_grad():
        layers = eager(**inputs, output_attentions=True, use_cache=False).attentions
    is_image = inputs["input_ids"][0] == collator.token_layout.image_token_id
    mean = torch.stack([layer[0, :, -1].mean(dim=0) for layer in layers]).mean(dim=0)[is_image]
    expected = mean[: SIDE * (SIDE + 1)].view(SIDE, SIDE + 1)[:, :SIDE].flatten()
    got = torch.tensor(list(base64.b64decode(word.pages[0])))
    torch.testing.assert_close(got.float(), expected * 255 / expected.max(), atol=0.6, rtol=0)


def test_a_kind_whose_vision_tokens_are_no_places_has_no_maps() -> None:
    _, collator = tiny_collator()
    other = replace(collator, token_layout=replace(collator.token_layout, kind="deepseek_ocr2"))
    assert attend_words(small_model("deepseek_ocr2"), other, SAMPLES[0], [5]) == []


def test_an_empty_summary_has_no_maps() -> None:
    assert attend_words(*tiny_collator(), SAMPLES[0], []) == []
