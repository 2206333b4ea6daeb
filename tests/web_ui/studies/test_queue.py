"""A study as jobs, without a runner: its requests, and its deletion."""

from typing import Any

import pytest

from data.errors import Conflict, InvalidInput
from data.store.files import write_json
from data.store.workspace import Workspace
from data.validation import parse_config
from tests.web_ui.studies.test_study_jobs import PLAN
from web_ui.api.service import Service
from web_ui.jobs.job import OUTCOME, STATE, JobState, Outcome, State
from web_ui.jobs.store import JobStore
from web_ui.settings import Settings
from web_ui.studies.plan import StudyConfig
from web_ui.studies.queue import change_study, delete_study, queue_study
from web_ui.studies.record import StudyRecord, study_names
from web_ui.studies.report import study_report


@pytest.fixture
def service(workspace: Workspace) -> Service:
    return Service(settings=Settings(workspace=workspace.root), workspace=workspace, jobs=JobStore(workspace))


@pytest.fixture
def record(service: Service) -> StudyRecord:
    return queue_study(parse_config(StudyConfig, PLAN), service)


def end_all(record: StudyRecord, service: Service, state: State) -> None:
    for job_id in record.jobs.values():
        error = {"code": "internal", "message": "It broke.", "hint": "", "fields": {}}
        ended = JobState(state=state, attempts=1, ended="2026-01-01T00:00:00+00:00", error=error)
        write_json(service.workspace.jobs / job_id / STATE, ended.model_dump(mode="json"))


def test_resume_reaches_failed_jobs_and_the_other_requests_do_not(
    record: StudyRecord, service: Service
) -> None:
    end_all(record, service, State.FAILED)
    assert change_study(record, service, service.jobs.request_pause) == 0
    assert change_study(record, service, service.jobs.request_resume) == 5
    assert {service.jobs.get(job_id).desired for job_id in record.jobs.values()} == {"run"}


def test_a_study_is_deleted_once_its_jobs_have_ended(record: StudyRecord, service: Service) -> None:
    with pytest.raises(Conflict, match="5 jobs of rates have not ended"):
        delete_study(record, service)
    end_all(record, service, State.SUCCEEDED)
    delete_study(record, service)
    assert study_names(service.workspace) == []
    assert len(service.jobs.all()) == 5


def reading_plan(**changes: Any) -> StudyConfig:
    """Return a plan of two datasets, two rates and two seeds, with reading checks."""
    axes = {"dataset.max_samples": [80, 120], "training.learning_rate": [0.001, 0.0001]}
    return parse_config(
        StudyConfig, {**PLAN, "name": "read", "axes": axes, "seeds": [1, 2], "reading_check": True, **changes}
    )


def test_each_dataset_of_a_study_is_read_once_before_the_trainings(service: Service) -> None:
    jobs = queue_study(reading_plan(), service).jobs
    checks = [service.jobs.get(job_id) for key, job_id in jobs.items() if key.startswith("reading_check:")]
    trainings = [service.jobs.get(job_id) for key, job_id in jobs.items() if key.startswith("training:")]
    assert (len(checks), len(trainings)) == (2, 8)
    assert max(job.created for job in checks) < min(job.created for job in trainings)
    for job in checks:
        assert job.config["model"] == "tiny"
        assert job.after == (jobs[f"dataset:{job.config['dataset']}"],)


def test_reading_checks_are_added_to_a_study_that_had_none(service: Service) -> None:
    before = queue_study(reading_plan(reading_check=False), service).jobs
    after = queue_study(reading_plan(), service).jobs
    assert len(after) == len(before) + 2
    assert before.items() <= after.items()


def test_a_cell_shows_what_its_check_found_and_text_readers_have_none(service: Service) -> None:
    axes = {"training.reads": ["pages", "text"]}
    record = queue_study(reading_plan(axes=axes, seeds=[1]), service)
    (job_id,) = [job_id for key, job_id in record.jobs.items() if key.startswith("reading_check:")]
    folder, ended = service.workspace.jobs / job_id, "2026-01-01T00:00:00+00:00"
    outcome = Outcome(attempt=1, status="succeeded", ended=ended, result={"character_error_rate": 0.25})
    write_json(folder / OUTCOME, outcome.model_dump(mode="json"))
    state = JobState(state=State.SUCCEEDED, attempts=1, ended=ended)
    write_json(folder / STATE, state.model_dump(mode="json"))
    rows = study_report(record, service.workspace, service.jobs).cells
    assert [(row.reads, row.character_error_rate) for row in rows] == [("pages", 0.25), ("text", None)]


def test_a_plan_is_refused_whose_model_cannot_read_the_pages(service: Service) -> None:
    axes = {"dataset.rendering.mode": ["base"]}
    with pytest.raises(InvalidInput, match="The cell with mode base cannot run"):
        queue_study(reading_plan(axes=axes), service)
    assert service.jobs.all() == []
