"""An export loads by `load_model`, and has the published layout of the original."""

import ast
import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from transformers import UnlimitedOcrConfig, UnlimitedOcrForConditionalGeneration

from data.config import RenderingConfig
from data.errors import ModelError, StorageError
from data.page_modes import MODES
from data.store.workspace import Workspace
from tests.training.published_checkpoint import (
    published_shapes,
    published_tensors,
    write_published_checkpoint,
    write_published_unlimited,
)
from tests.training.trainings import weights_of
from training.models import serving_files
from training.models.export import LIBRARY_CONFIG, export_model, has_published_layout
from training.models.loading import LoadedModel, load_model
from training.models.model_files import find_model
from training.models.provenance import Provenance, read_provenance
from training.models.serving_files import chat_template
from training.models.tiny import character_tokenizer, untrained_tiny
from training.models.trainable import choose_trainable
from training.models.trained_weights import save_trained_weights
from training.options.config import Trainable
from training.options.model_kinds import MODEL_KINDS

UNUSED = "model.vision_model.embeddings.patch_embedding.weight"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.create(tmp_path / "workspace")


@pytest.fixture
def base(tmp_path: Path, workspace: Workspace) -> LoadedModel:
    return load_model(str(write_published_checkpoint(tmp_path / "published")), None, workspace, torch.float32)


def pages(size_px: int, image_token: int, num_image_tokens: int) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    ids = torch.tensor([[0] + [image_token] * num_image_tokens + list(range(5, 20))])
    return {
        "input_ids": ids,
        "labels": ids,
        "pixel_values": torch.rand(1, 3, size_px, size_px, generator=generator) * 2 - 1,
    }


def trained(base: LoadedModel, train: Trainable) -> torch.nn.Module:
    """Make one large training step, so that the export differs from the base."""
    torch.manual_seed(0)
    model = choose_trainable(base.model, train).model
    for _ in range(
        2
    ):  # an adapter's second matrix is zero at first, so its first one moves from the second step on
        model(**pages(512, 4, 73)).loss.backward()
        with torch.no_grad():
            for parameter in model.parameters():
                if parameter.grad is not None:
                    parameter.sub_(0.5 * parameter.grad)
        model.zero_grad()
    return model.eval()


@pytest.mark.parametrize("train", ["dense", "decoder", "lora", "lora_experts"])
def test_an_export_loads_with_the_same_logits(
    train: Trainable, base: LoadedModel, workspace: Workspace
) -> None:
    model = trained(base, train)
    with torch.no_grad():
        expected = model(**pages(512, 4, 73)).logits
        export_model(model, base, workspace.model("run") / "model")  # type: ignore[arg-type]
        again = load_model("run", None, workspace, torch.float32)
        untouched = (
            load_model(base.source, None, workspace, torch.float32).model.eval()(**pages(512, 4, 73)).logits
        )
        torch.testing.assert_close(
            again.model.eval()(**pages(512, 4, 73)).logits, expected, atol=1e-4, rtol=1e-4
        )
    assert again.kind == "deepseek_ocr"
    assert not torch.allclose(untouched, expected, atol=1e-3)


def test_an_export_has_all_published_names_and_the_unused_tensor(
    base: LoadedModel, workspace: Workspace
) -> None:
    export_model(base.model, base, workspace.model("run") / "model")
    saved = load_file(workspace.model("run") / "model" / "model.safetensors")
    assert saved.keys() == published_shapes().keys()
    published = published_tensors()
    assert all(torch.equal(saved[name], published[name]) for name in published)


def test_an_export_of_a_training_holds_what_vllm_needs(base: LoadedModel, workspace: Workspace) -> None:
    folder = workspace.model("run") / "model"
    record = Provenance(
        prompt="\nSummarize. ",
        rendering=RenderingConfig(mode="tiny"),
        base_model=None,
        base_revision=None,
        licence="mit",
        max_length=200,
        no_repeat_ngram_size=7,
        no_repeat_ngram_window_size=50,
    )
    export_model(base.model, base, folder, record)
    decoding = json.loads((folder / "generation_config.json").read_text())
    assert [decoding[name] for name in ("do_sample", "temperature", "max_new_tokens")] == [False, 0.0, 200]
    assert (folder / "vllm_plugin" / "pyproject.toml").is_file()
    assert read_provenance(folder) == record
    modes = {path: path.stat().st_mode & 0o444 for path in folder.rglob("*") if path.is_file()}
    assert set(modes.values()) == {0o444}
    export_model(load_model("run", None, workspace).model, base, workspace.model("second") / "model", record)


