"""Out of GPU memory: the training continues with smaller batches."""

from dataclasses import dataclass, field

import pytest
import torch

from data.errors import TrainingError
from data.progress import Level, Silent
from training.loop.out_of_memory import (
    halve_batch,
    halve_eval_batch,
    initial_batch_config,
    marking_evaluation_errors,
    retry_with_smaller_batches,
)
from training.models.device import is_out_of_memory
from training.options.config import TrainingConfig


@dataclass
class Listener(Silent):
    """Collects messages."""

    texts: list[str] = field(default_factory=list)

    def message(self, text: str, level: Level = "info") -> None:
        self.texts.append(f"{level}: {text}")


@dataclass
class Gpu:
    """A stand-in for a GPU whose memory holds micro-batches up to a size."""

    largest: int
    tried: list[tuple[int, int]] = field(default_factory=list)

    def run(self, config: TrainingConfig) -> TrainingConfig:
        self.tried.append((config.per_device_train_batch_size, config.gradient_accumulation_steps))
        if config.per_device_train_batch_size > self.largest:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        return config


def config(batch: int, accumulation: int, auto: bool = False) -> TrainingConfig:
    return TrainingConfig(
        dataset="news",
        per_device_train_batch_size=batch,
        gradient_accumulation_steps=accumulation,
        auto_batch_size=auto,
    )


@pytest.mark.parametrize(
    ("batch", "accumulation", "expected"),
    [(8, 2, (4, 4)), (2, 8, (1, 16)), (6, 1, (3, 2)), (3, 4, (1, 12)), (5, 2, (2, 5))],
)
def test_halving_keeps_the_samples_of_a_step(
    batch: int, accumulation: int, expected: tuple[int, int]
) -> None:
    smaller = halve_batch(config(batch, accumulation))
    assert (smaller.per_device_train_batch_size, smaller.gradient_accumulation_steps) == expected


def test_a_training_continues_with_smaller_batches_and_reports_it() -> None:
    gpu, listener = Gpu(largest=2), Listener()
    assert retry_with_smaller_batches(gpu.run, config(8, 2), listener).gradient_accumulation_steps == 8
    assert gpu.tried == [(8, 2), (4, 4), (2, 8)]
    assert len(listener.texts) == 2
    assert "warning: Out of GPU memory (CUDA out of memory)" in listener.texts[0]
    assert "micro-batches of 2 and 8 of them a step" in listener.texts[1]


def test_a_single_sample_that_does_not_fit_ends_with_advice() -> None:
    with pytest.raises(TrainingError, match="single sample") as caught:
        retry_with_smaller_batches(Gpu(largest=0).run, config(2, 1), Silent())
    assert "low_memory" in caught.value.hint


def test_auto_batch_size_begins_with_the_whole_step_and_finds_the_largest_that_fits() -> None:
    gpu = Gpu(largest=8)
    found = retry_with_smaller_batches(gpu.run, initial_batch_config(config(2, 8, auto=True)), Silent())
    assert found.per_device_train_batch_size == 8
    assert gpu.tried == [(16, 1), (8, 2)]


def test_without_auto_the_batch_stays_as_given() -> None:
    assert initial_batch_config(config(2, 8)) == config(2, 8)


def test_a_size_that_did_not_fit_is_not_tried_again() -> None:
    resumed = initial_batch_config(config(2, 8, auto=True), largest=5, largest_of_evaluation=1)
    assert (
        resumed.per_device_train_batch_size,
        resumed.gradient_accumulation_steps,
        resumed.per_device_eval_batch_size,
    ) == (4, 4, 1)
    assert initial_batch_config(config(1, 16), largest=4).per_device_train_batch_size == 1


def test_an_evaluation_that_does_not_fit_changes_no_training_batch() -> None:
    tried: list[tuple[int, int]] = []

    def run(attempted: TrainingConfig) -> TrainingConfig:
        tried.append((attempted.per_device_train_batch_size, attempted.per_device_eval_batch_size))
        with marking_evaluation_errors():
            if attempted.per_device_eval_batch_size > 1:
                raise torch.OutOfMemoryError("CUDA out of memory.")
        return attempted

    retry_with_smaller_batches(run, config(2, 8), Silent())
    assert tried == [(2, 4), (2, 2), (2, 1)]
    with pytest.raises(TrainingError, match="evaluation of a single sample"):
        halve_eval_batch(config(2, 8).model_copy(update={"per_device_eval_batch_size": 1}))


@pytest.mark.parametrize(
    "words",
    [
        "CUDA error: out of memory",
        "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`",
    ],
)
def test_out_of_memory_errors_of_cuda_libraries_are_recognised(words: str) -> None:
    assert is_out_of_memory(RuntimeError(words))
    assert not is_out_of_memory(RuntimeError("The size of tensor a (3) must match the size of tensor b (4)"))
