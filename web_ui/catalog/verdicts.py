"""Verdicts on trained models as the API shows them: as the files say now, since a control may come later."""

from dataclasses import fields
from pathlib import Path
from typing import Any

from data.errors import InvalidInput, NotFound, StorageError, UnsafePath
from data.store.workspace import Workspace
from evaluation.report import read_report
from evaluation.verdicts.verdict import Verdict, unreadable
from training.options.assessment import Assessment, assess
from web_ui.api.verdict_schemas import Control, ModelVerdict
from web_ui.catalog.outputs import job_output
from web_ui.jobs.job import Job, State
from web_ui.jobs.stages import STAGES
from web_ui.jobs.store import JobStore


def job_verdict(job: Job, workspace: Workspace, jobs: JobStore) -> ModelVerdict | None:
    """Return the verdict on the model that a job scored; None: it scored none, or its files are gone."""
    stage = STAGES.get(job.kind)
    if stage is None or not stage.scores or job.state != State.SUCCEEDED or not job.result:
        return None
    try:
        folder = job_output(job, workspace)
        if job.result.get("table") != read_report(folder).table_rows():
            return _answer(unreadable("Another job has written to this folder since; its scores stand here."))
    except (NotFound, UnsafePath):
        return None
    except StorageError as error:
        return _answer(unreadable(error.message))
    return model_verdict(folder, workspace, jobs)


def model_verdict(folder: Path, workspace: Workspace, jobs: JobStore) -> ModelVerdict | None:
    """Return the verdict on the report in a folder; None: it holds none."""
    try:
        assessment = assess(folder, workspace)
    except (StorageError, InvalidInput) as error:
        return _answer(unreadable(error.message))
    if assessment is None:
        return None
    return _answer(assessment.verdict, _control(assessment, jobs))


def _control(assessment: Assessment, jobs: JobStore) -> Control | None:
    if assessment.control is None:
        return None
    wanted = _without_output(assessment.control.model_dump(mode="json"))
    making = (
        job.id
        for job in jobs.unfinished()
        if job.kind == "evaluation" and _without_output(job.config) == wanted
    )
    return Control(request=assessment.control_request, job_id=next(making, None))


def _without_output(config: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in config.items() if name != "output"}


def _answer(verdict: Verdict, control: Control | None = None) -> ModelVerdict:
    values = {field.name: getattr(verdict, field.name) for field in fields(verdict)}
    return ModelVerdict(**values, control=control)
