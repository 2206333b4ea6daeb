"""The weights that train: their numbers, their dtype, adapters, and saving and loading them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from transformers import (
    DeepseekOcr2Config,
    DeepseekOcr2ForConditionalGeneration,
    UnlimitedOcrForConditionalGeneration,
)

from data.errors import ModelError, StorageError
from tests.training.trainings import weights_of
from training.models.published_layout import native_config
from training.models.tiny import untrained_tiny
from training.models.trainable import choose_trainable, parameter_counts
from training.models.trained_weights import apply_trained_weights, load_trained_weights, save_trained_weights
from training.options.config import Trainable
from training.options.memory import estimate_training_memory
from training.options.model_kinds import MODEL_KINDS
from training.options.optimal_configs import training_config
from training.options.parts import TRAINED_PARTS, part_of

FULL_SIZE: dict[str, dict[str, Any]] = {
    "language_config": {
        "vocab_size": 129280,
        "hidden_size": 1280,
        "intermediate_size": 6848,
        "moe_intermediate_size": 896,
        "num_hidden_layers": 12,
        "num_attention_heads": 10,
        "num_key_value_heads": 10,
        "n_routed_experts": 64,
        "n_shared_experts": 2,
        "num_experts_per_tok": 6,
        "first_k_dense_replace": 1,
        "n_group": 1,
        "topk_group": 1,
        "topk_method": "greedy",
        "max_position_embeddings": 8192,
        "bos_token_id": 0,
        "eos_token_id": 1,
    },
    "vision_config": {
        "image_size": 1024,
        "width": {
            "clip-l-14-224": {"heads": 16, "image_size": 224, "layers": 24, "patch_size": 14, "width": 1024},
            "sam_vit_b": {
                "downsample_channels": [512, 1024],
                "global_attn_indexes": [2, 5, 8, 11],
                "heads": 12,
                "layers": 12,
                "width": 768,
            },
        },
    },
}
ADAPTERS: tuple[Trainable, ...] = ("lora", "lora_experts")


def full_size() -> UnlimitedOcrForConditionalGeneration:
    """Build DeepSeek-OCR at its real size without memory for its weights."""
    with torch.device("meta"):
        return UnlimitedOcrForConditionalGeneration(native_config(FULL_SIZE, 128815))


def batch() -> dict[str, torch.Tensor]:
    """Return two 320 px pages with a target of twenty tokens."""
    generator = torch.Generator().manual_seed(0)
    ids = torch.tensor([[0] + [4] * 31 + list(range(5, 25))] * 2)
    return {
        "input_ids": ids,
        "labels": ids,
        "pixel_values": torch.rand(2, 3, 320, 320, generator=generator) * 2 - 1,
    }


def three_steps(train: Trainable) -> torch.nn.Module:
    """Train for three steps, so that something changes."""
    torch.manual_seed(0)
    model = choose_trainable(untrained_tiny(0)[0], train).model
    optimizer = torch.optim.AdamW(
        [parameter for parameter in model.parameters() if parameter.requires_grad], lr=1e-2
    )
    for _ in range(3):
        model(**batch()).loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    return model.eval()


def test_the_parts_have_the_published_sizes() -> None:
    assert parameter_counts(full_size()) == MODEL_KINDS["deepseek_ocr"].architecture.parameters


def test_deepseek_ocr_2_has_another_encoder_and_the_same_decoder() -> None:
    # As the authors' code builds it: SAM, then a language model of the size of Qwen2 0.5B.
    encoder = {
        "hidden_size": 896,
        "intermediate_size": 4864,
        "num_hidden_layers": 24,
        "num_attention_heads": 14,
        "num_key_value_heads": 2,
    }
    language = {
        name: FULL_SIZE["language_config"][name]
        for name in FULL_SIZE["language_config"]
        if name != "first_k_dense_replace"
    }
    text = {**language, "mlp_layer_types": ["dense"] + ["sparse"] * 11}
    config = DeepseekOcr2Config(vision_config={"sam_config": {}, "encoder_config": encoder}, text_config=text)
    with torch.device("meta"):
        assert (
            parameter_counts(DeepseekOcr2ForConditionalGeneration(config))
            == MODEL_KINDS["deepseek_ocr2"].architecture.parameters
        )


@pytest.mark.parametrize(
    ("train", "millions"),
    [
        ("projector", 2.6),
        ("attention", 81.3),
        ("dense", 514.2),
        ("decoder", 2936.5),
        ("lora", 4.0),
        ("lora_experts", 63.1),
    ],
)
def test_the_number_of_weights_that_each_option_trains(train: Trainable, millions: float) -> None:
    with torch.device("meta"):
        chosen = choose_trainable(full_size(), train)
    assert chosen.num_parameters == 3_335_504_128
    assert chosen.num_trainable_parameters / 1e6 == pytest.approx(millions, abs=0.06)


@pytest.mark.parametrize("train", ADAPTERS)
@pytest.mark.parametrize("rank", [1, 64])
def test_the_memory_estimate_knows_the_weights_of_each_rank(train: Trainable, rank: int) -> None:
    config = training_config(dataset="pages", model="deepseek-ai/DeepSeek-OCR", train=train, lora_r=rank)
    with torch.device("meta"):
        chosen = choose_trainable(full_size(), train, lora=config.lora)
    estimate = estimate_training_memory(config)
    assert estimate.num_trainable_parameters == chosen.num_trainable_parameters


def test_an_adapter_has_the_alpha_and_the_dropout_of_its_options() -> None:
    config = training_config(dataset="pages", train="lora", lora_alpha=48, lora_dropout=0.5)
    model = choose_trainable(untrained_tiny(0)[0], "lora", lora=config.lora).model
    layer = model.get_submodule("base_model.model.model.language_model.layers.0.self_attn.q_proj")
    assert layer.scaling["default"] == 48 / 16
    assert layer.lora_dropout["default"].p == 0.5


@pytest.mark.parametrize("train", [option for option in TRAINED_PARTS if option not in ("all", *ADAPTERS)])
def test_only_the_chosen_parts_get_gradients(train: Trainable) -> None:
    model = choose_trainable(untrained_tiny(0)[0], train).model
    model(**batch()).loss.backward()
    assert {
        part_of(name) for name, parameter in model.named_parameters() if parameter.grad is not None
    } == TRAINED_PARTS[train]


def test_adapters_are_in_the_decoder_only() -> None:
    model = choose_trainable(untrained_tiny(0)[0], "lora_experts").model
    names = [name for name, parameter in model.named_parameters() if parameter.requires_grad]
    assert all(
        "language_model.layers." in name and ".lora_" in name and ".gate." not in name for name in names
    )
    assert any(".mlp.experts." in name for name in names)


@pytest.mark.parametrize("train", ["dense", "decoder", *ADAPTERS])
def test_trainable_weights_are_float32_and_the_others_keep_their_dtype(train: Trainable) -> None:
    model = choose_trainable(untrained_tiny(0)[0].to(torch.bfloat16), train).model
    assert {parameter.dtype for parameter in model.parameters() if parameter.requires_grad} == {torch.float32}
    assert {parameter.dtype for parameter in model.parameters() if not parameter.requires_grad} == {
        torch.bfloat16
    }
    with torch.autocast("cpu", torch.bfloat16):
        loss = model(**batch()).loss
    loss.backward()
    assert all(parameter.grad is not None for parameter in model.parameters() if parameter.requires_grad)


@pytest.mark.parametrize("train", ["dense", *ADAPTERS])
def test_saved_weights_are_applied_to_their_base(train: Trainable, tmp_path: Path) -> None:
    trained = three_steps(train)
    save_trained_weights(trained, tmp_path, weights_of("tiny", "", train))
    with torch.no_grad():
        expected, base = trained(**batch()).logits, untrained_tiny(0)[0].eval()(**batch()).logits
        again = apply_trained_weights(untrained_tiny(0)[0], tmp_path).eval()
        torch.testing.assert_close(again(**batch()).logits, expected, atol=1e-4, rtol=1e-4)
    assert not torch.allclose(base, expected, atol=0.1)
    assert again.state_dict().keys() == untrained_tiny(0)[0].state_dict().keys()


def test_only_trainable_weights_are_saved(tmp_path: Path) -> None:
    chosen = choose_trainable(untrained_tiny(0)[0], "attention")
    save_trained_weights(chosen.model, tmp_path, weights_of("tiny", "", "attention"))
    saved = load_file(tmp_path / "trained.safetensors")
    assert sum(tensor.numel() for tensor in saved.values()) == chosen.num_trainable_parameters
    assert {part_of(name) for name in saved} == TRAINED_PARTS["attention"]


@pytest.mark.parametrize(
    ("saved", "loaded", "differ"), [("lora", "lora_experts", 4), ("attention", "projector", 8)]
)
def test_weights_of_other_parts_are_refused(
    saved: Trainable, loaded: Trainable, differ: int, tmp_path: Path
) -> None:
    save_trained_weights(
        choose_trainable(untrained_tiny(0)[0], saved).model, tmp_path, weights_of("tiny", "", saved)
    )
    with pytest.raises(ModelError, match=f"do not fit the model: {differ} tensors differ"):
        load_trained_weights(choose_trainable(untrained_tiny(0)[0], loaded).model, tmp_path)


def test_a_damaged_file_of_weights_is_refused(tmp_path: Path) -> None:
    model = choose_trainable(untrained_tiny(0)[0], "projector").model
    save_trained_weights(model, tmp_path, weights_of("tiny", "", "projector"))
    (tmp_path / "trained.safetensors").write_bytes(b"cut")
    with pytest.raises(StorageError, match="cannot be restored"):
        load_trained_weights(model, tmp_path)


def test_the_parts_cover_each_parameter_once() -> None:
    model = untrained_tiny(0)[0]
    counts: Mapping[str, int] = parameter_counts(model)
    assert sum(counts.values()) == sum(parameter.numel() for parameter in model.parameters())