@pytest.mark.parametrize("text", ["", "Summarize.", "\nSummarize.", " Summarize.\n", "<image>\nSummarize."])
@pytest.mark.parametrize("num_pages", [1, 3])
def test_the_chat_template_gives_the_trained_prompt(text: str, num_pages: int) -> None:
    pages = [{"type": "image"}] * num_pages
    content = [{"type": "text", "text": text}, *pages] if text else pages
    tokenizer = character_tokenizer()
    made = tokenizer.apply_chat_template(
        [{"role": "user", "content": content}], chat_template=chat_template("\nSummarize."), tokenize=False
    )
    assert made == "<bos>" + "<image>" * num_pages + "\nSummarize."


def test_the_chat_template_keeps_another_prompt_as_it_is() -> None:
    messages = [
        {"role": "user", "content": [{"type": "image"}, {"type": "text", "text": 'List "all" names.'}]}
    ]
    made = character_tokenizer().apply_chat_template(
        messages, chat_template=chat_template('Say "ä😀\\".'), tokenize=False
    )
    assert made == '<bos><image>List "all" names.'
    empty = [{"role": "user", "content": [{"type": "image"}]}]
    made = character_tokenizer().apply_chat_template(
        empty, chat_template=chat_template('Say "ä😀\\".'), tokenize=False
    )
    assert made == '<bos><image>Say "ä😀\\".'


def test_the_plugin_of_vllm_knows_the_page_modes_that_it_serves() -> None:
    source = (Path(serving_files.__file__).parent / "vllm_plugin" / "deepsynth_vllm.py").read_text()
    [line] = [line for line in source.splitlines() if line.startswith("PAGE_SIZES_PX")]
    kind = next(spec for spec in MODEL_KINDS.values() if spec.has_vllm_plugin)
    assert ast.literal_eval(line.partition(" = ")[2]) == {
        mode: MODES[mode].size_px for mode in kind.page_modes
    }


def test_an_export_holds_the_authors_files(base: LoadedModel, workspace: Workspace) -> None:
    folder = workspace.model("run") / "model"
    export_model(base.model, base, folder)
    assert json.loads((folder / "config.json").read_text())["model_type"] == "deepseek_vl_v2"
    assert {"modeling_deepseekocr.py", "LICENSE", "tokenizer.json", "tokenizer_config.json"} <= {
        path.name for path in folder.iterdir()
    }


def test_a_training_starts_from_an_export(base: LoadedModel, workspace: Workspace) -> None:
    export_model(trained(base, "dense"), base, workspace.model("first") / "model")  # type: ignore[arg-type]
    second = load_model("first", None, workspace, torch.float32)
    export_model(trained(second, "lora"), second, workspace.model("second") / "model")  # type: ignore[arg-type]
    again = load_model("second", None, workspace, torch.float32)
    assert again.kind == "deepseek_ocr"
    assert UNUSED in load_file(workspace.model("second") / "model" / "model.safetensors")


def test_an_export_of_a_training_from_a_checkpoint_has_the_published_layout(
    base: LoadedModel, workspace: Workspace
) -> None:
    run = workspace.model("first")
    checkpoint = run / "checkpoints" / "checkpoint-3"
    save_trained_weights(
        trained(base, "dense"), checkpoint, weights_of(base.source, base.fingerprint(), "dense")
    )
    again = load_model("first/checkpoints/checkpoint-3", None, workspace, torch.float32)
    assert all(
        torch.equal(a, b)
        for a, b in zip(base.model.state_dict().values(), again.model.state_dict().values(), strict=True)
    )
    export_model(again.model, again, run / "model")
    assert has_published_layout(run / "model")


