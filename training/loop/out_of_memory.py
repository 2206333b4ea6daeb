"""What happens when the GPU's memory does not suffice: a smaller micro-batch, more accumulation, the same
samples per step; and smaller batches of evaluation, where that was too large."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from data.errors import TrainingError
from data.progress import Progress
from training.models.device import EvaluationOutOfMemory, free_memory, is_out_of_memory
from training.options.config import TrainingConfig

Config = TypeVar("Config", bound=TrainingConfig)
Result = TypeVar("Result")


@contextmanager
def marking_evaluation_errors() -> Iterator[None]:
    """Say of memory that does not suffice inside this block that evaluation needs it, not training."""
    try:
        yield
    except RuntimeError as error:
        if is_out_of_memory(error):
            raise EvaluationOutOfMemory(str(error)) from error
        raise


def initial_batch_config(
    config: Config, largest: int | None = None, largest_of_evaluation: int | None = None
) -> Config:
    """Return the configuration to begin with: as given, or with `auto_batch_size` a whole step as one
    micro-batch.

    Args:
        largest: micro-batch left to try after earlier attempts; None: there were none.
        largest_of_evaluation: the same for evaluation.
    """
    samples = _samples_per_step(config)
    wanted = samples if config.auto_batch_size else config.per_device_train_batch_size
    size = min(wanted, largest or wanted)
    evaluation = min(
        config.per_device_eval_batch_size, largest_of_evaluation or config.per_device_eval_batch_size
    )
    return _with_batch(config, next(n for n in range(size, 0, -1) if samples % n == 0), evaluation)


def halve_batch(config: Config) -> Config:
    """Return the same training with a micro-batch of at most half the size, and as many samples per step as
    before.

    Raises:
        TrainingError: the micro-batch is one sample already.
    """
    batch = config.per_device_train_batch_size
    if batch == 1:
        raise TrainingError(
            "The GPU's memory does not hold the training of a single sample.",
            hint="Choose the preset low_memory, a `train` option with fewer weights (attention or lora), "
            "gradient_checkpointing, "
            "a shorter max_length, or a dataset with fewer or smaller pages per sample.",
        )
    samples = _samples_per_step(config)
    return _with_batch(config, next(size for size in range(batch // 2, 0, -1) if samples % size == 0))


def halve_eval_batch(config: Config) -> Config:
    """Return the same training with batches of evaluation of half the size.

    Raises:
        TrainingError: they are one sample already.
    """
    if config.per_device_eval_batch_size == 1:
        raise TrainingError(
            "The GPU's memory does not hold the evaluation of a single sample.",
            hint="What was learnt so far is saved. Free memory on the GPU and resume; else use a shorter "
            "max_length, "
            "or a dataset with fewer or smaller pages per sample.",
        )
    return config.model_copy(update={"per_device_eval_batch_size": config.per_device_eval_batch_size // 2})


def retry_with_smaller_batches(run: Callable[[Config], Result], config: Config, progress: Progress) -> Result:
    """Run a training, and run it again with smaller batches each time the GPU's memory does not suffice.

    Args:
        run: trains from the last step that is saved; must save it when it meets an error that
            `is_out_of_memory`, and let that pass.
        config: what to begin with.
        progress: is told of each change.
    """
    while True:
        try:
            return run(config)
        except RuntimeError as error:
            if not is_out_of_memory(error):
                raise
            reason = str(error).split(". ")[0]
            config = (
                halve_eval_batch(config) if isinstance(error, EvaluationOutOfMemory) else halve_batch(config)
            )
        # Outside the handler: the exception's traceback keeps the failed step's tensors alive.
        free_memory()
        progress.message(f"Out of GPU memory ({reason}). {_describe_batch_sizes(config)}", "warning")


def _describe_batch_sizes(config: TrainingConfig) -> str:
    return (
        f"Going on from the last step with micro-batches of {config.per_device_train_batch_size} and "
        f"{config.gradient_accumulation_steps} of them a step; evaluation takes "
        f"{config.per_device_eval_batch_size} at a time."
    )


def _samples_per_step(config: TrainingConfig) -> int:
    return config.per_device_train_batch_size * config.gradient_accumulation_steps


def _with_batch(config: Config, size: int, evaluation: int | None = None) -> Config:
    return config.model_copy(
        update={
            "per_device_train_batch_size": size,
            "gradient_accumulation_steps": _samples_per_step(config) // size,
            "per_device_eval_batch_size": evaluation or config.per_device_eval_batch_size,
        }
    )
