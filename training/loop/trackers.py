"""Trackers that curves go to beside metrics.json, by the Trainer's own integrations: asked for early, and one
run of theirs for each training however often it is resumed."""

import importlib
import secrets
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from transformers import TrainerCallback
from transformers.integrations.integration_utils import TensorBoardCallback

from data.errors import Unavailable

_PACKAGES: Final = {
    "tensorboard": ("tensorboard", "tensorboardX"),
    "wandb": ("wandb",),
    "trackio": ("trackio",),
}
"""Any of which will do."""
TENSORBOARD_FOLDER: Final = "tensorboard"


def require_trackers(names: Iterable[str]) -> None:
    """Refuse trackers that are not installed.

    Raises:
        Unavailable: one is not.
    """
    for name in names:
        if not any(map(find_spec, _PACKAGES[name])):
            raise Unavailable(
                f"report_to names {name}, which is not installed.",
                hint=f"Install it (pip install {name}), or leave it out: metrics.json holds the same values.",
                fields={"report_to": f"{name} is not installed"},
            )


def start_wandb(folder: Path, run_name: str) -> None:
    """Begin the training's run at Weights & Biases, or go on with it: the Trainer's integration takes up a
    run that is there.

    Args:
        folder: of the training; W&B keeps its own files in it.
        run_name: that no other training has.

    Raises:
        Unavailable: W&B lets nobody in, or does not answer.
    """
    wandb: Any = importlib.import_module("wandb")
    try:
        wandb.init(id=run_name, name=run_name, resume="allow", dir=str(folder))
    except wandb.Error as error:
        raise Unavailable(
            f"Weights & Biases did not start a run: {error}",
            hint="Set WANDB_API_KEY, or WANDB_MODE=offline, where the service is started; or leave wandb out "
            "of report_to.",
            fields={"report_to": "wandb did not start"},
        ) from error


def set_up_tensorboard(folder: Path, callbacks: Iterable[TrainerCallback], first_step: int) -> None:
    """Let TensorBoard's files lie in the training's folder, unless TENSORBOARD_LOGGING_DIR names one, and go
    on there after a resume.

    Args:
        first_step: that this process makes; points from there on, of a process that was killed, are no longer
            shown.
    """
    package = "torch.utils.tensorboard" if find_spec("tensorboard") else "tensorboardX"
    for callback in callbacks:
        if isinstance(callback, TensorBoardCallback):
            log = callback.logging_dir or str(folder / TENSORBOARD_FOLDER)
            # Files are named by the second, and another one of the same second would replace the first.
            options = {"purge_step": first_step, "filename_suffix": f".{secrets.token_hex(4)}"}
            callback.tb_writer = importlib.import_module(package).SummaryWriter(log, **options)
