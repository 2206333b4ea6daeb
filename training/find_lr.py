"""The learning-rate finder: a short run whose rate grows at each step, and the rate in the middle of its
loss's fall.

It writes `curve.json` below workspace/learning_rates, and no model. A stop request ends it after the current
step.
"""

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import count
from pathlib import Path
from statistics import mean, stdev
from typing import Any, cast

import torch
from accelerate import PartialState
from peft import PeftModel
from torch import nn
from transformers import PreTrainedModel, Trainer, set_seed

from data.errors import InvalidInput, Stopped, TrainingError
from data.progress import Progress
from data.store.files import storage_error, write_json
from data.store.workspace import Workspace, validate_name
from training.inputs.collate import NON_MODEL_KEYS, Batch, Collator
from training.inputs.dataset import PageDataset, PageDatasetFolder, open_dataset
from training.inputs.targets import require_summaries, require_texts
from training.inputs.tokens import require_positions, token_layout_for
from training.loop.arguments import build_training_arguments
from training.loop.out_of_memory import initial_batch_config, retry_with_smaller_batches
from training.models.device import compute_dtype
from training.models.loading import load_from_files
from training.models.model_files import ModelFiles, find_model
from training.models.processes import join_processes
from training.models.trainable import choose_trainable
from training.options.config import FindLrConfig
from training.options.inputs_in_use import hold_inputs
from training.options.model_kinds import require_page_mode

CURVE = "curve.json"
MIN_STEPS = 3
"""A slope needs this many losses."""
SMOOTHING = 0.8
"""Weight of the past in the running means that the suggestion is read from: single losses jump from batch to
batch."""
EFFECTIVE_STEPS = (1 + SMOOTHING) / (1 - SMOOTHING)
"""The running mean of so many independent losses varies as their plain mean does."""
CLEAR_FALL = 4.0
"""A fall counts from this many standard errors on: the lowest of 60 means of mere noise is some 2.5 below."""
DIVERGENCE_FACTOR = 4.0
"""A smoothed loss this many times the best one ends the sweep."""


@dataclass(frozen=True, slots=True)
class LrCurve:
    """Losses at growing learning rates."""

    learning_rates: tuple[float, ...]
    losses: tuple[float, ...]
    smoothed: tuple[float, ...]
    suggestion: float | None
    """The rate in the middle of the loss's fall; None when it does not clearly fall."""

    @classmethod
    def of(cls, learning_rates: list[float], losses: list[float]) -> "LrCurve":
        smoothed = smooth(losses)
        return cls(
            learning_rates=tuple(learning_rates),
            losses=tuple(losses),
            smoothed=tuple(smoothed),
            suggestion=_suggest_rate(learning_rates, losses),
        )


