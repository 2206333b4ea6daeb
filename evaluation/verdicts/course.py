"""The course of a training: how far it came, how long it took, and whether it was still getting better."""

import math
from dataclasses import dataclass
from typing import Self

from evaluation.training_metrics import MetricsFiles

FALL_SHARE = 0.05
"""A validation loss that fell by this share in the second half of the steps was still falling."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingCourse:
    """What the metrics of a training say of its length."""

    num_steps: int
    """Optimizer steps made."""
    num_epochs: float | None
    """Passes over the training samples; None: not recorded."""
    total_time_s: float | None
    """Time of all steps, validation between them included; None: not recorded."""
    validation_losses: tuple[tuple[int, float], ...] = ()
    """(step, loss) of each validation, in order."""

    @classmethod
    def of(cls, metrics: MetricsFiles) -> Self | None:
        """Return the course that the metrics of a training record; None: no step was recorded."""
        latest = metrics.latest
        if not latest["step"]:
            return None
        losses = [(record["step"], record.get("eval_loss")) for record in metrics.history]
        return cls(
            num_steps=int(latest["step"]),
            num_epochs=latest["epoch"],
            total_time_s=latest["total_time_s"],
            validation_losses=tuple((int(step or 0), loss) for step, loss in losses if loss is not None),
        )

    @property
    def wanted_steps(self) -> int | None:
        """The number of steps to try if this training was too short, else None.

        One pass over the data, if it was less than that; twice the steps, if the validation loss was still
        falling (`is_still_falling`).
        """
        if self.is_part_of_an_epoch:
            return math.ceil(self.num_steps / (self.num_epochs or 1))
        return 2 * self.num_steps if self.is_still_falling else None

    @property
    def is_part_of_an_epoch(self) -> bool:
        """Whether it is known that not every training sample was seen."""
        return self.num_epochs is not None and 0 < self.num_epochs < 1

    @property
    def is_still_falling(self) -> bool:
        """Whether the last validation loss is the lowest, and FALL_SHARE below the lowest of the first half
        of the steps."""
        first_half = [loss for step, loss in self.validation_losses if step <= self.num_steps / 2]
        second_half = [loss for step, loss in self.validation_losses if step > self.num_steps / 2]
        if not first_half or not second_half:
            return False
        last = second_half[-1]
        return last <= min(second_half) and last <= (1 - FALL_SHARE) * min(first_half)

    def time_of_s(self, num_steps: int) -> float | None:
        """Return the time of so many steps, at the measured time per step; None: none was measured."""
        return self.total_time_s / self.num_steps * num_steps if self.total_time_s else None
