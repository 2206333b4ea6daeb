"""Configurations: each option has a description, and contradictions are refused."""

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import ValidationError

from data.config import Config, DatasetConfig, mutable_fields
from training.options.config import Trainable, TrainingConfig
from training.options.decoding_config import EvaluationConfig, PredictionConfig
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


@pytest.mark.parametrize("config_type", [DatasetConfig, TrainingConfig])
def test_each_field_is_marked_as_changing_or_keeping_the_result(config_type: type[Config]) -> None:
    extras = {name: field.json_schema_extra for name, field in config_type.model_fields.items()}
    assert [name for name, extra in extras.items() if "changes_result" not in dict(extra or {})] == []


def test_fields_that_an_interrupted_run_may_resume_with_other_values_of() -> None:
    assert mutable_fields(DatasetConfig) == {"publish", "max_rejected", "engine", "num_workers"}
    assert mutable_fields(TrainingConfig) == {
        "preset",
        "overwrite",
        "report_to",
        "output",
        "push_to_hub",
        "hub_model_id",
        "hub_private_repo",
        "num_test_samples",
        "auto_batch_size",
        "per_device_train_batch_size",
        "gradient_accumulation_steps",
        "num_gpus",
        "per_device_eval_batch_size",
        "gradient_checkpointing",
        "cache_features",
        "dataloader_num_workers",
        "save_steps",
        "save_total_limit",
        "logging_steps",
    }


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
        (TrainingConfig, {"lora_dropout": 0.1, "train": "lora_experts"}, ("lora_dropout", "train")),
        (
            EvaluationConfig,
            {"no_repeat_ngram_size": 90, "no_repeat_ngram_window_size": 90},
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
