"""The disk space of a training, computed without loading it. No torch here: the web service reads this."""

from typing import Final

_PARAMETER_BYTES: Final = 4 + 8
"""Bytes per trained weight: itself and Adam's two moments in float32; all else in a checkpoint is small."""


def most_disk_bytes(num_trainable_parameters: int, save_total_limit: int, model_bytes: int) -> int:
    """Return the most bytes that a training's checkpoints and finished model take at a time.

    Args:
        model_bytes: size of the finished model.
    """
    # The newest and the best stay at any limit, and a new checkpoint is written before the oldest is removed.
    num_checkpoints = max(save_total_limit, 2) + 1
    return num_checkpoints * num_trainable_parameters * _PARAMETER_BYTES + model_bytes
