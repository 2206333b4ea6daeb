"""A training on the machines of a Ray cluster (extra `ray`): the cluster at RAY_ADDRESS, or a new one on this
machine.

Ray finds the machines and starts the processes. The workspace holds all files of a training, as without Ray:
all machines must share its storage.
"""

from pathlib import Path
from typing import Any

import ray
import torch
from ray.train import RunConfig, ScalingConfig
from ray.train.torch import TorchTrainer

from data.errors import TrainingError, cause
from data.progress import Silent
from data.store.workspace import Workspace
from training.options.config import TrainingConfig
from training.train import train


def train_on_ray(config: TrainingConfig, workspace: Workspace, num_workers: int) -> None:
    """Train with `num_workers` processes, each with a GPU if this machine has one, and wait for the end.

    Raises:
        TrainingError: a process failed; the same call resumes from the last checkpoint.
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
            f"The training on Ray ended: {cause(error)}.",
            hint="Remove the cause, and make the same call again.",
        ) from error


def _train(values: dict[str, Any]) -> None:
    train(TrainingConfig(**values["config"]), Workspace(Path(values["workspace"])), Silent())
