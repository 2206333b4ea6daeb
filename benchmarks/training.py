"""Measure the training speed of DeepSeek-OCR on this machine: the library's settings, DeepSynth's,
DeepSynth's with the feature cache, LoRA, and each preset.

    python -m benchmarks.training [--output training.json] [--width 0.25] [--steps 3]

The weights are random, the pages real and read as in training; the loop has no Trainer, so that only the
model and its data are compared. With a GPU: the real size, 1024 px pages, 128 target tokens; each preset with
its own micro-batch and target tokens, and its memory capped at the preset's size.

Without a GPU: a reduced width and 512 px pages, where only the ratios are meaningful and the GPU's numbers
are "not measured". If 13 GB of memory are free: the gain of the feature cache at the real width, with 32
experts instead of 64 to save memory (each token still uses six), forward and backward without the optimizer,
which steps once in sixteen samples. Last: how long a GPU as fast as an H200 would wait for its pages.

Start it as a module: as a script it would hide the package `training`, which has the same name.
"""

import argparse
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import psutil
import torch
from torch.utils.data import DataLoader

from benchmarks.architecture import IMAGE_TOKEN_ID, NUM_PROMPT_TOKENS, build, count_operations
from data.config import RenderingConfig
from data.cores import num_cores
from data.page_modes import MODES, PageMode
from data.rendering.render import render
from data.rendering.style import resolve_style
from data.sources.sample import sample_document
from training.inputs.feature_cache import FeatureCache, page_key
from training.inputs.pixels import page_pixels
from training.loop.arguments import NUM_GPU_WORKERS
from training.models.device import free_memory
from training.models.trainable import choose_trainable
from training.options.config import Trainable
from training.options.memory import estimate_training_memory
from training.options.model_kinds import num_image_tokens
from training.options.optimal_configs import PRESETS, training_config
from training.speed.encoder import normalize_pixels, vision_tower

