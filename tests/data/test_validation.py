"""What is wrong with outside values is said by field, with the value and what is allowed."""

from typing import Any

import pytest
from huggingface_hub.utils import validate_repo_id
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.config import HUB_RULE, Config, DatasetConfig, is_hub_id
from data.errors import InvalidInput
from data.validation import parse_config
from training.options.config import FindLrConfig, TrainingConfig
from training.options.decoding_config import EvaluationConfig, PredictionConfig

SAMPLE = {"name": "demo", "source": {"kind": "sample"}}
VALID: dict[type[Config], dict[str, Any]] = {
    DatasetConfig: SAMPLE,
    TrainingConfig: {"dataset": "demo"},
    EvaluationConfig: {"dataset": "demo", "model": "tiny"},
    PredictionConfig: {"dataset": "demo", "model": "tiny"},
    FindLrConfig: {"dataset": "demo"},
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def fields_of(values: Any, model_class: type[Config] = DatasetConfig) -> dict[str, str]:
    with pytest.raises(InvalidInput) as caught:
        parse_config(model_class, values)
    return caught.value.fields


def test_a_valid_configuration_comes_back_whole() -> None:
    assert parse_config(DatasetConfig, SAMPLE).rendering.mode == "base"


def test_each_wrong_field_is_named_with_its_value_and_what_is_allowed() -> None:
    fields = fields_of({**SAMPLE, "max_samples": -1, "rendering": {"mode": "huge"}})
    assert fields["max_samples"] == "must be at least 1, not -1"
    assert fields["rendering.mode"] == "must be 'micro', 'tiny', 'small', 'base' or 'large', not 'huge'"


def test_an_empty_choice_is_refused() -> None:
    assert fields_of({**SAMPLE, "splits": []}) == {"splits": "must have a length of at least 1, not []"}


def test_a_missing_field_is_required() -> None:
    assert fields_of({"source": {"kind": "sample"}}) == {"name": "is required"}


def test_the_tag_of_a_union_is_no_part_of_a_field_path() -> None:
    assert list(fields_of({"name": "demo", "source": {"kind": "files", "path": ""}})) == ["source.path"]


def test_an_unknown_field_is_answered_with_the_nearest_known_one() -> None:
    assert "did you mean max_samples?" in fields_of({**SAMPLE, "max_sample": 3})["max_sample"]
    assert (
        "did you mean font_size_px?"
        in fields_of({**SAMPLE, "rendering": {"font_size": 12}})["rendering.font_size"]
    )


def test_names_are_explained_in_words_not_as_a_pattern() -> None:
    assert "letters, digits" in fields_of({**SAMPLE, "name": "a/b"})["name"]
    assert fields_of({**SAMPLE, "name": ""}) == {"name": "is required"}
    assert "hoose another" in fields_of({**SAMPLE, "name": "presets"})["name"]
    publish = {"source": {"kind": "hub", "id": "http://a/b"}, "publish": {"repo_id": "me"}}
    assert fields_of({**SAMPLE, **publish}) == {
        "source.id": f"must be {HUB_RULE}, not 'http://a/b'",
        "publish.repo_id": f"must be {HUB_RULE}, not 'me'",
    }


def test_a_rule_across_fields_speaks_for_itself() -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_config(PredictionConfig, {})
    assert caught.value.message == "give either inputs or dataset."


@pytest.mark.parametrize(
    ("model_class", "values", "names"),
    [
        (PredictionConfig, {}, ["inputs", "dataset"]),
        (TrainingConfig, {"dataset": "demo", "max_steps": 0}, ["max_steps"]),
        (
            TrainingConfig,
            {"dataset": "demo", "cache_features": True, "train": "all"},
            ["cache_features", "train"],
        ),
        (
            FindLrConfig,
            {"dataset": "demo", "first_learning_rate": 0.1},
            ["last_learning_rate", "first_learning_rate"],
        ),
    ],
)
def test_a_rule_across_fields_names_them(
    model_class: type[Config], values: dict[str, Any], names: list[str]
) -> None:
    assert list(fields_of(values, model_class)) == names


def test_long_values_are_shortened() -> None:
    assert len(fields_of({**SAMPLE, "seed": "x" * 4000})["seed"]) < 150


@pytest.mark.parametrize("values", [[], None, "text", 3])
def test_something_other_than_an_object_is_refused(values: Any) -> None:
    with pytest.raises(InvalidInput, match="must be an object") as caught:
        parse_config(DatasetConfig, values)
    assert caught.value.fields == {}


@pytest.mark.parametrize("model_class", VALID)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_any_json_is_a_configuration_or_a_readable_refusal(
    model_class: type[Config], data: st.DataObject
) -> None:
    names = st.sampled_from(list(model_class.model_fields)) | st.text(max_size=10)
    near = st.sampled_from([0, 1, 2, 1e-4, 0.5, 100, "a", "tiny", True, None, [], {}])
    changed = st.dictionaries(names, near, max_size=3).map(lambda drawn: VALID[model_class] | drawn)
    values = data.draw(changed | st.dictionaries(names, JSON, max_size=6) | JSON)
    fields = None
    try:
        config = parse_config(model_class, values)
        assert parse_config(model_class, config.model_dump(mode="json")) == config
    except InvalidInput as error:
        fields = error.fields
    assert fields is None or all(words and "pydantic" not in words for words in fields.values())


@pytest.mark.parametrize("name", ["a--b", ".x", "x.git", "x" * 97, "a..b", "-x", "x-", "x.", "\u00e9"])
def test_a_repository_that_the_hub_refuses_is_refused_at_once(name: str) -> None:
    said = [
        fields_of({**SAMPLE, "publish": {"repo_id": f"me/{name}"}})["publish.repo_id"],
        fields_of({**SAMPLE, "publish": {"repo_id": f"{name}/data"}})["publish.repo_id"],
        fields_of({**SAMPLE, "source": {"kind": "hub", "id": f"me/{name}"}})["source.id"],
    ]
    assert all(HUB_RULE in words for words in said)
    assert not is_hub_id(f"me/{name}")


@pytest.mark.parametrize("name", ["a", "a-b_c.d", "_x", "1" * 96, "a.-b", "git"])
def test_a_repository_that_the_hub_takes_is_taken(name: str) -> None:
    validate_repo_id(f"me/{name}")
    config = parse_config(DatasetConfig, {**SAMPLE, "publish": {"repo_id": f"me/{name}"}})
    assert config.publish
    assert config.publish.repo_id == f"me/{name}"


def test_a_dataset_is_not_published_under_a_name_that_the_hub_refuses() -> None:
    assert parse_config(DatasetConfig, {**SAMPLE, "name": "a--b"}).name == "a--b"
    assert fields_of({**SAMPLE, "name": "a--b", "publish": {}}).keys() == {"name", "publish.repo_id"}


def test_a_model_is_not_published_under_a_name_that_the_hub_refuses() -> None:
    values = {"dataset": "demo", "output": "x.git"}
    assert parse_config(TrainingConfig, values).output == "x.git"
    refused = fields_of({**values, "push_to_hub": True}, TrainingConfig)
    assert refused.keys() == {"output", "hub_model_id"}
    named = {**values, "push_to_hub": True, "hub_model_id": "me/x"}
    assert parse_config(TrainingConfig, named).hub_model_id == "me/x"
    assert HUB_RULE in fields_of({**values, "hub_model_id": "me/a--b"}, TrainingConfig)["hub_model_id"]
