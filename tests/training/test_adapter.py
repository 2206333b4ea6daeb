"""An exported adapter loads by plain PEFT onto the library's class."""

from pathlib import Path
from typing import Any

import pytest
import torch
from peft import PeftModel
from safetensors.torch import load_file

from data.errors import InvalidInput
from data.store.workspace import Workspace
from tests.training.published_checkpoint import write_published_checkpoint
from tests.training.trainings import weights_of
from training.export import export
from training.models.adapter import ADAPTER_WEIGHTS
from training.models.loading import load_model
from training.models.trainable import choose_trainable
from training.models.trained_weights import save_trained_weights
from training.options.config import Trainable

CHECKPOINT = "run/checkpoints/checkpoint-1"
INPUTS = {
    "input_ids": torch.tensor([[0] + [4] * 73 + list(range(5, 20))]),
    "pixel_values": torch.rand(1, 3, 512, 512, generator=torch.Generator().manual_seed(1)) * 2 - 1,
}


def write_checkpoint(train: Trainable, workspace: Workspace, folder: Path) -> torch.Tensor:
    """Write a checkpoint whose weights differ from those of its base, and return the logits of its model."""
    base = load_model(str(write_published_checkpoint(folder / "published")), None, workspace, torch.float32)
    sizes = {"lora_r": 4, "lora_alpha": 12}
    info = weights_of(base.source, base.fingerprint(), train).model_copy(update=sizes)
    torch.manual_seed(0)
    model = choose_trainable(base.model, train, lora=info.lora).model
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "lora_B" in name:
                parameter.normal_(0, 0.2)
        save_trained_weights(model, workspace.models / CHECKPOINT, info)
        logits: torch.Tensor = model.eval()(**INPUTS).logits
    return logits


def test_plain_peft_loads_an_exported_adapter_by_the_printed_lines(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path / "workspace")
    expected = write_checkpoint("lora", workspace, tmp_path)
    result = export(CHECKPOINT, None, tmp_path / "adapter", workspace, is_adapter=True)
    made: dict[str, Any] = {}
    exec(result.use, made)
    assert isinstance(made["model"], PeftModel)
    with torch.no_grad():
        torch.testing.assert_close(made["model"].eval()(**INPUTS).logits, expected, atol=1e-4, rtol=1e-4)
        with made["model"].disable_adapter():
            assert not torch.allclose(made["model"](**INPUTS).logits, expected, atol=1e-2)
    names = load_file(tmp_path / "adapter" / ADAPTER_WEIGHTS).keys()
    assert "base_model.model.model.layers.1.mlp.shared_experts.up_proj.lora_A.weight" in names
    assert not any("language_model" in name or "default" in name for name in names)


def test_a_checkpoint_is_exported_whole_with_its_adapter_merged(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path / "workspace")
    expected = write_checkpoint("lora", workspace, tmp_path)
    export(CHECKPOINT, None, tmp_path / "whole", workspace)
    again = load_model(str(tmp_path / "whole"), None, workspace, torch.float32).model.eval()
    with torch.no_grad():
        torch.testing.assert_close(again(**INPUTS).logits, expected, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("train", ["dense", "lora_experts"])
def test_only_a_training_with_lora_has_an_adapter_to_export(train: Trainable, tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path / "workspace")
    write_checkpoint(train, workspace, tmp_path)
    with pytest.raises(InvalidInput, match="no adapter to export"):
        export(CHECKPOINT, None, tmp_path / "adapter", workspace, is_adapter=True)
    assert not (tmp_path / "adapter").exists()


def test_a_folder_that_holds_something_is_not_replaced(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path / "workspace")
    (tmp_path / "notes").write_text("mine")
    with pytest.raises(InvalidInput, match="exists already"):
        export("tiny", None, tmp_path, workspace)
