"""Training presets, memory estimates, and the jobs with models: training, evaluation, prediction and the
search for a learning rate."""

from typing import Any

from flask import Blueprint
from pydantic import Field

from data.config import Name
from training.options.config import TrainingConfig
from training.options.memory import MemoryEstimate, estimate_training_memory
from training.options.model_kinds import EXAMPLE_HUB_ID
from training.options.optimal_configs import PRESETS, TINY_VALUES, Preset, training_config
from web_ui.api import checks, schemas
from web_ui.api.endpoint import Operation, endpoint
from web_ui.api.presets import training_from_preset
from web_ui.api.service import current_service
from web_ui.api.submission import serve_jobs

NO_DATASET = "not-chosen"

training = Blueprint("training", __name__)
serve_jobs(training, "/api/model/")


class EstimateRequest(TrainingConfig):
    """A training whose dataset is not chosen yet, or is."""

    dataset: Name = Field(NO_DATASET, description="folder below workspace/datasets")


def _without_dataset(values: dict[str, Any]) -> TrainingConfig:
    return training_from_preset({"dataset": NO_DATASET, **values})


@endpoint(training, "GET", "/api/training/presets", Operation(answer=schemas.TrainingPresetList))
def list_training_presets() -> dict[str, Any]:
    """List the training presets and the starting values of the tiny model, with a reason for each value."""
    tiny = {"values": dict(TINY_VALUES.values), "reasons": dict(TINY_VALUES.reasons)}
    return {"presets": [_answer(preset) for preset in PRESETS.values()], "tiny": tiny}


@endpoint(training, "GET", "/api/training/optimal-config/<preset>", Operation(answer=schemas.TrainingPreset))
def get_optimal_config(preset: str) -> dict[str, Any]:
    """Show one training preset."""
    checks.check_training_preset(preset)
    return _answer(PRESETS[preset])


@endpoint(
    training,
    "POST",
    "/api/model/estimate",
    Operation(body=EstimateRequest, build=_without_dataset, answer=MemoryEstimate, errors=(409, 507)),
)
def estimate_memory(body: TrainingConfig) -> MemoryEstimate:
    """Estimate the GPU memory of a training for the pages of its dataset.

    Without a dataset: for one base page per sample.
    """
    workspace = current_service().workspace
    kind = checks.find_model_kind(body.model, workspace)
    if body.dataset == NO_DATASET:
        return estimate_training_memory(body, kind=kind)
    return estimate_training_memory(body, *checks.dataset_pages(body.dataset, workspace), kind)


def _answer(preset: Preset) -> dict[str, Any]:
    config = training_config(preset.name, dataset=NO_DATASET, model=EXAMPLE_HUB_ID)
    batch = config.per_device_train_batch_size * config.gradient_accumulation_steps
    return {**preset.as_dict(), "effective_batch_size": batch, "estimate": estimate_training_memory(config)}
