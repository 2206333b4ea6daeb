"""How fast DeepSeek-OCR trains here: stock settings, ours, ours with the feature cache, LoRA, and each preset.

    python -m benchmarks.training [--output training.json] [--width 0.25] [--steps 3]

Random weights and synthetic pages; the training loop is the bare one, so that only the model is compared. With a GPU: the real
size, 1024 px pages, 128 target tokens, memory capped at what each preset promises. Without: a reduced width and 512 px pages,
where only the ratios mean something, and the GPU's numbers are "not measured". (Started as a module, since a script named like a
package would hide it.)
"""

import argparse
import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

import torch
from transformers import UnlimitedOcrForConditionalGeneration

from training.config import Trainable
from training.features import accept_features, vision_tower
from training.optimal_configs import PRESETS
from training.published_layout import native_config
from training.tokens import num_image_tokens
from training.trainable import choose_trainable

IMAGE_TOKEN_ID = 128815
NUM_TARGET_TOKENS = 128
NUM_PROMPT_TOKENS = 5
CUDA = torch.cuda.is_available()
DEVICE = torch.device("cuda" if CUDA else "cpu")
PAGE_SIZE_PX = 1024 if CUDA else 512


@dataclass(frozen=True, slots=True)
class Setting:
    """One row of the table."""

    name: str
    train: Trainable
    batch: int
    experts: str = "grouped_mm"
    head_on_targets_only: bool = True
    cached: bool = False
    gradient_checkpointing: bool = False
    memory_gb: int | None = None


@dataclass(frozen=True, slots=True)
class Measured:
    """What a setting came to. None: not measured on this device."""

    name: str
    samples_per_second: float | None
    tokens_per_second: float | None
    times_stock: float | None
    peak_memory_gb: float | None
    fits_memory_gb: int | None
    fault: str | None = None


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, help="write the table as JSON")
    parser.add_argument("--width", type=float, default=1.0 if CUDA else 0.25, help="part of the real width")
    parser.add_argument("--steps", type=int, default=10 if CUDA else 3, help="timed steps of each setting")
    options = parser.parse_args()
    rate = matrix_rate()
    rows: list[Measured] = []
    for setting in settings():
        stock = rows[0].samples_per_second if rows else None
        rows.append(measure(setting, options.width, options.steps, stock))
        print(line(rows[-1]), flush=True)
    document = {
        "device": torch.cuda.get_device_name() if CUDA else "cpu",
        "gpu": "measured" if CUDA else "not measured",
        "width": options.width,
        "page_size_px": PAGE_SIZE_PX,
        "matrix_tflops_per_second": rate,
        "rows": [asdict(row) for row in rows],
    }
    if options.output:
        options.output.write_text(json.dumps(document, indent=2) + "\n")
    return 0


def settings() -> list[Setting]:
    """Return the rows, stock first: all others are compared with it."""
    batch = 8 if CUDA else 2
    ours = [
        Setting("stock: batched experts, head on every token", "dense", batch, experts="batched_mm", head_on_targets_only=False),
        Setting("ours", "dense", batch),
        Setting("ours, from the feature cache", "dense", batch, cached=True),
        Setting("lora", "lora", batch),
        Setting("lora, from the feature cache", "lora", batch, cached=True),
    ]
    presets = [
        Setting(
            f"preset {name}",
            preset.values["train"],
            preset.values["per_device_train_batch_size"],
            gradient_checkpointing=preset.values["gradient_checkpointing"],
            memory_gb=preset.memory_gb,
        )
        for name, preset in PRESETS.items()
    ]
    # A preset is about a GPU's memory; without one its row would say nothing that the others do not.
    return ours + presets if CUDA else ours


def measure(setting: Setting, width: float, num_steps: int, stock: float | None) -> Measured:
    """Time a setting's optimizer steps, one micro-batch each."""
    if CUDA:
        total = torch.cuda.get_device_properties(0).total_memory
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
        torch.cuda.set_per_process_memory_fraction(min(1.0, setting.memory_gb * 1e9 / total) if setting.memory_gb else 1.0)
    try:
        seconds = median(step_times(setting, width, num_steps))
    except torch.OutOfMemoryError as error:
        return Measured(setting.name, None, None, None, None, setting.memory_gb, str(error).split(". ")[0])
    samples = setting.batch / seconds
    tokens = samples * (num_image_tokens(PAGE_SIZE_PX) + NUM_PROMPT_TOKENS + NUM_TARGET_TOKENS)
    peak = torch.cuda.max_memory_allocated() / 1e9 if CUDA else None
    return Measured(setting.name, samples, tokens, samples / stock if stock else 1.0, peak, setting.memory_gb if CUDA else None)


