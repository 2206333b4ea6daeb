"""Out of GPU memory: continue with smaller micro-batches and more accumulation steps (same samples per step),
or with smaller evaluation batches."""

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
    """Raise EvaluationOutOfMemory for an out-of-memory error in this block, which evaluates."""
    try:
        yield
    except RuntimeError as error:
        if is_out_of_memory(error):
            raise EvaluationOutOfMemory(str(error)) from error
        raise


def initial_batch_config(
    config: Config, largest: int | None = None, largest_of_evaluation: int | None = None
) -> Config:
    """Return the configuration of the first attempt: as given, or with `auto_batch_size` a whole step as one
    micro-batch.

    Args:
        largest: the largest micro-batch that earlier attempts left; None: there were none.
        largest_of_evaluation: the same for evaluation batches.
    """
    samples = _samples_per_step(config)
    wanted = samples if config.auto_batch_size else config.per_device_train_batch_size
    size = min(wanted, largest or wanted)
    evaluation = config.per_device_eval_batch_size
    evaluation = min(evaluation, largest_of_evaluation or evaluation)
    return _with_batch(config, next(n for n in range(size, 0, -1) if samples % n == 0), evaluation)


def halve_batch(config: Config) -> Config:
    """Return the configuration with a micro-batch of at most half the size, and the same samples per step.

    Raises:
        TrainingError: the micro-batch is a single sample.
    """
    batch = config.per_device_train_batch_size
    if batch == 1:
        raise TrainingError(
            "The GPU's memory does not hold the training of a single sample.",
            hint="Choose the preset low_memory, a `train` option with fewer weights (attention or lora), "
            "gradient_checkpointing, "
            "a lower max_length, or a dataset with fewer or smaller pages per sample.",
        )
    samples = _samples_per_step(config)
    return _with_batch(config, next(size for size in range(batch // 2, 0, -1) if samples % size == 0))


def halve_eval_batch(config: Config) -> Config:
    """Return the configuration with evaluation batches of half the size.

    Raises:
        TrainingError: an evaluation batch is a single sample.
    """
    if config.per_device_eval_batch_size == 1:
        raise TrainingError(
            "The GPU's memory does not hold the evaluation of a single sample.",
            hint="The training up to this step is saved. Free memory on the GPU and resume; else use a lower "
            "max_length, or a dataset with fewer or smaller pages per sample.",
        )
    return config.model_copy(update={"per_device_eval_batch_size": config.per_device_eval_batch_size // 2})


def retry_with_smaller_batches(run: Callable[[Config], Result], config: Config, progress: Progress) -> Result:
    """Run a training, and repeat it with smaller batches each time the GPU runs out of memory.

    Args:
        run: trains from the last saved step. On an out-of-memory error it must save the last finished step
            and raise the error.
        config: of the first attempt.
        progress: gets a warning at each change.

    Raises:
        TrainingError: a single sample does not fit.
    """
    while True:
        try:
            return run(config)
        except RuntimeError as error:
            if not is_out_of_memory(error):
                raise
            reason = str(error).split(". ")[0]
            halve = halve_eval_batch if isinstance(error, EvaluationOutOfMemory) else halve_batch
            config = halve(config)
        # Outside the handler, because the exception's traceback keeps the tensors of the failed step alive.
        free_memory()
        progress.message(f"Out of GPU memory ({reason}). {_describe_batch_sizes(config)}", "warning")


def _describe_batch_sizes(config: TrainingConfig) -> str:
    return (
        f"Going on from the last step with micro-batches of {config.per_device_train_batch_size} and "
        f"{config.gradient_accumulation_steps} of them a step; evaluation batches hold "
        f"{config.per_device_eval_batch_size}."
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