@pytest.mark.parametrize("kind", ["deepseek_ocr", "unlimited_ocr"])
def test_transformers_loads_an_export_as_the_card_says(
    kind: str, tmp_path: Path, workspace: Workspace
) -> None:
    published = tmp_path / "published"
    write_published_checkpoint(published) if kind == "deepseek_ocr" else write_published_unlimited(
        published, 7
    )
    loaded, folder = load_model(str(published), None, workspace, torch.float32), tmp_path / "export"
    export_model(loaded.model, loaded, folder)
    config = UnlimitedOcrConfig.from_pretrained(folder, subfolder=LIBRARY_CONFIG)
    model = UnlimitedOcrForConditionalGeneration.from_pretrained(folder, config=config)
    inputs = pages(512, loaded.config.image_token_id, 73)
    with torch.no_grad():
        difference = model.eval()(**inputs).logits - loaded.model.eval()(**inputs).logits
    assert difference.abs().max() < 1e-4  # our passes round in another order


def test_an_export_of_unlimited_ocr_keeps_its_authors_layout_and_window(
    tmp_path: Path, workspace: Workspace
) -> None:
    published = write_published_unlimited(tmp_path / "unlimited", window=7)
    loaded = load_model(str(published), None, workspace, torch.float32)
    text = loaded.config.get_text_config()
    assert (loaded.kind, text.sliding_window) == ("unlimited_ocr", 7)
    assert set(text.layer_types) == {"reference_sliding_attention"}
    export_model(loaded.model, loaded, tmp_path / "export")
    assert (tmp_path / "export" / "config.json").read_bytes() == (published / "config.json").read_bytes()
    assert load_file(tmp_path / "export" / "model.safetensors").keys() == published_shapes().keys()
    again = load_model(str(tmp_path / "export"), None, workspace, torch.float32)
    assert again.kind == "unlimited_ocr"
    for name, tensor in loaded.model.state_dict().items():
        assert torch.equal(again.model.state_dict()[name], tensor)


@pytest.mark.parametrize(
    ("change", "said"), [("gone", "is gone"), ("trained again", "has other weights now")]
)
def test_a_checkpoint_whose_base_has_changed_is_refused(
    change: str, said: str, base: LoadedModel, tmp_path: Path, workspace: Workspace
) -> None:
    first = workspace.model("first") / "model"
    export_model(base.model, base, first)
    found = find_model("first", None, workspace)
    model = choose_trainable(load_model("first", None, workspace).model, "projector").model
    save_trained_weights(
        model,
        workspace.model("second") / "checkpoints" / "checkpoint-1",
        weights_of("first", found.fingerprint(), "projector"),
    )
    load_model("second/checkpoints/checkpoint-1", None, workspace)
    if change == "gone":
        workspace.model("first").rename(tmp_path / "elsewhere")
    else:
        export_model(trained(base, "dense"), base, first)  # type: ignore[arg-type]
    with pytest.raises(ModelError, match=said):
        load_model("second/checkpoints/checkpoint-1", None, workspace)


def test_float32_trained_weights_are_exported_in_the_dtype_of_the_base(
    tmp_path: Path, workspace: Workspace
) -> None:
    base = load_model(
        str(write_published_checkpoint(tmp_path / "published")), None, workspace, torch.bfloat16
    )
    export_model(choose_trainable(base.model, "dense").model, base, workspace.model("run") / "model")
    saved = load_file(workspace.model("run") / "model" / "model.safetensors")
    assert {tensor.dtype for tensor in saved.values()} == {torch.bfloat16}


def test_the_tiny_model_exports_and_loads(workspace: Workspace) -> None:
    model, tokenizer = untrained_tiny(3)
    base = replace(load_model("tiny", None, workspace), model=model)
    export_model(model, base, workspace.model("run") / "model")
    again = load_model("run", None, workspace)
    assert (again.kind, again.modes) == ("tiny", ("micro",))
    assert all(
        torch.equal(a, b)
        for a, b in zip(model.state_dict().values(), again.model.state_dict().values(), strict=True)
    )
    assert again.tokenizer.encode("Ab 1", add_special_tokens=False) == tokenizer.encode(
        "Ab 1", add_special_tokens=False
    )


def test_a_failed_export_keeps_the_earlier_one(
    base: LoadedModel, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = workspace.model("run") / "model"
    export_model(base.model, base, folder)
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    def full_disk(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(base.model, "save_pretrained", full_disk)
    with pytest.raises(StorageError, match="disk is full"):
        export_model(base.model, base, folder)
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    assert [path.name for path in folder.parent.iterdir()] == ["model"]