CUDA = torch.cuda.is_available()
DEVICE = torch.device("cuda" if CUDA else "cpu")
DTYPE = torch.bfloat16 if CUDA else torch.float32
REAL_WIDTH_GB, REAL_WIDTH_EXPERTS = 13, 32
"""Memory of the real width in float32 with this number of experts, with gradients, without an optimizer."""
NUM_TARGET_TOKENS = 128
NUM_UNCOUNTED_STEPS = 2 if CUDA else 1
H200_PAGES_PER_SECOND = 102
"""Pages that the model alone trains on per second, preset `dense`, feature cache off (docs/decisions.md)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchmarkCase:
    """One row of the table."""

    name: str
    train: Trainable
    batch: int
    width: float
    mode: PageMode
    experts: str = "grouped_mm"
    stock: bool = False
    """The library's forward passes, with the head on every token."""
    cached: bool = False
    gradient_checkpointing: bool = False
    optimizer: bool = True
    num_target_tokens: int = NUM_TARGET_TOKENS
    memory_gb: int | None = None
    """Size of the GPU to which the allocator is limited. None: no limit."""
    estimated_memory_gb: float | None = None
    """The estimate that the training stage reports before it starts."""

    @property
    def page_size_px(self) -> int:
        return MODES[self.mode].size_px

    @property
    def num_tokens(self) -> int:
        """Tokens of one sample: image, prompt and targets."""
        return (
            num_image_tokens("deepseek_ocr", self.page_size_px) + NUM_PROMPT_TOKENS + self.num_target_tokens
        )

    def num_operations(self) -> int:
        """Return the floating-point operations that a training step needs for one sample."""
        return count_operations(
            self.width, self.page_size_px, self.num_target_tokens, self.train, self.cached
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """The measurements of one case. None: not measured on this device."""

    name: str
    samples_per_second: float | None = None
    tokens_per_second: float | None = None
    times_first: float | None = None
    """Speed as a multiple of the first row of the table."""
    idle_fraction: float | None = None
    """Part of a step's time that it waits for its pages."""
    model_tflops_per_second: float | None = None
    """Counts the operations that the samples need; recomputed ones are not counted."""
    share_of_matrix_rate: float | None = None
    peak_memory_gb: float | None = None
    estimated_memory_gb: float | None = None
    memory_cap_gb: int | None = None
    fault: str | None = None


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--output", type=Path, help="write the tables as JSON")
    parser.add_argument("--width", type=float, default=1.0 if CUDA else 0.25, help="part of the real width")
    parser.add_argument("--steps", type=int, default=10 if CUDA else 3, help="timed steps of each setting")
    options = parser.parse_args()
    rate = matrix_tflops_per_second()
    print(f"{DEVICE.type}: {rate:.3f} TFLOP/s in matrix products", flush=True)
    rows = table(
        settings(options.width), rate, lambda case: step_times(case, build_trainable(case), options.steps)
    )
    document = {
        "device": torch.cuda.get_device_name() if CUDA else "cpu",
        "gpu": [asdict(row) for row in rows] if CUDA else "not measured",
        "cpu": "not measured" if CUDA else [asdict(row) for row in rows],
        "cpu_real_width": "not measured" if CUDA else real_width_table(rate),
        "loader_idle_fraction_at_h200_rate": "not measured" if CUDA else loader_idle_fraction(),
        "width": options.width,
        "matrix_tflops_per_second": rate,
    }
    if options.output:
        options.output.write_text(json.dumps(document, indent=2) + "\n")
    return 0


def settings(width: float) -> list[BenchmarkCase]:
    """Return the cases; the first is the library's own, with which all others are compared."""
    mode: PageMode = "base" if CUDA else "tiny"
    ours = BenchmarkCase(name="ours", train="dense", batch=8 if CUDA else 2, width=width, mode=mode)
    rows = [
        replace(ours, name="stock, experts one by one", stock=True, experts="eager"),
        replace(ours, name="stock, batched experts", stock=True, experts="batched_mm", batch=1),
        replace(ours, name="stock, grouped experts", stock=True),
        ours,
        replace(ours, name="ours, from the feature cache", cached=True),
        replace(ours, name="lora", train="lora"),
        replace(ours, name="lora, from the feature cache", train="lora", cached=True),
    ]
    if not CUDA:  # presets differ by GPU memory: without a GPU their rows would tell nothing new
        return rows
    larger = [
        replace(ours, name="ours, 32 samples a batch", batch=32),
        replace(ours, name="ours, 64 from the feature cache", batch=64, cached=True),
    ]
    return rows + larger + [preset_case(name, width) for name in PRESETS]


def preset_case(name: str, width: float, mode: PageMode = "base") -> BenchmarkCase:
    """Return the case of one micro-batch of a preset, with the preset's memory as limit."""
    config = training_config(name, dataset="pages", model="deepseek-ai/DeepSeek-OCR")
    return BenchmarkCase(
        name=f"preset {name}",
        train=config.train,
        batch=config.per_device_train_batch_size,
        width=width,
        mode=mode,
        gradient_checkpointing=config.gradient_checkpointing,
        num_target_tokens=config.max_length,
        memory_gb=PRESETS[name].memory_gb,
        estimated_memory_gb=estimate_training_memory(config, mode).total_gb,
    )


def real_width_table(rate: float) -> list[dict[str, Any]] | str:
    """Measure on a CPU the gain of the cache at the real width of encoder and decoder: 1024 px pages, one
    sample per step."""
    if psutil.virtual_memory().available < REAL_WIDTH_GB * 1e9:
        return f"not measured: needs {REAL_WIDTH_GB} GB of free memory"
    print("The real width, forward and backward:", flush=True)
    model = build(1.0, "cpu", torch.float32, num_experts=REAL_WIDTH_EXPERTS)
    first = BenchmarkCase(name="dense", train="dense", batch=1, width=1.0, mode="base", optimizer=False)
    pair = [first, replace(first, name="dense, from the feature cache", cached=True)]

    def times(case: BenchmarkCase) -> "Timing":
        return step_times(case, choose_trainable(model, case.train).model.train(), num_steps=2)

    return [asdict(row) for row in table(pair, rate, times)]


def loader_idle_fraction(num_batches: int = 40) -> float:
    """Return the part of its time that a GPU with the speed of an H200 would wait for pages that are read as
    in training."""
    case = BenchmarkCase(name="pages for a GPU", train="dense", batch=32, width=1.0, mode="base")
    num_workers = min(NUM_GPU_WORKERS, num_cores())
    waits_s, busy_s = [], case.batch / H200_PAGES_PER_SECOND
    with TemporaryDirectory() as folder:
        pages = page_batches(case, None, Path(folder), num_batches + NUM_UNCOUNTED_STEPS, num_workers)
        for _ in range(num_batches + NUM_UNCOUNTED_STEPS):
            start = time.perf_counter()
            batch = next(pages)
            waits_s.append(time.perf_counter() - start)
            time.sleep(busy_s)
            del batch  # unmaps 100 MB; with a GPU the pinning thread does this
    waited_s = sum(waits_s[NUM_UNCOUNTED_STEPS:])
    idle = waited_s / (waited_s + num_batches * busy_s)
    print(
        f"A GPU that takes {H200_PAGES_PER_SECOND} pages/s of 1024 px would be idle {idle:.2%} beside "
        f"{num_workers} loader processes",
        flush=True,
    )
    return idle


@dataclass(frozen=True, slots=True)
class Timing:
    """Median seconds of a step, and the part of them that it waited for pages."""

    seconds: float
    idle_fraction: float


def table(
    rows: list[BenchmarkCase], rate: float, timing: Callable[[BenchmarkCase], Timing]
) -> list[Measurement]:
    """Measure and print each row."""
    measured: list[Measurement] = []
    for case in rows:
        first = measured[0].samples_per_second if measured else None
        measured.append(measure(case, rate, first, timing))
        print(line(measured[-1]), flush=True)
    return measured


def measure(
    case: BenchmarkCase, rate: float, first: float | None, timing: Callable[[BenchmarkCase], Timing]
) -> Measurement:
    """Time the steps of a case, one micro-batch each."""
    free_memory()  # the model of the row before, a reference cycle, would count against this row's limit
    if CUDA:
        cap_memory(case.memory_gb)
    try:
        timed = timing(case)
    except torch.OutOfMemoryError as error:
        return Measurement(name=case.name, memory_cap_gb=case.memory_gb, fault=str(error).split(". ")[0])
    samples = case.batch / timed.seconds
    tflops = samples * case.num_operations() / 1e12
    return Measurement(
        name=case.name,
        samples_per_second=samples,
        tokens_per_second=samples * case.num_tokens,
        times_first=samples / first if first else 1.0,
        idle_fraction=timed.idle_fraction,
        model_tflops_per_second=tflops,
        share_of_matrix_rate=tflops / rate,
        peak_memory_gb=torch.cuda.max_memory_allocated() / 1e9 if CUDA else None,
        estimated_memory_gb=case.estimated_memory_gb,
        memory_cap_gb=case.memory_gb if CUDA else None,
    )


def cap_memory(memory_gb: int | None) -> None:
    """Limit the allocator to the memory that a GPU of that size has beside this process's context. None: no
    limit."""
    torch.cuda.reset_peak_memory_stats()
    free, total = torch.cuda.mem_get_info()
    context = total - free - torch.cuda.memory_reserved()
    torch.cuda.set_per_process_memory_fraction(
        min(1.0, (memory_gb * 1e9 - context) / total) if memory_gb else 1.0
    )


def build_trainable(case: BenchmarkCase) -> Any:
    """Build the model of a case, and choose its trainable parameters."""
    chosen = choose_trainable(
        build(case.width, DEVICE.type, DTYPE, case.experts, stock=case.stock), case.train
    ).model
    if case.gradient_checkpointing:
        chosen.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
    return chosen.train()


def step_times(case: BenchmarkCase, model: Any, num_steps: int) -> Timing:
    """Time steps, after NUM_UNCOUNTED_STEPS that are not counted."""
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=1e-6, fused=True)
    inputs = text_inputs(case)
    waits, seconds = [], []
    with TemporaryDirectory() as folder:
        pages = page_batches(
            case, model, Path(folder), num_steps + NUM_UNCOUNTED_STEPS, NUM_GPU_WORKERS if CUDA else 0
        )
        for _ in range(num_steps + NUM_UNCOUNTED_STEPS):
            start = time.perf_counter()
            pixels = next(pages).to(DEVICE, non_blocking=True)
            if case.stock:
                pixels = normalize_pixels(pixels).to(DTYPE)
            waits.append(time.perf_counter() - start)
            step(model, inputs, pixels, optimizer if case.optimizer else None)
            seconds.append(time.perf_counter() - start)
    counted = slice(NUM_UNCOUNTED_STEPS, None)
    return Timing(median(seconds[counted]), sum(waits[counted]) / sum(seconds[counted]))


