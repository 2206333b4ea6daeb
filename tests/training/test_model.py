"""Loading: every published tensor arrives. Incomplete weights, pickles and code in a repository are
refused."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from data.errors import ModelError, UnknownName
from data.store.workspace import Workspace
from tests.training.published_checkpoint import (
    published_shapes,
    published_tensors,
    write_published_checkpoint,
)
from tests.training.small_models import write_small
from training.models.loading import load_model


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.create(tmp_path / "workspace")


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    return write_published_checkpoint(tmp_path / "published")


def test_each_published_tensor_arrives_in_the_native_model(checkpoint: Path, workspace: Workspace) -> None:
    loaded = load_model(str(checkpoint), None, workspace, torch.float32)
    state, published = loaded.model.state_dict(), published_tensors()
    arrived = sum(tensor.numel() for tensor in state.values())
    unused = published["model.vision_model.embeddings.patch_embedding.weight"].numel()
    assert arrived == sum(tensor.numel() for tensor in published.values()) - unused
    assert sum(tensor.double().sum() for tensor in state.values()).item() == pytest.approx(
        sum(
            tensor.double().sum() for name, tensor in published.items() if "patch_embedding" not in name
        ).item()
    )
    assert torch.equal(state["model.view_separator"], published["model.view_seperator"])
    experts = state["model.language_model.layers.1.mlp.experts.gate_up_proj"]
    assert torch.equal(experts[3, :32], published["model.layers.1.mlp.experts.3.gate_proj.weight"])
    query = state["model.vision_tower.vision_encoder.encoder.layers.1.self_attn.q_proj.weight"]
    assert torch.equal(
        query, published["model.vision_model.transformer.layers.1.self_attn.qkv_proj.weight"][:64]
    )


def test_the_kind_of_a_published_checkpoint_is_detected(checkpoint: Path, workspace: Workspace) -> None:
    loaded = load_model(str(checkpoint), None, workspace)
    assert (loaded.kind, loaded.modes, loaded.folder) == (
        "deepseek_ocr",
        ("tiny", "small", "base", "large"),
        checkpoint,
    )


def test_attention_covers_all_positions(checkpoint: Path, workspace: Workspace) -> None:
    text = load_model(str(checkpoint), None, workspace).model.config.text_config
    assert set(text.layer_types) == {"full_attention"}
    assert text.sliding_window == text.max_position_embeddings


def test_a_saved_model_has_the_published_names(
    checkpoint: Path, workspace: Workspace, tmp_path: Path
) -> None:
    load_model(str(checkpoint), None, workspace).model.save_pretrained(tmp_path / "saved")
    saved = load_file(tmp_path / "saved" / "model.safetensors")
    assert saved.keys() == published_shapes().keys() - {
        "model.vision_model.embeddings.patch_embedding.weight"
    }


@pytest.mark.parametrize("native_names", [False, True])
def test_our_own_checkpoints_load_with_native_and_published_names(
    native_names: bool, checkpoint: Path, workspace: Workspace
) -> None:
    loaded = load_model(str(checkpoint), None, workspace)
    folder = workspace.model("run") / "checkpoints" / "checkpoint-3"
    loaded.model.save_pretrained(folder, save_original_format=not native_names)
    loaded.tokenizer.save_pretrained(folder)
    again = load_model("run/checkpoints/checkpoint-3", None, workspace)
    assert again.kind == "deepseek_ocr"
    assert all(
        torch.equal(a, b)
        for a, b in zip(loaded.model.state_dict().values(), again.model.state_dict().values(), strict=True)
    )


def test_a_missing_tensor_is_refused_by_name(tmp_path: Path, workspace: Workspace) -> None:
    tensors = published_tensors()
    del tensors["model.layers.1.self_attn.k_proj.weight"]
    folder = write_published_checkpoint(tmp_path / "published", tensors)
    with pytest.raises(
        ModelError, match=r"1 missing \(model\.language_model\.layers\.1\.self_attn\.k_proj\.weight\)"
    ):
        load_model(str(folder), None, workspace)


def test_an_unexpected_tensor_is_refused_by_name(tmp_path: Path, workspace: Workspace) -> None:
    folder = write_published_checkpoint(
        tmp_path / "published", published_tensors() | {"model.layers.1.mlp.extra.weight": torch.zeros(2)}
    )
    with pytest.raises(ModelError, match="1 unexpected"):
        load_model(str(folder), None, workspace)


def test_a_tensor_of_another_shape_is_refused(tmp_path: Path, workspace: Workspace) -> None:
    folder = write_published_checkpoint(
        tmp_path / "published", published_tensors() | {"model.norm.weight": torch.zeros(65)}
    )
    with pytest.raises(ModelError, match=r"norm\.weight"):
        load_model(str(folder), None, workspace)


def test_a_missing_expert_is_refused(tmp_path: Path, workspace: Workspace) -> None:
    tensors = published_tensors()
    for part in ("gate", "up", "down"):
        del tensors[f"model.layers.1.mlp.experts.2.{part}_proj.weight"]
    with pytest.raises(ModelError):
        load_model(str(write_published_checkpoint(tmp_path / "published", tensors)), None, workspace)


def test_a_cut_weight_file_is_refused(checkpoint: Path, workspace: Workspace) -> None:
    shard = checkpoint / "model-00002-of-000002.safetensors"
    shard.write_bytes(shard.read_bytes()[:-100])
    with pytest.raises(ModelError, match="cannot be read"):
        load_model(str(checkpoint), None, workspace)


def test_an_absent_shard_is_refused(checkpoint: Path, workspace: Workspace) -> None:
    (checkpoint / "model-00002-of-000002.safetensors").unlink()
    with pytest.raises(ModelError, match="lacks the weight file model-00002"):
        load_model(str(checkpoint), None, workspace)


def test_pickled_weights_are_not_opened(checkpoint: Path, workspace: Workspace) -> None:
    for path in checkpoint.glob("model*"):
        path.unlink()
    (checkpoint / "pytorch_model.bin").write_bytes(b"not opened")
    with pytest.raises(ModelError, match="a pickle"):
        load_model(str(checkpoint), None, workspace)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"model_type": "llama", "architectures": ["LlamaForCausalLM"]}, "model_type 'llama'"),
        ({"architectures": ["DeepseekOCR2ForCausalLM"]}, "DeepseekOCR2ForCausalLM"),
        ({"language_config": {"use_mla": True}}, "use_mla = True"),
        ({"language_config": {"topk_method": "noaux_tc"}}, "topk_method = 'noaux_tc'"),
        ({"vision_config": {}}, "'width'"),
    ],
)
def test_another_model_is_refused(
    change: dict[str, object], said: str, checkpoint: Path, workspace: Workspace
) -> None:
    document = json.loads((checkpoint / "config.json").read_text())
    for key, value in change.items():
        document[key] = document[key] | value if key == "language_config" else value  # type: ignore[operator]
    (checkpoint / "config.json").write_text(json.dumps(document))
    with pytest.raises(ModelError, match=said):
        load_model(str(checkpoint), None, workspace)


def test_an_unknown_name_is_refused(workspace: Workspace) -> None:
    with pytest.raises(UnknownName, match="no-such-model"):
        load_model("no-such-model", None, workspace)


def test_an_unfinished_training_is_refused(workspace: Workspace) -> None:
    workspace.model("run").mkdir()
    with pytest.raises(ModelError, match="no finished model yet"):
        load_model("run", None, workspace)


def test_a_hub_model_without_a_pinned_revision_is_refused(workspace: Workspace) -> None:
    with pytest.raises(ModelError, match="No revision of someone/model is pinned"):
        load_model("someone/model", None, workspace)


def test_a_hub_model_is_refused_while_offline(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(ModelError, match="not on this machine and the Hub did not answer"):
        load_model("deepseek-ai/DeepSeek-OCR", None, workspace)


@pytest.mark.parametrize(
    ("kind", "modes"), [("deepseek_ocr2", ("base",)), ("unlimited_ocr", ("tiny", "small", "base", "large"))]
)
def test_the_other_models_load_in_their_native_layout(
    kind: str, modes: tuple[str, ...], tmp_path: Path, workspace: Workspace
) -> None:
    saved = write_small(kind, tmp_path / "other")
    loaded = load_model(str(tmp_path / "other"), None, workspace, torch.float32)
    assert (loaded.kind, loaded.modes) == (kind, modes)
    state = loaded.model.state_dict()
    assert all(torch.equal(state[name], tensor) for name, tensor in saved.state_dict().items())
