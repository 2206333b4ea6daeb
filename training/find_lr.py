"""The learning-rate finder: a short run whose rate grows at each step, and the rate at which its loss fell fastest.

Leaves `curve.json` and `curve.svg` below workspace/learning_rates and nothing of the model. A wish to stop ends it at the next step.
"""

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.utils.data import DataLoader

from data.errors import Stopped, TrainingError
from data.progress import Progress
from data.store.files import storage_error, write_bytes, write_json
from data.store.workspace import Workspace, checked_name
from training.collate import NOT_FOR_MODEL, Batch, Collator
from training.config import FindLrConfig
from training.dataset import PageDataset, PageDatasetFolder, open_dataset
from training.kinds import require_page_mode
from training.lr_curve import LrCurve, curve_svg, has_diverged, smooth, sweep_rates
from training.model import load_model
from training.out_of_memory import run_until_it_fits, starting_batch
from training.reader import compute_device, encoder_for, uses_bf16
from training.trainable import choose_trainable

CURVE, PICTURE = "curve.json", "curve.svg"
FEWEST_STEPS = 3
"""A slope needs this many losses."""


@dataclass(frozen=True, slots=True)
class FindLrResult:
    """Where the curve lies, and what it says."""

    folder: Path
    curve: LrCurve

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form that a job's outcome carries."""
        picture = str(self.folder / PICTURE)
        return {"folder": str(self.folder), "picture": picture, "suggestion": self.curve.suggestion, "curve": asdict(self.curve)}


def find_lr(config: FindLrConfig, workspace: Workspace, progress: Progress) -> FindLrResult:
    """Try growing learning rates on a training's own first steps.

    Raises:
        DeepSynthError: the training that the configuration describes cannot be carried out.
        Stopped: the listener asked to stop; nothing is kept.
    """
    dataset = open_dataset(workspace, config.dataset)
    samples = dataset.split("train")
    folder = workspace.learning_rates / checked_name(config.output)

    def attempt(attempted: FindLrConfig) -> LrCurve:
        return _sweep(attempted, _Trial.prepare(attempted, dataset, samples, workspace), progress)

    curve = run_until_it_fits(attempt, starting_batch(config), progress)
    _write(folder, curve)
    progress.preview(folder / PICTURE)
    progress.message(_sentence(curve))
    return FindLrResult(folder, curve)


@dataclass(frozen=True, slots=True)
class _Trial:
    """A model that may be spoilt, and endless micro-batches for it."""

    model: nn.Module
    batches: Iterator[Batch]
    device: torch.device
    bf16: bool

    @classmethod
    def prepare(cls, config: FindLrConfig, dataset: PageDatasetFolder, samples: PageDataset, workspace: Workspace) -> "_Trial":
        device, bf16 = compute_device(), uses_bf16(config.bf16)
        loaded = load_model(config.model, config.revision, workspace, torch.bfloat16 if bf16 else torch.float32)
        require_page_mode(config.model, loaded.kind, dataset.mode)
        torch.manual_seed(config.seed)
        model = choose_trainable(loaded.model, config.train).model
        if config.gradient_checkpointing:
            model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
        nn.Module.to(model, device).train()
        collator = Collator(encoder_for(loaded, dataset.mode, config.prompt, config.max_length), config.blank_pages)
        return cls(model, _endless(config, samples, collator), device, bf16)

    def loss(self) -> torch.Tensor:
        """Return the loss of the next micro-batch."""
        inputs = {name: value for name, value in next(self.batches).items() if name not in NOT_FOR_MODEL}
        on_device = {name: value.to(self.device) if isinstance(value, torch.Tensor) else value for name, value in inputs.items()}
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.bf16):
            loss: torch.Tensor = self.model(**on_device).loss
        return loss


def _endless(config: FindLrConfig, samples: PageDataset, collator: Collator) -> Iterator[Batch]:
    generator = torch.Generator().manual_seed(config.seed)
    while True:
        yield from DataLoader(samples, config.per_device_train_batch_size, shuffle=True, generator=generator, collate_fn=collator)


def _sweep(config: FindLrConfig, trial: _Trial, progress: Progress) -> LrCurve:
    trained = [parameter for parameter in trial.model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(trained, betas=(0.9, config.adam_beta2), weight_decay=config.weight_decay)
    rates = sweep_rates(config.first_learning_rate, config.last_learning_rate, config.num_steps)
    losses: list[float] = []
    for step, rate in enumerate(rates, start=1):
        if progress.should_stop():
            raise Stopped
        losses.append(_step(config, trial, optimizer, trained, rate))
        progress.advance(step, len(rates), "steps")
        if has_diverged(losses):
            losses = [loss for loss in losses if math.isfinite(loss)]
            break
        progress.metric(step, {"learning_rate": rate, "train_loss": losses[-1], "smoothed_loss": smooth(losses)[-1]})
    if len(losses) < FEWEST_STEPS:
        raise TrainingError(
            f"The loss was no number any more after {len(losses)} steps, at a learning rate of {rates[len(losses)]:.1e}.",
            hint="Lower first_learning_rate, and look at the dataset's first samples.",
        )
    return LrCurve.of(rates[: len(losses)], losses)


def _step(config: FindLrConfig, trial: _Trial, optimizer: torch.optim.Optimizer, trained: list[torch.nn.Parameter], rate: float) -> float:
    """Take one optimizer step and return the loss before it."""
    total = 0.0
    for _ in range(config.gradient_accumulation_steps):
        loss = trial.loss() / config.gradient_accumulation_steps
        loss.backward()  # type: ignore[no-untyped-call]
        total += loss.item()
    torch.nn.utils.clip_grad_norm_(trained, config.max_grad_norm)
    for group in optimizer.param_groups:
        group["lr"] = rate
    optimizer.step()
    optimizer.zero_grad()
    return total


def _write(folder: Path, curve: LrCurve) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise storage_error(folder, error) from error
    write_json(folder / CURVE, asdict(curve))
    write_bytes(folder / PICTURE, curve_svg(curve).encode())


def _sentence(curve: LrCurve) -> str:
    if curve.suggestion is None:
        return f"The loss never fell between {curve.learning_rates[0]:.1e} and {curve.learning_rates[-1]:.1e}; try other rates."
    return f"The loss falls fastest at a learning rate of {curve.suggestion:.1e}; a good value for learning_rate."
