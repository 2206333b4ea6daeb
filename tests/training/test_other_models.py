"""Models of the Hub through the stages: they train, are evaluated and load again, with a card that says what
other programs do; and Unlimited-OCR's sliding window."""

import json
from pathlib import Path

import pytest
import torch

from data.config import DatasetConfig, RenderingConfig, SampleSource
from data.generate import generate
from data.page_modes import PageMode
from data.progress import Silent
from data.rendering.render import render
from data.rendering.style import resolve_style
from data.store.workspace import Workspace
from tests.training.published_checkpoint import write_published_checkpoint, write_published_unlimited
from tests.training.small_models import WINDOW, small_model, write_small
from tests.training.trainings import short_training
from training.inputs.collate import Collator
from training.inputs.dataset import PageSample
from training.inputs.tokens import IGNORED, TokenLayout
from training.models.loading import load_model
from training.models.tiny import character_tokenizer
from training.speed.forward_passes import patch_model
from training.train import train


@pytest.mark.parametrize(
    ("kind", "mode", "is_published"),
    [
        ("deepseek_ocr", "tiny", True),
        ("deepseek_ocr2", "base", False),
        ("unlimited_ocr", "tiny", False),
        ("unlimited_ocr", "tiny", True),
    ],
)
def test_the_models_of_the_hub_train_and_generate(
    kind: str, mode: PageMode, is_published: bool, tmp_path: Path
) -> None:
    workspace = Workspace.create(tmp_path / "workspace")
    source, rendering = SampleSource(length="brief"), RenderingConfig(mode=mode)
    generate(
        DatasetConfig(name="pages", source=source, max_samples=6, rendering=rendering), workspace, Silent()
    )
    if kind == "deepseek_ocr":
        write_published_checkpoint(tmp_path / "base")
    elif is_published:
        write_published_unlimited(tmp_path / "base", WINDOW)
    else:
        write_small(kind, tmp_path / "base")
    once = {
        "max_steps": 1,
        "eval_steps": 1,
        "max_eval_samples": 1,
        "per_device_train_batch_size": 1,
        "gradient_accumulation_steps": 1,
    }
    few = {"max_length": 8, "num_eval_samples": 0}
    config = short_training(
        dataset="pages", model=str(tmp_path / "base"), train="dense", cache_features=True, **once, **few
    )
    result = train(config, workspace, Silent())
    assert result.metrics["eval_loss"] is not None
    assert (
        len(json.loads((result.folder / "predictions.jsonl").read_text().splitlines()[0])["prediction"]) > 0
    )
    trained = load_model(config.output, None, workspace)
    assert trained.kind == kind
    card = (result.folder / "model" / "README.md").read_text()
    assert ("`base_size=512, image_size=512, crop_mode=False`" in card) == is_published
    assert ('from_pretrained(folder, subfolder="transformers")' in card) == is_published
    is_served_by_vllm = kind == "deepseek_ocr"
    assert ("its texts are others, without an error" in card) == (is_published and not is_served_by_vllm)
    assert ("vLLM and SGLang do not know that name" in card) != is_published
    served = "vllm serve ./path/to/this/folder --served-model-name trained_model" in card
    assert served == (result.folder / "model" / "vllm_plugin").is_dir() == is_served_by_vllm
    if kind == "unlimited_ocr":
        assert trained.config.get_text_config().sliding_window == WINDOW


def test_a_window_is_the_same_in_training_as_in_generation() -> None:
    model, tokenizer = small_model("unlimited_ocr"), character_tokenizer()
    patch_model(model)
    collator = Collator(
        TokenLayout(
            tokenizer=tokenizer,
            image_token_id=model.config.image_token_id,
            page_size_px=512,
            prompt="\nSum.",
            max_length=64,
            kind="unlimited_ocr",
            max_positions=8192,
            sliding_window=WINDOW,
        )
    )
    pages = [
        render(text, resolve_style(RenderingConfig(mode="tiny"))).pages
        for text in ("A page.", "More. " * 400)
    ]
    samples = [
        PageSample(
            document_id=str(n),
            pages=tuple(page.png for page in pages[n]),
            summary=("More than six", "Longer tokens")[n],
            text="",
        )
        for n in (0, 1)
    ]
    assert len(samples[1].pages) > len(samples[0].pages)
    batch = collator(samples)
    inputs = {name: batch[name] for name in ("input_ids", "attention_mask", "position_ids", "pixel_values")}
    with torch.no_grad():
        trained = model(**inputs, logits_to_keep=batch["logits_to_keep"]).logits
        for row, sample in enumerate(samples):
            target = batch["labels"][row][batch["labels"][row] != IGNORED]
            assert len(target) > WINDOW
            written = _logits_while_writing(model, collator.collate_prompts([sample]), target)
            torch.testing.assert_close(trained[row, -len(target) - 1 : -1], written, atol=1e-5, rtol=1e-5)


def _logits_while_writing(
    model: torch.nn.Module, prompt: dict[str, torch.Tensor], target: torch.Tensor
) -> torch.Tensor:
    """Return the logits before each target token; the model gets the tokens one by one, as in generation."""
    output = model(**prompt, use_cache=True)
    logits = [output.logits[0, -1]]
    for token in target[:-1]:
        output = model(input_ids=token.view(1, 1), past_key_values=output.past_key_values, use_cache=True)
        logits.append(output.logits[0, -1])
    return torch.stack(logits)