@dataclass(frozen=True, slots=True)
class FindLrResult:
    """The curve, and the folder that holds it."""

    folder: Path
    curve: LrCurve

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form: the `result` of a job."""
        return {"folder": str(self.folder), "suggestion": self.curve.suggestion, "curve": asdict(self.curve)}


def find_lr(config: FindLrConfig, workspace: Workspace, progress: Progress) -> FindLrResult:
    """Try growing learning rates on the first steps of a training.

    Raises:
        DeepSynthError: the training that the configuration describes cannot run.
        Stopped: the listener asked to stop; nothing is written.
    """
    progress = join_processes(progress)
    if PartialState().num_processes > 1:
        raise InvalidInput(
            "The search for a learning rate is the work of one process.", hint="Start it without a launcher."
        )
    folder = workspace.learning_rates / validate_name(config.output)
    progress.begin("Loading", 0.0, 0.05)
    with hold_inputs(workspace, config.dataset, config.model):
        curve = _search(config, workspace, progress)
    _write(folder, curve)
    progress.message(_describe_result(curve))
    return FindLrResult(folder, curve)


def _search(config: FindLrConfig, workspace: Workspace, progress: Progress) -> LrCurve:
    dataset = open_dataset(workspace, config.dataset)
    dataset.warn_of_losses(progress)
    samples = dataset.split("train")
    require_summaries(samples.summaries(), progress)

    def attempt(attempted: FindLrConfig) -> LrCurve:
        return _sweep(attempted, _Trial.prepare(attempted, dataset, samples, workspace), progress)

    return retry_with_smaller_batches(attempt, initial_batch_config(config), progress)


@dataclass(frozen=True, slots=True)
class _Trial:
    """A throw-away copy of the model, with the batches and the optimizer of the training."""

    trainer: Trainer
    batches: Iterator[Batch]
    optimizer: torch.optim.Optimizer

    @classmethod
    def prepare(
        cls, config: FindLrConfig, dataset: PageDatasetFolder, samples: PageDataset, workspace: Workspace
    ) -> "_Trial":
        model_files = find_model(config.model, config.revision, workspace)
        token_layout = token_layout_for(
            model_files, dataset.mode, config.prompt, config.max_length, config.reads
        )
        require_page_mode(config.model, model_files.kind, dataset.mode)
        if config.reads != "pages":
            require_texts(config.dataset, (samples,))
        require_positions(token_layout, max(samples.num_pages()))
        trainer = Trainer(
            model=_load_trainable(config, model_files),
            args=build_training_arguments(config, workspace.cache / "find_lr"),
            data_collator=cast(Any, Collator(token_layout, config.blank_pages)),
            train_dataset=samples,
            eval_dataset=samples,
        )
        return cls(trainer, _repeat_batches(trainer), trainer.create_optimizer())

    def step(self, rate: float) -> float:
        """Take one optimizer step; return the loss before it, a mean over target tokens."""
        arguments, model = self.trainer.args, cast(nn.Module, self.trainer.model).train()
        num_batches = arguments.gradient_accumulation_steps
        batches, num_tokens = self.trainer.get_batch_samples(self.batches, num_batches, arguments.device)
        total = 0.0
        for batch in batches:
            inputs = {name: value for name, value in batch.items() if name not in NON_MODEL_KEYS}
            with torch.autocast(arguments.device.type, torch.bfloat16, enabled=arguments.bf16):
                loss: torch.Tensor = model(**inputs, num_items_in_batch=num_tokens).loss
            loss.backward()  # type: ignore[no-untyped-call]
            total += loss.item()
        torch.nn.utils.clip_grad_norm_(model.parameters(), arguments.max_grad_norm)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.optimizer.step()
        self.optimizer.zero_grad()
        return total


def _load_trainable(config: FindLrConfig, model_files: ModelFiles) -> PreTrainedModel | PeftModel:
    loaded = load_from_files(model_files, compute_dtype(config.bf16))
    set_seed(config.seed)
    model = choose_trainable(loaded.model, config.train, config.router, config.lora).model
    if config.gradient_checkpointing:
        model.activation_checkpointing_enable(activation_checkpointing_kwargs={"use_reentrant": False})
    return model


def _repeat_batches(trainer: Trainer) -> Iterator[Batch]:
    loader: Any = trainer.get_train_dataloader()
    for epoch in count():
        loader.set_epoch(epoch)
        yield from loader


def _sweep(config: FindLrConfig, trial: _Trial, progress: Progress) -> LrCurve:
    progress.begin("Trying learning rates", 0.05, 1.0)
    rates = sweep_rates(config.first_learning_rate, config.last_learning_rate, config.num_steps)
    losses: list[float] = []
    for step, rate in enumerate(rates, start=1):
        if progress.should_stop():
            raise Stopped
        losses.append(trial.step(rate))
        progress.advance(step, len(rates), "steps")
        if has_diverged(losses):
            break
        values = {"learning_rate": rate, "train_loss": losses[-1], "smoothed_loss": smooth(losses)[-1]}
        progress.metric(step, values)
    losses = [loss for loss in losses if math.isfinite(loss)]
    if len(losses) < MIN_STEPS:
        raise TrainingError(
            f"The loss was not a finite number after {len(losses)} steps, at a learning rate of "
            f"{rates[len(losses)]:.1e}.",
            hint="Lower first_learning_rate, and check the first samples of the dataset.",
        )
    return LrCurve.of(rates[: len(losses)], losses)


def _write(folder: Path, curve: LrCurve) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise storage_error(folder, error) from error
    write_json(folder / CURVE, asdict(curve))


def _describe_result(curve: LrCurve) -> str:
    if curve.suggestion is None:
        return (
            f"There is no clear answer: between {curve.learning_rates[0]:.1e} and "
            f"{curve.learning_rates[-1]:.1e} the loss did not fall by more than it varies from step to step. "
            "Try other rates, or more samples a step."
        )
    return (
        f"The loss is in the middle of its fall at a learning rate of {curve.suggestion:.1e}; a good value "
        "for learning_rate."
    )


def sweep_rates(first: float, last: float, num_steps: int) -> list[float]:
    """Return rates from first to last, each larger than the one before by the same factor."""
    return [first * (last / first) ** (step / (num_steps - 1)) for step in range(num_steps)]


def smooth(losses: list[float]) -> list[float]:
    """Return the running mean of the losses, corrected for its start at zero (Kingma and Ba, "Adam", 2015,
    section 3)."""
    smoothed, running = [], 0.0
    for step, loss in enumerate(losses, start=1):
        running = SMOOTHING * running + (1 - SMOOTHING) * loss
        smoothed.append(running / (1 - SMOOTHING**step))
    return smoothed


def has_diverged(losses: list[float]) -> bool:
    """Return whether the smoothed loss grew by DIVERGENCE_FACTOR, or is not a finite number."""
    smoothed = smooth(losses)
    return not math.isfinite(smoothed[-1]) or smoothed[-1] > DIVERGENCE_FACTOR * min(smoothed)


def _suggest_rate(rates: list[float], losses: list[float]) -> float | None:
    """Return the rate at which the loss has made half of its fall, or None if it does not clearly fall.

    The steepest step, which S. Gugger reads from the curve ("How Do You Find A Good Learning Rate", 2018), is
    mostly one of the noise. The middle of the whole fall is near it and steady. The level that the loss falls
    from is the mean of the first steps, in which the rate is too low to learn; none of theirs is suggested.
    """
    num_first = max(MIN_STEPS, len(losses) // 4)
    start, spread = mean(losses[:num_first]), stdev(losses[:num_first])
    highest = max(losses[:num_first])
    centred = _smooth_both_ways([min(loss, highest) for loss in losses])
    lowest = min(range(len(losses)), key=centred.__getitem__)
    fall = start - centred[lowest]
    if lowest < num_first or fall <= CLEAR_FALL * spread * math.sqrt(1 / EFFECTIVE_STEPS + 1 / num_first):
        return None
    last_high = max(step for step in range(lowest) if step < num_first or centred[step] > start - fall / 2)
    return math.sqrt(rates[last_high] * rates[last_high + 1])


def _smooth_both_ways(losses: list[float]) -> list[float]:
    """Return the mean of the running means from the left and from the right, which lags behind neither."""
    backwards = reversed(smooth(losses[::-1]))
    return [(left + right) / 2 for left, right in zip(smooth(losses), backwards, strict=True)]