def step(
    model: Any, inputs: dict[str, Any], pixels: torch.Tensor, optimizer: torch.optim.Optimizer | None
) -> float:
    """Compute the gradients of one micro-batch, and make an optimizer step. Returns the loss."""
    with torch.autocast(DEVICE.type, torch.bfloat16, enabled=CUDA):
        loss = model(**inputs, pixel_values=pixels).loss
    loss.backward()
    if optimizer:
        optimizer.step()
    model.zero_grad()
    return float(loss.detach())  # waits for the device


def page_batches(
    case: BenchmarkCase, model: Any, folder: Path, num_batches: int, num_workers: int
) -> Iterator[torch.Tensor]:
    """Yield batches as a training reads them: decoded images, or the encoder's output from the cache.

    Args:
        model: its encoder fills the cache, for a case with a cache.
    """
    style = resolve_style(RenderingConfig(mode=case.mode))
    texts = [sample_document(0, "train", row, "article").text for row in range(case.batch)]
    pictures = [render(text, style).pages[0].png for text in texts]
    cache = filled_cache(model, folder, pictures, case.page_size_px) if case.cached else None

    def collate(batch: list[bytes]) -> torch.Tensor | None:
        return cache.load(list(map(page_key, batch))) if cache else decoded(batch, case.page_size_px)

    loader = DataLoader(
        pictures * num_batches,
        batch_size=case.batch,
        collate_fn=collate,
        num_workers=num_workers,
        pin_memory=CUDA,
    )
    return iter(loader)


