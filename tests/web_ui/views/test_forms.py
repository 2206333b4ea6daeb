"""A form's fields come from the configuration itself: nested ones flattened, parts named, and what empty
means said."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from data.config import DatasetConfig
from web_ui.api.forms import FORMS


@pytest.fixture
def fields(client: FlaskClient) -> dict[str, dict[str, Any]]:
    return {field["path"]: field for field in client.get("/api/forms/dataset").get_json()["fields"]}


def test_a_field_says_what_it_means_what_it_takes_and_what_empty_is(
    fields: dict[str, dict[str, Any]],
) -> None:
    assert fields["rendering.font_size_px"] == {
        "path": "rendering.font_size_px",
        "label": "Font size px",
        "note": "From 6 to 96.",
        "more": "",
        "kind": "number",
        "options": [],
        "nullable": True,
        "empty": "the mode's own size",
        "initial": None,
        "part": None,
        "group": None,
        "unused_in_mode": "micro",
    }
    assert fields["rendering.mode"]["options"] == ["micro", "tiny", "small", "base", "large"]
    assert fields["source.id"]["note"] == "owner/name."


def test_a_field_has_one_short_note_and_says_the_rest_apart(client: FlaskClient) -> None:
    fields = {field["path"]: field for field in client.get("/api/forms/training").get_json()["fields"]}
    assert (fields["lora_r"]["note"], fields["lora_r"]["more"]) == (
        "Rank of the added weights.",
        "Only for train=lora and lora_experts. From 1 to 512.",
    )
    notes = [field["note"] for field in fields.values()]
    assert max(len(note.split()) for note in notes) <= 20
    assert sum(len(note.split()) for note in notes) / len(notes) < 9


def test_what_varies_is_one_field_of_text(fields: dict[str, dict[str, Any]]) -> None:
    field = fields["rendering.vary"]
    assert (field["kind"], field["nullable"], field["empty"]) == ("text", True, "all documents look alike")
    assert [path for path in fields if path.startswith("rendering.vary")] == ["rendering.vary"]


def test_what_is_chosen_as_a_whole_names_its_part(fields: dict[str, dict[str, Any]]) -> None:
    parts = {path: field["part"] for path, field in fields.items()}
    assert (parts["source.length"], parts["source.path"], parts["source.id"]) == (
        "source.sample",
        "source.files",
        "source.hub",
    )
    assert (parts["publish.repo_id"], parts["rendering.degradation.noise"]) == ("publish", None)


def test_every_value_that_a_form_starts_with_is_the_configurations_own(
    client: FlaskClient, fields: dict[str, dict[str, Any]]
) -> None:
    config = DatasetConfig.model_validate({"name": "x", "source": {"kind": "sample"}}).model_dump(mode="json")
    for path, field in fields.items():
        if field["part"] is None and path != "name":
            value: Any = config
            for key in path.split("."):
                value = value.get(key)  # a field may be left out while it is null
            assert field["initial"] == value, path


@pytest.mark.parametrize("name", FORMS)
def test_every_form_names_each_setting_once(client: FlaskClient, name: str) -> None:
    paths = [field["path"] for field in client.get(f"/api/forms/{name}").get_json()["fields"]]
    assert len(paths) == len(set(paths)) > 0


def test_each_setting_of_a_training_stands_in_a_group(client: FlaskClient) -> None:
    groups = {
        field["path"]: field["group"] for field in client.get("/api/forms/training").get_json()["fields"]
    }
    assert [path for path, group in groups.items() if group is None] == []
    assert (groups["seed"], groups["max_eval_samples"]) == (
        "Length and batches",
        "Evaluation and checkpoints",
    )


def test_a_form_that_does_not_exist_is_refused(client: FlaskClient) -> None:
    assert client.get("/api/forms/none").get_json()["error"]["code"] == "not_found"
