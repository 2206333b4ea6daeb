"""Experiment trackers (TensorBoard, W&B, trackio): checked at the start; a resumed training continues the
same run."""

import importlib
import secrets
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from transformers import TrainerCallback
from transformers.integrations.integration_utils import TensorBoardCallback

from data.errors import Unavailable, cause

_PACKAGES: Final = {
    "tensorboard": ("tensorboard", "tensorboardX"),
    "wandb": ("wandb",),
    "trackio": ("trackio",),
}
"""Tracker -> packages; one of them must be installed."""
TENSORBOARD_FOLDER: Final = "tensorboard"


def require_trackers(names: Iterable[str]) -> None:
    """Refuse trackers that are not installed.

    Raises:
        Unavailable: a tracker is not installed.
    """
    for name in names:
        if not any(map(find_spec, _PACKAGES[name])):
            raise Unavailable(
                f"report_to names {name}, which is not installed.",
                hint=f"Install it (pip install {name}), or remove it from report_to: metrics.json holds the "
                "same values.",
                fields={"report_to": f"{name} is not installed"},
            )


def start_wandb(folder: Path, run_name: str) -> None:
    """Start or continue the run of this unique name at Weights & Biases, with W&B's files in `folder`. The
    Trainer's integration then uses this run.

    Raises:
        Unavailable: W&B refused the login or did not answer.
    """
    wandb: Any = importlib.import_module("wandb")
    try:
        wandb.init(id=run_name, name=run_name, resume="allow", dir=str(folder))
    except wandb.Error as error:
        raise Unavailable(
            f"Weights & Biases did not start a run: {cause(error)}.",
            hint="Set WANDB_API_KEY or WANDB_MODE=offline in the service's environment, or remove wandb from "
            "report_to.",
            fields={"report_to": "wandb did not start"},
        ) from error


def set_up_tensorboard(folder: Path, callbacks: Iterable[TrainerCallback], first_step: int) -> None:
    """Let TensorBoard write into the training's folder, or into TENSORBOARD_LOGGING_DIR; also after a resume.

    Args:
        first_step: first step of this process. TensorBoard hides later points of an earlier process.
    """
    package = "torch.utils.tensorboard" if find_spec("tensorboard") else "tensorboardX"
    for callback in callbacks:
        if isinstance(callback, TensorBoardCallback):
            log = callback.logging_dir or str(folder / TENSORBOARD_FOLDER)
            # The file's name holds seconds only; the suffix tells two files of the same second apart.
            options = {"purge_step": first_step, "filename_suffix": f".{secrets.token_hex(4)}"}
            callback.tb_writer = importlib.import_module(package).SummaryWriter(log, **options)
