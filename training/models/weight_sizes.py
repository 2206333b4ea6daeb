"""The sizes of a model against those of its weight files, before memory is taken for it.

The library fills what a file lacks with random numbers. A config.json that describes a larger model than the
weights hold would take minutes and all memory first.
"""

from pathlib import Path
from typing import Final

from safetensors import safe_open
from torch import nn

from data.errors import ModelError
from training.models.library_faults import library_reads
from training.models.published_layout import weight_files

_MOST_TIMES: Final = 2
_SMALL: Final = 1 << 24
"""Numbers that a model may have whatever its files hold: a tensor that is missing is then named."""


def require_similar_size(empty: nn.Module, folder: Path) -> None:
    """Refuse a model that is much larger than its weights.

    Args:
        empty: the model on the meta device.

    Raises:
        ModelError: it is, or a weight file is damaged.
    """
    described = sum(tensor.numel() for tensor in (*empty.parameters(), *empty.buffers()))
    stored = sum(map(_num_elements, weight_files(folder)))
    if described > _MOST_TIMES * stored + _SMALL:
        raise ModelError(
            f"config.json describes a model of {described:,} numbers, and the weights in {folder} hold "
            f"{stored:,}.",
            hint="Use the config.json that the weights were published with.",
        )


def _num_elements(path: Path) -> int:
    total = 0
    with library_reads(f"The weight file {path}"), safe_open(path, "pt") as weights:
        for name in weights.keys():  # noqa: SIM118 - not a mapping
            shape = weights.get_slice(name).get_shape()
            count = 1
            for size in shape:
                count *= size
            total += count
    return total