def step_times(setting: Setting, width: float, num_steps: int) -> list[float]:
    """Return the seconds of each step after two that are not counted."""
    model = build(setting, width)
    inputs = batch(setting, model)
    optimizer = torch.optim.AdamW([parameter for parameter in model.parameters() if parameter.requires_grad], lr=1e-6)
    if setting.cached:
        with torch.no_grad(), torch.autocast(DEVICE.type, torch.bfloat16, enabled=CUDA):
            inputs["pixel_values"] = vision_tower(model)(inputs["pixel_values"]).last_hidden_state
    seconds = []
    for _ in range(num_steps + 2):
        start = time.perf_counter()
        with torch.autocast(DEVICE.type, torch.bfloat16, enabled=CUDA):
            loss = model(**inputs).loss
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        if CUDA:
            torch.cuda.synchronize()
        seconds.append(time.perf_counter() - start)
    return seconds[2:]


def build(setting: Setting, width: float) -> torch.nn.Module:
    """Build the architecture with random weights, and choose what trains."""
    torch.manual_seed(0)
    with torch.device(DEVICE):
        config = native_config(published_config(width), IMAGE_TOKEN_ID)
        model = UnlimitedOcrForConditionalGeneration._from_config(config, experts_implementation=setting.experts)
    accept_features(model)
    chosen = choose_trainable(model.to(torch.bfloat16 if CUDA else torch.float32), setting.train).model
    if setting.gradient_checkpointing:
        chosen.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
    return chosen.train()


def published_config(width: float) -> dict[str, Any]:
    """Return DeepSeek-OCR's sizes, the widths reduced and the numbers of layers, heads, experts and words kept."""

    def scaled(size: int, multiple: int) -> int:
        return max(multiple, round(size * width / multiple) * multiple)

    language = {
        "vocab_size": 129280,
        "hidden_size": scaled(1280, 40),
        "intermediate_size": scaled(6848, 16),
        "moe_intermediate_size": scaled(896, 16),
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
    }
    clip_width = scaled(1024, 64)
    clip = {"heads": 16, "image_size": 224, "layers": 24, "patch_size": 14, "width": clip_width}
    sam = {
        "downsample_channels": [512, clip_width],
        "global_attn_indexes": [2, 5, 8, 11],
        "heads": 12,
        "layers": 12,
        "width": scaled(768, 48),
    }
    return {"language_config": language, "vision_config": {"image_size": 1024, "width": {"clip-l-14-224": clip, "sam_vit_b": sam}}}


def batch(setting: Setting, model: torch.nn.Module) -> dict[str, Any]:
    """Make one micro-batch: a page, a prompt and a summary a sample."""
    generator = torch.Generator().manual_seed(0)
    image = num_image_tokens(PAGE_SIZE_PX)
    text = torch.randint(5, 100_000, (setting.batch, NUM_PROMPT_TOKENS + NUM_TARGET_TOKENS), generator=generator)
    ids = torch.cat([torch.full((setting.batch, image), IMAGE_TOKEN_ID), text], dim=1)
    labels = ids.clone()
    labels[:, : image + NUM_PROMPT_TOKENS] = -100
    pixels = torch.rand(setting.batch, 3, PAGE_SIZE_PX, PAGE_SIZE_PX, generator=generator) * 2 - 1
    inputs: dict[str, Any] = {"input_ids": ids, "labels": labels, "pixel_values": pixels.to(next(vision_tower(model).parameters()).dtype)}
    if setting.head_on_targets_only:
        inputs |= {"logits_to_keep": NUM_TARGET_TOKENS + 1, "labels": labels[:, -NUM_TARGET_TOKENS - 1 :]}
    return {name: value.to(DEVICE) if isinstance(value, torch.Tensor) else value for name, value in inputs.items()}


def matrix_rate() -> float:
    """Return the device's measured matrix-multiply rate, in TFLOP/s."""
    size, dtype = (8192, torch.bfloat16) if CUDA else (1024, torch.float32)
    matrix = torch.randn(size, size, device=DEVICE, dtype=dtype)
    seconds = []
    for _ in range(8):
        start = time.perf_counter()
        matrix @ matrix
        if CUDA:
            torch.cuda.synchronize()
        seconds.append(time.perf_counter() - start)
    return 2 * size**3 / median(seconds) / 1e12


def line(row: Measured) -> str:
    """Return a row of the table as text."""
    if row.samples_per_second is None:
        return f"{row.name:<48} {row.fault}"
    memory = f"{row.peak_memory_gb:6.1f} GB" if row.peak_memory_gb is not None else "GPU memory: not measured"
    return f"{row.name:<48} {row.samples_per_second:8.2f} samples/s {row.times_stock:6.2f} x stock   {memory}"


if __name__ == "__main__":
    raise SystemExit(main())
