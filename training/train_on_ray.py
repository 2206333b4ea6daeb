"""The same training on the machines of a Ray cluster (extra `ray`): the one that RAY_ADDRESS names, or one
started on this machine.

Ray finds the machines and starts the processes; all that is known about a training lies in the workspace, as
without Ray, so it must be on storage that all of them share.
"""

from pathlib import Path
from typing import Any

import ray
import torch
from ray.train import RunConfig, ScalingConfig
from ray.train.torch import TorchTrainer

from data.errors import TrainingError
from data.progress import Silent
from data.store.workspace import Workspace
from training.options.config import TrainingConfig
from training.train import train


def train_on_ray(config: TrainingConfig, workspace: Workspace, num_workers: int) -> None:
    """Train with so many processes, each with a GPU where this machine has one, and wait for the end.

    The same call after a failure goes on from the last checkpoint.

    Raises:
        TrainingError: a process failed.
    """
    trainer = TorchTrainer(
        _train,
        train_loop_config={"config": config.model_dump(mode="json"), "workspace": str(workspace.root)},
        scaling_config=ScalingConfig(num_workers=num_workers, use_gpu=torch.cuda.is_available()),
        run_config=RunConfig(name=config.output, storage_path=str(workspace.root / "ray")),
    )
    try:
        trainer.fit()
    except (ray.exceptions.RayError, ray.train.TrainingFailedError) as error:
        raise TrainingError(
            f"The training on Ray ended: {error}", hint="Remove the cause, and give the same call again."
        ) from error


def _train(values: dict[str, Any]) -> None:
    train(TrainingConfig(**values["config"]), Workspace(Path(values["workspace"])), Silent())
