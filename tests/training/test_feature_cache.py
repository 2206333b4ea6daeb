"""The feature cache changes only the speed."""

import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from transformers import UnlimitedOcrForConditionalGeneration

from data.errors import StorageError
from data.store.workspace import Workspace
from training.inputs.feature_cache import FeatureCache, accept_features, page_key, weights_sha256
from training.models.tiny import character_tokenizer, tiny_config, untrained_tiny
from training.models.trainable import choose_trainable
from training.speed.encoder import patch_vision_tower, vision_tower

KEYS = [page_key(b"page 1"), page_key(b"page 2")]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.create(tmp_path)


def batch() -> dict[str, torch.Tensor]:
    """Return two 320 px pages with a target of twenty tokens."""
    generator = torch.Generator().manual_seed(0)
    ids = torch.tensor([[0] + [4] * 31 + list(range(5, 25))] * 2)
    return {
        "input_ids": ids,
        "labels": ids,
        "pixel_values": torch.rand(2, 3, 320, 320, generator=generator) * 2 - 1,
    }


def step(model: torch.nn.Module, inputs: dict[str, torch.Tensor]) -> tuple[float, dict[str, torch.Tensor]]:
    """Return the loss and all gradients of one step."""
    model.zero_grad()
    loss = model(**inputs).loss
    loss.backward()
    return loss.item(), {name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None}


@pytest.mark.parametrize("train", ["projector", "dense", "lora"])
@pytest.mark.parametrize("bf16", [False, True])
def test_loss_and_gradients_are_the_same_from_the_cache(train: str, bf16: bool, workspace: Workspace) -> None:
    dtype = torch.bfloat16 if bf16 else torch.float32
    model = choose_trainable(untrained_tiny(0)[0].to(dtype), train).model  # type: ignore[arg-type]
    accept_features(model)
    cache = FeatureCache.open(workspace, model, 320, dtype)
    with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
        with cache.record_outputs(model, KEYS):
            loss, gradients = step(model, batch())
        stored = cache.load(KEYS)
        assert stored is not None
        cached_loss, cached_gradients = step(model, batch() | {"pixel_values": stored})
    assert cached_loss == loss
    assert cached_gradients.keys() == gradients.keys()
    assert all(torch.equal(cached_gradients[name], gradients[name]) for name in gradients)


def test_a_frozen_encoder_runs_in_chunks_of_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    model = choose_trainable(untrained_tiny(0)[0], "dense").model
    seen: list[int] = []
    vision_tower(model).sam_encoder.register_forward_hook(
        lambda _module, inputs, _output: seen.append(len(inputs[0]))
    )  # type: ignore[operator, union-attr]
    expected = step(model, batch())
    monkeypatch.setattr("training.speed.encoder.pages_per_chunk", lambda page_size_px, on_gpu: 1)
    patch_vision_tower(model)
    loss, gradients = step(model, batch())
    assert seen == [2, 1, 1]
    assert loss == pytest.approx(expected[0], rel=1e-6)
    assert gradients.keys() == expected[1].keys()


def test_generation_reads_stored_features(workspace: Workspace) -> None:
    model = untrained_tiny(0)[0].eval()
    accept_features(model)
    cache = FeatureCache.open(workspace, model, 320, torch.float32)
    inputs = {"input_ids": batch()["input_ids"][:, :32], "max_new_tokens": 5, "do_sample": False}
    with cache.record_outputs(model, KEYS):
        expected = model.generate(pixel_values=batch()["pixel_values"], **inputs)
    assert torch.equal(model.generate(pixel_values=cache.load(KEYS), **inputs), expected)


def test_pages_are_loaded_in_the_requested_order(workspace: Workspace) -> None:
    cache = FeatureCache.open(workspace, untrained_tiny(0)[0], 320, torch.float32)
    features = torch.randn(2, 25, 256)
    cache.save(KEYS, features)
    loaded = cache.load(KEYS[::-1])
    assert loaded is not None
    assert torch.equal(loaded, features.flip(0))


def test_a_missing_page_lets_the_whole_batch_be_encoded(workspace: Workspace) -> None:
    cache = FeatureCache.open(workspace, untrained_tiny(0)[0], 320, torch.float32)
    cache.save(KEYS[:1], torch.zeros(1, 25, 256))
    assert cache.load(KEYS) is None


def test_an_unfinished_file_counts_as_absent(workspace: Workspace) -> None:
    cache = FeatureCache.open(workspace, untrained_tiny(0)[0], 320, torch.float32)
    cache.save(KEYS, torch.zeros(2, 25, 256))
    torn = next(cache.folder.glob(f"*/{KEYS[0]}.safetensors"))
    torn.write_bytes(torn.read_bytes()[:100])
    assert cache.load(KEYS[:1]) is None
    assert cache.load(KEYS[1:]) is not None


def test_other_weights_sizes_or_precision_have_another_cache(workspace: Workspace) -> None:
    model, other = untrained_tiny(0)[0], untrained_tiny(1)[0]
    folders = {
        FeatureCache.open(workspace, model, 320, torch.float32).folder,
        FeatureCache.open(workspace, other, 320, torch.float32).folder,
        FeatureCache.open(workspace, model, 512, torch.float32).folder,
        FeatureCache.open(workspace, model, 320, torch.bfloat16).folder,
    }
    assert len(folders) == 4


def test_training_the_decoder_keeps_the_cache_of_its_encoder() -> None:
    model = untrained_tiny(0)[0]
    before = weights_sha256(vision_tower(model))
    adapted = choose_trainable(model, "lora").model
    assert weights_sha256(vision_tower(adapted)) == before


def test_the_predicted_size_is_the_size_on_disk(workspace: Workspace) -> None:
    cache = FeatureCache.open(workspace, untrained_tiny(0)[0], 320, torch.float32)
    cache.save(KEYS, torch.zeros(2, 25, 256))
    on_disk = sum(path.stat().st_size for path in cache.folder.rglob("*.safetensors"))
    assert on_disk == pytest.approx(cache.size_bytes(2), rel=0.01)


def test_a_full_cache_needs_no_more_disk_space(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = FeatureCache.open(workspace, untrained_tiny(0)[0], 320, torch.float32)
    cache.save(KEYS, torch.zeros(2, 25, 256))
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=0))
    cache.require_disk_space(2, KEYS)
    with pytest.raises(StorageError, match="for 3 pages"):
        cache.require_disk_space(3, [*KEYS, page_key(b"page 3")])
    with pytest.raises(StorageError, match="for 2 pages"):  # the stored pages belong to another dataset
        cache.require_disk_space(2, [page_key(b"page 4")])
    with torch.device("meta"):  # before the weights are loaded, the fullest cache of any encoder counts
        empty = UnlimitedOcrForConditionalGeneration(tiny_config(character_tokenizer()))
    other = FeatureCache.open(workspace, untrained_tiny(1)[0], 320, torch.float32)
    other.save(KEYS[:1], torch.zeros(1, 25, 256))
    assert FeatureCache.find_fullest(workspace, empty, 320, torch.float32, KEYS) == cache
    with pytest.raises(StorageError, match="for 2 pages"):
        FeatureCache.find_fullest(workspace, empty, 320, torch.bfloat16, KEYS).require_disk_space(2, KEYS)


def test_a_cache_larger_than_the_disk_is_refused_before_the_start(workspace: Workspace) -> None:
    cache = FeatureCache.open(workspace, untrained_tiny(0)[0], 320, torch.float32)
    with pytest.raises(StorageError, match="the disk has"):
        cache.require_disk_space(10**12, [page_key(b"page 1")])
