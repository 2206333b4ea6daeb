"""Requests for trainings: the values that they leave out come from a preset."""

from typing import Any

from data.validation import in_words, parse_config
from training.options.config import DEFAULT_PRESET, FindLrConfig, TrainingConfig
from training.options.optimal_configs import training_config


def training_from_preset(values: dict[str, Any]) -> TrainingConfig:
    """Build a training from a request's values."""
    own = {name: value for name, value in values.items() if name != "preset"}
    with in_words(TrainingConfig, values):
        return training_config(str(values.get("preset", DEFAULT_PRESET)), **own)


def find_lr_from_preset(values: dict[str, Any]) -> FindLrConfig:
    """Build a learning-rate search from a request's values."""
    own = {name: value for name, value in values.items() if name in TrainingConfig.model_fields}
    filled = training_from_preset(own).model_dump(mode="json", exclude_unset=True)
    return parse_config(FindLrConfig, {**filled, **values})