def filled_cache(model: Any, folder: Path, pictures: list[bytes], size_px: int) -> FeatureCache:
    """Return a feature cache in `folder` that holds the encoder's output for `pictures`."""
    with torch.no_grad(), torch.autocast(DEVICE.type, torch.bfloat16, enabled=CUDA):
        features = vision_tower(model)(decoded(pictures, size_px).to(DEVICE)).last_hidden_state
    num_tokens, width = features.shape[1:]
    cache = FeatureCache(folder=folder, num_tokens=num_tokens, width=width, dtype=DTYPE)
    cache.save(list(map(page_key, pictures)), features)
    return cache


def decoded(pictures: list[bytes], size_px: int) -> torch.Tensor:
    """Decode images to the encoder's input: (images, 3, size_px, size_px), uint8."""
    return torch.from_numpy(np.stack([page_pixels(picture, size_px) for picture in pictures]))


def text_inputs(case: BenchmarkCase) -> dict[str, Any]:
    """Return the tokens of one micro-batch; each sample is a page, a prompt and a summary."""
    generator = torch.Generator().manual_seed(0)
    image = num_image_tokens("deepseek_ocr", case.page_size_px)
    text = torch.randint(
        5, 100_000, (case.batch, NUM_PROMPT_TOKENS + case.num_target_tokens), generator=generator
    )
    ids = torch.cat([torch.full((case.batch, image), IMAGE_TOKEN_ID), text], dim=1)
    labels = ids.clone()
    labels[:, : image + NUM_PROMPT_TOKENS] = -100
    if case.stock:
        return {"input_ids": ids.to(DEVICE), "labels": labels.to(DEVICE)}
    keep = case.num_target_tokens + 1
    return {
        "input_ids": ids.to(DEVICE),
        "labels": labels[:, -keep:].to(DEVICE),
        "logits_to_keep": keep,
        "use_cache": False,
    }


def matrix_tflops_per_second() -> float:
    """Return the measured rate of matrix products on this device, in TFLOP/s."""
    size = 8192 if CUDA else 2048
    matrix = torch.randn(size, size, device=DEVICE, dtype=DTYPE)
    seconds = []
    for _ in range(8):
        start = time.perf_counter()
        matrix @ matrix
        if CUDA:
            torch.cuda.synchronize()
        seconds.append(time.perf_counter() - start)
    return 2 * size**3 / median(seconds) / 1e12


def line(row: Measurement) -> str:
    """Return a row of the table as text."""
    if row.samples_per_second is None:
        return f"{row.name:<44} {row.fault}"
    speed = (
        f"{row.samples_per_second:7.2f} samples/s {row.tokens_per_second:7.0f} tokens/s "
        f"{row.times_first:5.2f} x"
    )
    rate = f"{row.model_tflops_per_second:7.3f} TFLOP/s = {row.share_of_matrix_rate:4.0%} of the matrix rate"
    memory = f"{row.peak_memory_gb:6.1f} GB" if row.peak_memory_gb is not None else "GPU not measured"
    if row.estimated_memory_gb is not None:
        memory += f", {row.estimated_memory_gb:.1f} estimated"
    return f"{row.name:<44} {speed}  idle {row.idle_fraction:6.2%}  {rate}  {memory}"


if __name__ == "__main__":
    raise SystemExit(main())
