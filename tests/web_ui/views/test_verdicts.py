"""The verdict of a job and of a model over HTTP, and in the terminal."""

from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from data.store.files import write_json
from data.store.workspace import Workspace
from evaluation.report import Report, write_report
from tests.evaluation.reports import HIGHER, LOWER, make_report
from training.options.config import TrainingConfig
from training.options.decoding_config import EvaluationConfig
from training.options.run_folder import CONFIG, EVALUATION_CONFIG, RUN
from web_ui.cli import main
from web_ui.jobs.job import OUTCOME, STATE, Job, JobState, Outcome, State
from web_ui.jobs.store import JobStore

EVALUATION = {"model": "mine", "dataset": "demo"}


@pytest.fixture
def training(workspace: Workspace) -> Job:
    """Return a finished training, whose model scores better than copying."""
    config = TrainingConfig(dataset="demo", output="mine")
    folder = workspace.model("mine")
    folder.mkdir()
    write_json(folder / CONFIG, config.model_dump(mode="json"))
    write_json(folder / RUN, {"run": "digest", "phase": "finished"})
    return finish(workspace, "training", config, folder, make_report())


def finish(workspace: Workspace, kind: str, config: Any, folder: Path, report: Report) -> Job:
    """Write a job that succeeded, with the report in its folder."""
    write_report(folder, report)
    job = JobStore(workspace).create(kind, config)
    result = {"folder": workspace.portable(folder), "table": report.table_rows()}
    outcome = Outcome(attempt=1, status="succeeded", ended=job.created, result=result)
    write_json(workspace.jobs / job.id / OUTCOME, outcome.model_dump(mode="json"))
    state = JobState(state=State.SUCCEEDED, attempts=1, started=job.created, ended=job.created)
    write_json(workspace.jobs / job.id / STATE, state.model_dump(mode="json"))
    return job


def finish_evaluation(workspace: Workspace, name: str, report: Report, **values: Any) -> Job:
    folder = workspace.evaluations / name
    folder.mkdir()
    config = EvaluationConfig.model_validate({**EVALUATION, **values})
    write_json(folder / EVALUATION_CONFIG, config.model_dump(mode="json"))
    return finish(workspace, "evaluation", config, folder, report)


def verdict_of(client: FlaskClient, job: Job) -> Any:
    return client.get(f"/api/jobs/{job.id}").get_json()["verdict"]


def test_a_job_has_the_verdict_of_its_model(client: FlaskClient, training: Job) -> None:
    verdict = verdict_of(client, training)
    assert (verdict["level"], verdict["metric"]) == ("better", "test ROUGE-L")
    assert client.get("/api/models/mine").get_json()["verdict"] == verdict
    assert [job["verdict"] for job in client.get("/api/jobs").get_json()["jobs"]] == [None]


def test_the_control_is_offered_watched_and_used(
    client: FlaskClient, workspace: Workspace, training: Job, dataset: Path
) -> None:
    offered = verdict_of(client, training)["control"]
    assert offered["job_id"] is None
    queued = JobStore(workspace).create("evaluation", EvaluationConfig.model_validate(offered["request"]))
    assert verdict_of(client, training)["control"]["job_id"] == queued.id
    control = finish_evaluation(workspace, "control", make_report(LOWER), **offered["request"])
    verdict = verdict_of(client, training)
    assert (verdict["level"], verdict["control"]) == ("reads", None)
    assert verdict_of(client, control)["sentence"] == verdict["sentence"]


def test_blank_pages_without_a_counterpart_are_a_control(client: FlaskClient, workspace: Workspace) -> None:
    control = finish_evaluation(workspace, "control", make_report(LOWER), blank_pages=True)
    assert verdict_of(client, control)["level"] == "control"


def test_another_result_in_the_folder_is_not_taken_for_the_job_s(
    client: FlaskClient, workspace: Workspace, training: Job
) -> None:
    write_report(workspace.model("mine"), make_report(HIGHER))
    verdict = verdict_of(client, training)
    assert (verdict["level"], verdict["bars"]) == ("unknown", [])
    assert "Another job has written to this folder since" in verdict["sentence"]


@pytest.mark.parametrize(("name", "content"), [("report.json", "{"), (CONFIG, '{"max_length": "long"}')])
def test_a_damaged_file_is_said_in_the_verdict(
    client: FlaskClient, workspace: Workspace, training: Job, name: str, content: str
) -> None:
    (workspace.model("mine") / name).write_text(content)
    verdict = verdict_of(client, training)
    assert verdict["level"] == "unknown"
    assert name in verdict["sentence"] or "max_length" in verdict["sentence"]


def test_a_deleted_model_has_no_verdict(client: FlaskClient, workspace: Workspace, training: Job) -> None:
    (workspace.model("mine") / "report.json").unlink()
    assert verdict_of(client, training) is None
    assert client.get("/api/models/mine").get_json()["verdict"] is None


def test_the_terminal_shows_the_verdict_and_the_command_of_the_control(
    workspace: Workspace, training: Job, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["jobs", "show", training.id, "--workspace", str(workspace.root)]) == 0
    printed = capsys.readouterr().out
    assert "test ROUGE-L: Better than copying the first sentence: 60.0 against 30.0." in printed
    assert "deepsynth evaluate --model mine --dataset demo --split test --set=max_length=512 " in printed
    assert "--set=blank_pages=true\n" in printed
