"""The activities of a training as shares of its expected time, for one progress over all of them."""

from dataclasses import dataclass
from typing import Final

from training.options.config import TrainingConfig

_LOADING: Final = 0.04
_EXPORTING: Final = 0.02
_FORWARD_COST: Final = 1 / 3
"""Time of a forward pass, where training on a sample takes 1: the backward pass takes about two forward
passes. Writing a summary takes about as long as training on a sample (seen with `tiny` on processors)."""


@dataclass(frozen=True, slots=True)
class ActivityShares:
    """Where the activities end, as shares from 0 to 1. The rest is the scoring of the finished model."""

    loaded: float
    trained: float
    exported: float

    @classmethod
    def of(
        cls, config: TrainingConfig, num_training: int, num_validation: int, num_scored: int
    ) -> "ActivityShares":
        """Expect the times from the numbers of samples.

        Args:
            num_training, num_validation: samples of the splits.
            num_scored: samples that the finished model is scored on.
        """
        samples_per_step = config.per_device_train_batch_size * config.gradient_accumulation_steps
        num_steps = num_training * config.num_train_epochs / samples_per_step
        if config.max_steps > 0:
            num_steps = config.max_steps
        num_losses = min(num_validation, config.max_eval_samples or num_validation)
        num_written = min(num_validation, config.num_eval_samples)
        validation = num_losses * _FORWARD_COST + num_written
        training = num_steps * samples_per_step + num_steps / config.eval_steps * validation
        exported = _LOADING + _EXPORTING + (1 - _LOADING - _EXPORTING) * training / (training + num_scored)
        return cls(_LOADING, exported - _EXPORTING, exported)
