"""A study as jobs, without a runner: its requests, and its deletion."""

import pytest

from data.errors import Conflict
from data.store.files import write_json
from data.store.workspace import Workspace
from data.validation import parse_config
from tests.web_ui.studies.test_study_jobs import PLAN
from web_ui.api.service import Service
from web_ui.jobs.job import STATE, JobState, State
from web_ui.jobs.store import JobStore
from web_ui.settings import Settings
from web_ui.studies.plan import StudyConfig
from web_ui.studies.queue import change_study, delete_study, queue_study
from web_ui.studies.record import StudyRecord, study_names


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
