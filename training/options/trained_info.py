"""trained.json: what a checkpoint says of its weights, and the chain of checkpoints down to a whole model."""

from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from data.errors import InvalidInput, ModelError
from data.validation import parse_config
from training.options.config import Router, Trainable
from training.options.lora import Lora
from training.options.model_config import DOWNLOAD_AGAIN, read_model_json
from training.options.model_kinds import TRAINED_FILE

MAX_CHAIN: Final = 32
"""Trainings that continue one another without an export between them."""


class TrainedWeightsInfo(BaseModel):
    """The base model of trained weights, and which of its parts trained."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    base_model_name_or_path: str = Field(min_length=1, max_length=4096)
    """The name that the user gave."""
    revision: str | None = Field(max_length=255)
    base_weights: str = Field(max_length=255)
    """Fingerprint of the base's weights."""
    train: Trainable
    router: Router = "frozen"
    lora_r: int = Field(Lora.r, ge=1, le=512)
    lora_alpha: int = Field(Lora.alpha, ge=1, le=4096)

    @property
    def lora(self) -> Lora:
        """The adapter of train=lora and lora_experts."""
        return Lora(self.lora_r, self.lora_alpha)


def read_trained_info(folder: Path) -> TrainedWeightsInfo:
    """Read the trained.json of a checkpoint. Raises ModelError, naming the field."""
    try:
        return parse_config(TrainedWeightsInfo, read_model_json(folder / TRAINED_FILE))
    except InvalidInput as error:
        raise ModelError(f"{folder / TRAINED_FILE}: {error.message}", hint=DOWNLOAD_AGAIN) from error


def require_short_chain(name: str, depth: int) -> None:
    """Refuse a checkpoint whose bases never end in a whole model. Raises ModelError."""
    if depth > MAX_CHAIN:
        raise ModelError(
            f"The base of {name!r} leads from checkpoint to checkpoint, and never to a whole model.",
            hint=f"Correct base_model_name_or_path in {TRAINED_FILE}, or use a finished training.",
        )
