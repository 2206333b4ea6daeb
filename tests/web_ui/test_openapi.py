"""The OpenAPI document is true: whatever it allows, and much that it does not, is answered as it says, and never by a 5xx."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance, status_code_conformance

from web_ui import looking
from web_ui.app import BLUEPRINTS, create_app
from web_ui.settings import Settings

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    folder: Path = tmp_path_factory.mktemp("workspace")
    options: dict[str, Any] = {"allowed_hosts": "localhost", "max_changes_per_minute": 0, "max_unfinished_jobs": 10**6}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(looking, "TIMEOUT_S", 0.01)  # looks at the Hub are given up at once
        yield create_app(Settings(workspace=folder, **options))


@pytest.fixture(scope="module")
def schema(app: Flask) -> Any:
    return schemathesis.openapi.from_wsgi("/api/openapi.json", app)


@pytest.mark.parametrize("concern", sorted({blueprint.name for blueprint in BLUEPRINTS} - {"pages", "login"}))
def test_every_operation_answers_as_described(schema: Any, concern: str) -> None:
    operations = [result.ok() for result in schema.get_all_operations()]
    own = [operation for operation in operations if concern in operation.tags]
    assert own
    for operation in own:
        _send_many(operation)


def _send_many(operation: Any) -> None:
    @settings(
        max_examples=8, deadline=None, database=None, phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck)
    )
    @given(case=operation.as_strategy())
    def send(case: schemathesis.Case) -> None:
        case.call_and_validate(checks=CHECKS)

    send()


def test_every_api_address_is_described(client: FlaskClient) -> None:
    paths = client.get("/api/openapi.json").get_json()["paths"]
    rules = {rule.rule for rule in client.application.url_map.iter_rules() if rule.rule.startswith(("/api/", "/metrics"))}
    assert len(paths) == len(rules)
    assert not [path for path, methods in paths.items() for entry in methods.values() if not entry["summary"]]


def test_the_forms_find_the_schemas_that_they_are_made_from(client: FlaskClient) -> None:
    schemas = client.get("/api/openapi.json").get_json()["components"]["schemas"]
    assert schemas["DatasetConfig"]["properties"]["max_samples"]["description"]
    assert schemas["TrainingConfig"]["properties"]["learning_rate"]["default"] == 5e-5
