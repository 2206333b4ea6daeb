"""Configurations: each option has a description, and contradictions are refused."""

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import ValidationError

import data.config  # noqa: F401 - so that its settings are known
from data.config import Config
from training.options.config import EvaluationConfig, PredictionConfig, Trainable, TrainingConfig
from training.options.parts import TRAINED_PARTS


def every_kind(of: type[Config]) -> Iterator[type[Config]]:
    for kind in of.__subclasses__():
        if kind.__module__ in {"data.config", "training.options.config"}:
            yield kind
            yield from every_kind(kind)


def test_every_option_has_a_description() -> None:
    options = {
        f"{kind.__name__}.{name}": field
        for kind in every_kind(Config)
        for name, field in kind.model_fields.items()
    }
    assert "DatasetConfig.source" in options
    assert [
        name for name, field in options.items() if not field.description and not name.endswith(".kind")
    ] == []


def test_the_description_of_train_names_each_choice() -> None:
    words = TrainingConfig.model_fields["train"].description or ""
    assert [choice for choice in TRAINED_PARTS if f"{choice}: " not in words] == []


@pytest.mark.parametrize(
    ("kind", "values", "fields"),
    [
        (
            TrainingConfig,
            {"no_repeat_ngram_size": 100},
            ("no_repeat_ngram_size", "no_repeat_ngram_window_size"),
        ),
        (TrainingConfig, {"model": "tiny", "revision": "main"}, ("revision", "model")),
        (TrainingConfig, {"router": "balanced", "train": "lora"}, ("router", "train")),
        (
            EvaluationConfig,
            {"no_repeat_ngram_size": 90},
            ("no_repeat_ngram_size", "no_repeat_ngram_window_size"),
        ),
        (EvaluationConfig, {"model": "tiny", "revision": "main"}, ("revision", "model")),
        (PredictionConfig, {"model": "tiny", "revision": "main"}, ("revision", "model")),
    ],
)
def test_contradictions_are_refused(
    kind: type[Config], values: dict[str, Any], fields: tuple[str, str]
) -> None:
    with pytest.raises(ValidationError) as caught:
        kind(dataset="news", **values)  # type: ignore[call-arg]
    assert [error["ctx"]["error"].fields for error in caught.value.errors()] == [fields]
    kind(dataset="news", **{**values, fields[0]: kind.model_fields[fields[0]].default})  # type: ignore[call-arg]


@pytest.mark.parametrize("train", ["projector", "decoder", "all"])
def test_a_balanced_router_is_accepted_where_parts_of_the_model_train(train: Trainable) -> None:
    assert TrainingConfig(dataset="news", train=train, router="balanced").router == "balanced"
