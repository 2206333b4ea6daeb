"""The OpenAPI document is true: what it allows, what it does not, and what is really there is answered as it
says, and never by a 5xx."""

from pathlib import Path
from typing import Any

import pytest
import schemathesis
from flask.testing import FlaskClient
from hypothesis import HealthCheck, Phase, assume, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.specs.openapi.checks import positive_data_acceptance

from data.config import RESERVED_NAMES
from data.store.events import EVENTS, EventLog
from data.store.files import write_json
from data.store.workspace import Workspace
from tests.web_ui.conftest import SAMPLE
from web_ui.api import previews
from web_ui.api.endpoint import JSON
from web_ui.app import BLUEPRINTS, create_app
from web_ui.jobs.job import OUTCOME, STATE, JobState, Outcome, State, now
from web_ui.settings import Settings

load_all_checks()
ALL_CHECKS = CHECKS.get_all()


@pytest.fixture
def seeded(client: FlaskClient, workspace: Workspace, dataset: Path) -> dict[str, Any]:
    """Put a dataset with its job, a training with its job and an upload into the workspace; return what
    addresses them."""
    (workspace.model("demo") / "model").mkdir(parents=True)
    workspace.upload("demo").write_text("A text.")
    jobs = [
        client.post("/api/model/train", json={"dataset": "demo"}),
        client.post("/api/dataset/generate", json=SAMPLE),
    ]
    for job in jobs:
        folder = workspace.jobs / job.get_json()["id"]
        write_json(
            folder / STATE,
            JobState(state=State.SUCCEEDED, attempts=1, started=now(), ended=now()).model_dump(mode="json"),
        )
        write_json(
            folder / OUTCOME,
            Outcome(attempt=1, status="succeeded", ended=now(), result={"splits": {}}).model_dump(
                mode="json"
            ),
        )
    EventLog(folder / EVENTS).append(
        "progress", done=1, total=4, unit="samples", counts={}, rate=None, eta_s=None
    )
    addresses = {
        "name": "demo",
        "folder": "demo",
        "path": "manifest.json",
        "split": "train",
        "collection": "datasets",
        "position": 0,
        "row": 0,
        "page": 1,
        "preset": "default",
        "file": "table.md",
        "request": "pause",
    }
    return {**addresses, "job_id": folder.name}


@pytest.fixture
def schema(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(previews, "TIMEOUT_S", 0.01)  # looks at the Hub are given up at once
    app = create_app(
        Settings(
            workspace=workspace.root,
            allowed_hosts="localhost",
            max_changes_per_minute=0,
            max_unfinished_jobs=10**6,
        )
    )
    return schemathesis.openapi.from_wsgi("/api/openapi.json", app)


@pytest.mark.parametrize(
    "concern", sorted({blueprint.name for blueprint in BLUEPRINTS} - {"pages", "assets", "login"})
)
def test_every_operation_answers_as_described(schema: Any, seeded: dict[str, Any], concern: str) -> None:
    operations = [result.ok() for result in schema.get_all_operations()]
    own = [operation for operation in operations if concern in operation.tags]
    assert own
    for operation in sorted(own, key=lambda operation: bool(operation.method == "delete")):
        real = {parameter.name: seeded[parameter.name] for parameter in operation.path_parameters}
        _send_many(operation.as_strategy())
        if operation.query or any(body.media_type == JSON for body in operation.body):
            _send_many(operation.as_strategy(GenerationMode.NEGATIVE, path_parameters=real))
        _send_many(operation.as_strategy(path_parameters=real))


def _not_said_by_schemas(case: schemathesis.Case) -> list[Any]:
    """The schema of a JSON body does not say which of its values exclude each other, nor which files and
    models there are; that of a report, not which languages tesseract knows and what it reads in time; that
    of a comparison, not which jobs there are."""
    is_open = case.media_type == JSON or case.path.endswith("/report") or "/comparisons" in case.path
    return [positive_data_acceptance] if is_open else []


def _send_many(cases: Any) -> None:
    @settings(
        max_examples=6,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases)
    def send(case: schemathesis.Case) -> None:
        assume(case.path_parameters.get("name") not in RESERVED_NAMES)  # another operation's address
        case.call_and_validate(checks=ALL_CHECKS, excluded_checks=_not_said_by_schemas(case))

    send()


def test_every_api_address_is_described(client: FlaskClient) -> None:
    paths = client.get("/api/openapi.json").get_json()["paths"]
    rules = {
        rule.rule
        for rule in client.application.url_map.iter_rules()
        if rule.rule.startswith(("/api/", "/v1/", "/metrics"))
    }
    assert len(paths) == len(rules)
    assert not [path for path, methods in paths.items() for entry in methods.values() if not entry["summary"]]


def test_the_forms_find_the_schemas_that_they_are_made_from(client: FlaskClient) -> None:
    schemas = client.get("/api/openapi.json").get_json()["components"]["schemas"]
    assert schemas["DatasetConfig"]["properties"]["max_samples"]["description"]
    assert schemas["TrainingConfig"]["properties"]["learning_rate"]["default"] == 5e-5
