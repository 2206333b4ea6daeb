"""What happens when the GPU's memory does not suffice: a smaller micro-batch, more accumulation, the same samples per step."""

import gc
from collections.abc import Callable
from typing import TypeVar

import torch

from data.errors import TrainingError
from data.progress import Progress
from training.config import TrainingConfig

Config = TypeVar("Config", bound=TrainingConfig)
Result = TypeVar("Result")


def starting_batch(config: Config) -> Config:
    """Return the configuration to begin with: as given, or with `auto_batch_size` a whole step as one micro-batch."""
    return _with_batch(config, _samples_per_step(config)) if config.auto_batch_size else config


def halved(config: Config) -> Config:
    """Return the same training with a micro-batch of at most half the size, and as many samples per step as before.

    Raises:
        TrainingError: the micro-batch is one sample already.
    """
    batch = config.per_device_train_batch_size
    if batch == 1:
        raise TrainingError(
            "The GPU's memory does not hold the training of a single sample.",
            hint="Choose the preset low_memory, a `train` option with fewer weights (attention or lora), gradient_checkpointing, "
            "a shorter max_length, or a dataset with fewer or smaller pages per sample.",
        )
    samples = _samples_per_step(config)
    return _with_batch(config, next(size for size in range(batch // 2, 0, -1) if samples % size == 0))


def run_until_it_fits(run: Callable[[Config], Result], config: Config, progress: Progress) -> Result:
    """Run a training, and run it again with a smaller micro-batch each time the GPU's memory does not suffice.

    Args:
        run: trains from the last step that is saved; must save it when it meets `torch.OutOfMemoryError`, and let that pass.
        config: what to begin with.
        progress: is told of each change.
    """
    config = starting_batch(config)
    while True:
        try:
            return run(config)
        except torch.OutOfMemoryError as error:
            reason = str(error).split(". ")[0]
            config = halved(config)
        # Outside the handler: the exception's traceback keeps the failed step's tensors alive.
        free_memory()
        progress.message(
            f"Out of GPU memory ({reason}). Going on from the last step with micro-batches of {config.per_device_train_batch_size} "
            f"and {config.gradient_accumulation_steps} of them a step.",
            "warning",
        )


def free_memory() -> None:
    """Give back what a failed step left behind."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def _samples_per_step(config: TrainingConfig) -> int:
    return config.per_device_train_batch_size * config.gradient_accumulation_steps


def _with_batch(config: Config, size: int) -> Config:
    sizes = {"per_device_train_batch_size": size, "gradient_accumulation_steps": _samples_per_step(config) // size}
    return config.model_copy(update=sizes)
