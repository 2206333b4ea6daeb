"""Model folders that hold anything: each is refused at once, by file and field; none reaches the memory."""

import json
import shutil
from copy import deepcopy
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
import torch
from transformers.activations import ACT2FN

from data.errors import ModelError
from data.store.workspace import Workspace
from tests.training.published_checkpoint import published_config, write_published_checkpoint
from training.models.loading import load_model
from training.models.tiny import BASE_FOLDER
from training.options.model_config import ACTIVATIONS
from training.options.model_names import model_kind

NESTED = "[" * 100_000
TEXT, SAM, CLIP = "text_config", "vision_config.sam_config", "vision_config.encoder_config"
PUBLISHED_SAM, PUBLISHED_CLIP = "vision_config.width.sam_vit_b", "vision_config.width.clip-l-14-224"
TINY_FAULTS = [
    (TEXT, "x"),
    (TEXT, []),
    ("vision_config", "x"),
    (SAM, 3),
    (CLIP, []),
    (f"{TEXT}.num_hidden_layers", 10**7),
    (f"{TEXT}.num_hidden_layers", "two"),
    (f"{TEXT}.num_hidden_layers", True),
    (f"{TEXT}.num_attention_heads", 0),
    (f"{TEXT}.hidden_size", 10**12),
    (f"{TEXT}.vocab_size", 0),
    (f"{TEXT}.hidden_act", "swoosh"),
    (f"{TEXT}.n_routed_experts", 10**9),
    (f"{TEXT}.num_experts_per_tok", 100),
    (f"{TEXT}.num_experts_per_tok", 0),
    (f"{TEXT}.sliding_window", -1),
    (f"{TEXT}.max_position_embeddings", 0),
    (f"{TEXT}.rope_parameters", "x"),
    (f"{TEXT}.rope_parameters.rope_type", "swoosh"),
    (f"{TEXT}.rope_parameters.rope_theta", "x"),
    (f"{TEXT}.pad_token_id", -7),
    (f"{TEXT}.eos_token_id", 10**9),
    (f"{TEXT}.bos_token_id", 101),
    (f"{TEXT}.dtype", "float99"),
    ("dtype", "nn"),
    ("dtype", []),
    ("image_token_id", -1),
    ("image_token_id", 500),
    (f"{SAM}.patch_size", 0),
    (f"{SAM}.image_size", 10**9),
    (f"{SAM}.window_size", 10**9),
    (f"{SAM}.downsample_channels", [1]),
    (f"{SAM}.global_attn_indexes", ["x"]),
    (f"{CLIP}.num_attention_heads", 0),
    (f"{CLIP}.num_hidden_layers", 10**7),
    ("quantization_config", {"quant_method": "swoosh"}),
    ("quantization_config", []),
    ("attn_implementation", "kernels-community/flash-attn"),
    (f"{TEXT}._attn_implementation", "kernels-community/flash-attn"),
    ("_experts_implementation", "swoosh"),
    ("id2label", "x"),
]
PUBLISHED_FAULTS = [
    ("language_config", "x"),
    ("vision_config", []),
    ("vision_config.width", "x"),
    (PUBLISHED_SAM, []),
    (f"{PUBLISHED_SAM}.width", None),
    (f"{PUBLISHED_SAM}.heads", 0),
    (f"{PUBLISHED_CLIP}.patch_size", 0),
    (f"{PUBLISHED_CLIP}.image_size", 10**9),
    ("vision_config.image_size", "x"),
    ("language_config.num_hidden_layers", 10**7),
    ("language_config.hidden_act", "swoosh"),
    ("language_config.rope_theta", 0),
    ("language_config.torch_dtype", "float99"),
    ("quantization_config", {"quant_method": "gptq", "bits": 4}),
]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.create(tmp_path / "workspace")


@pytest.fixture
def model(workspace: Workspace) -> Path:
    return Path(shutil.copytree(BASE_FOLDER, workspace.model("run")))


def changed(document: dict[str, Any], path: str, value: object) -> str:
    *sections, last = path.split(".")
    place = document = deepcopy(document)
    for section in sections:
        place = place[section]
    place[last] = value
    return json.dumps(document)


def refusal(workspace: Workspace) -> str:
    start_s = monotonic()
    with pytest.raises(ModelError) as refused:
        load_model("run", None, workspace, torch.float32)
    assert monotonic() - start_s < 5
    assert len(refused.value.message) < 1000
    return refused.value.message


