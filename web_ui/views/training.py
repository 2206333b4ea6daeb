"""Training: presets, memory estimates, and the jobs on models: train, evaluate, predict, find a learning rate."""

from typing import Any

from flask import Blueprint, Response

from data.validation import in_words
from training.config import TrainingConfig
from training.memory import estimate
from training.optimal_configs import PRESETS, Preset, training_config
from web_ui import checks, schemas
from web_ui.endpoint import Operation, endpoint
from web_ui.service import current_service
from web_ui.submission import HEADERS, submit

DEFAULT_PRESET = "default"
NO_DATASET = "not-chosen"
FULL_MODEL = "deepseek-ai/DeepSeek-OCR"

training = Blueprint("training", __name__)


def from_preset(values: dict[str, Any]) -> TrainingConfig:
    """Build a training from a request: what it leaves out comes from its preset."""
    own = {name: value for name, value in values.items() if name != "preset"}
    with in_words(TrainingConfig, values):
        return training_config(str(values.get("preset", DEFAULT_PRESET)), **own)


def _without_dataset(values: dict[str, Any]) -> TrainingConfig:
    return from_preset({"dataset": NO_DATASET, **values})


@endpoint(training, "GET", "/api/training/presets", Operation(answer=schemas.TrainingPresetList))
def list_training_presets() -> dict[str, Any]:
    """List the training presets, with the reason for each value."""
    return {"presets": [_document(preset) for preset in PRESETS.values()]}


@endpoint(training, "GET", "/api/training/optimal-config/<preset>", Operation(answer=schemas.TrainingPreset))
def get_optimal_config(preset: str) -> dict[str, Any]:
    """Show one training preset."""
    checks.check_training_preset(preset)
    return _document(PRESETS[preset])


@endpoint(training, "POST", "/api/model/train", Operation(TrainingConfig, from_preset, answer=schemas.Job, status=202, headers=HEADERS))
def train_model(body: TrainingConfig) -> Response:
    """Queue a training."""
    checks.check_training(body, current_service().workspace)
    return submit("training", body)


@endpoint(training, "POST", "/api/model/estimate", Operation(TrainingConfig, _without_dataset, answer=schemas.MemoryEstimate))
def estimate_memory(body: TrainingConfig) -> dict[str, Any]:
    """Estimate the GPU memory that a training would need."""
    return estimate(body).as_dict()


def _document(preset: Preset) -> dict[str, Any]:
    config = training_config(preset.name, dataset=NO_DATASET, model=FULL_MODEL)
    batch = config.per_device_train_batch_size * config.gradient_accumulation_steps
    return {**preset.as_dict(), "effective_batch_size": batch, "estimate": estimate(config).as_dict()}