@pytest.mark.parametrize(("path", "value"), TINY_FAULTS)
def test_a_wrong_value_in_config_json_is_refused_by_its_field(
    path: str, value: object, model: Path, workspace: Workspace
) -> None:
    document = json.loads((BASE_FOLDER / "config.json").read_text())
    (model / "config.json").write_text(changed(document, path, value))
    words = refusal(workspace)
    assert "config.json" in words
    assert path in words
    with pytest.raises(ModelError, match=r"config\.json"):
        model_kind("run", workspace)


@pytest.mark.parametrize(("path", "value"), PUBLISHED_FAULTS)
def test_a_wrong_value_in_the_published_layout_is_refused_by_its_field(
    path: str, value: object, workspace: Workspace
) -> None:
    folder = write_published_checkpoint(workspace.model("run"))
    (folder / "config.json").write_text(changed(published_config(), path, value))
    words = refusal(workspace)
    assert "config.json" in words
    assert path in words


@pytest.mark.parametrize("text", ["[]", "null", "3", '"x"', "", "{", NESTED, '{"a":' * 100_000])
@pytest.mark.parametrize(
    "name",
    ["config.json", "tokenizer.json", "tokenizer_config.json", "generation_config.json", "trained.json",
     "deepsynth.json", "model.safetensors.index.json", "special_tokens_map.json", "added_tokens.json"],
)  # fmt: skip
def test_a_file_of_another_shape_is_refused_by_its_name(
    name: str, text: str, model: Path, workspace: Workspace
) -> None:
    (model / name).write_text(text)
    assert name in refusal(workspace)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("model.safetensors.index.json", "{}", "weight_map"),
        ("model.safetensors.index.json", '{"weight_map": {"a": 3}}', "weight_map"),
        ("model.safetensors.index.json", '{"weight_map": {"a": "x\\u0000"}}', "weight_map"),
        ("model.safetensors.index.json", json.dumps({"weight_map": {"a": "x" * 300}}), "weight_map"),
        ("model.safetensors.index.json", '{"weight_map": {"a": "b"}, "metadata": 3}', "metadata"),
        ("generation_config.json", '{"num_beams": 100000000}', "num_beams"),
        ("generation_config.json", '{"num_beams": "x"}', "num_beams"),
        ("generation_config.json", '{"max_new_tokens": -1}', "max_new_tokens"),
        ("generation_config.json", '{"watermarking_config": "x"}', "generation_config.json"),
        ("tokenizer_config.json", '{"eos_token": 3}', "eos_token"),
        ("tokenizer_config.json", "{}", "eos_token"),
        ("trained.json", "{}", "base_model_name_or_path"),
        ("trained.json", '{"base_model_name_or_path": 3}', "base_model_name_or_path"),
        ("deepsynth.json", '{"prompt": 3}', "prompt"),
        ("model.safetensors", "", "header"),
        ("model.safetensors", "\0" * 7 + "\x10{}", "header"),
    ],
)
def test_a_wrong_value_in_another_file_is_named(
    name: str, text: str, said: str, model: Path, workspace: Workspace
) -> None:
    (model / name).write_text(text)
    assert said in refusal(workspace)


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (
            "pre_tokenizer",
            {"type": "Split", "pattern": {"Regex": "[("}, "behavior": "Isolated", "invert": False},
            "premature end",
        ),
        ("model.vocab.<bos>", -1, "invalid value"),
        ("model.vocab.<bos>", 10**6, "ids up to 1,000,000"),
        ("model", None, "tokenizer"),
        ("version", "9.9", "version"),
    ],
)
def test_a_tokenizer_that_cannot_work_is_refused(
    path: str, value: object, said: str, model: Path, workspace: Workspace
) -> None:
    document = json.loads((BASE_FOLDER / "tokenizer.json").read_text())
    (model / "tokenizer.json").write_text(changed(document, path, value))
    assert said in refusal(workspace)


@pytest.mark.parametrize("section", ["text_config", "vision_config"])
def test_a_config_json_of_a_much_larger_model_is_refused_before_memory_is_taken(
    section: str, model: Path, workspace: Workspace
) -> None:
    document = json.loads((BASE_FOLDER / "config.json").read_text())
    del document[section]  # the class then takes the sizes of the real model
    (model / "config.json").write_text(json.dumps(document))
    assert "describes a model of" in refusal(workspace)


def test_checkpoints_that_lead_in_a_circle_are_refused(model: Path, workspace: Workspace) -> None:
    trained = {"base_model_name_or_path": "run", "revision": None, "base_weights": "x", "train": "all"}
    (model / "trained.json").write_text(json.dumps(trained))
    assert "never to a whole model" in refusal(workspace)
    with pytest.raises(ModelError, match="never to a whole model"):
        model_kind("run", workspace)


def test_each_activation_that_is_taken_exists() -> None:
    assert set(ACT2FN) >= ACTIVATIONS
