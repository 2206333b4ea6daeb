"""From a checked configuration to a queued job, with a key that makes a repeated request the same job."""

import re
from collections.abc import Callable
from typing import TypeVar

from flask import Response, g, jsonify, request, url_for
from pydantic import BaseModel
from werkzeug.exceptions import TooManyRequests

from data.config import Config
from data.errors import InvalidInput
from data.store.workspace import Workspace
from web_ui.api import schemas
from web_ui.api.endpoint import Operation
from web_ui.api.schemas import JsonObject
from web_ui.api.service import Service, current_service
from web_ui.jobs.job import Job

AnyConfig = TypeVar("AnyConfig", bound=Config)
IDEMPOTENCY_KEY = "Idempotency-Key"
LINKS = {
    "self": "/api/jobs/{}",
    "page": "/jobs/{}",
    "events": "/api/jobs/{}/events",
    "log": "/api/jobs/{}/log",
    "artifacts": "/api/jobs/{}/artifacts",
    "metrics": "/api/metrics/{}",
    "preview": "/api/jobs/{}/preview.png",
}
KEY_RULE = "1-128 visible ASCII characters"
KEY_PATTERN = re.compile(r"[!-~]{1,128}")
JOB_HEADERS = {
    IDEMPOTENCY_KEY: f"{KEY_RULE}; repeating a request with its key gets the same job, not a second one"
}


def job_operation(body: type[BaseModel], build: Callable[[JsonObject], BaseModel] | None = None) -> Operation:
    """Describe an operation that takes a configuration and answers with the job that it queued."""
    return Operation(body, build, answer=schemas.Job, status=202, headers=JOB_HEADERS)


def submit_job(kind: str, config: AnyConfig, check: Callable[[AnyConfig, Workspace], None]) -> Response:
    """Queue a job that passes `check` and answer 202 with it and its address.

    A repeated request gets its earlier job whatever has changed since: the limit, the workspace, what the job
    itself has made.
    """
    service, key = current_service(), _idempotency_key()
    job = service.jobs.find(kind, config, key) if key else None
    if job is None:
        _check_limit(service)
        check(config, service.workspace)
        job = service.jobs.create(kind, config, key)
    g.job_id = job.id
    response = jsonify(job_answer(job))
    response.status_code = 202
    response.location = url_for("jobs.get_job", job_id=job.id)
    return response


def job_answer(job: Job) -> JsonObject:
    """Return a job as the API shows it: itself, and where its parts are."""
    root = request.script_root
    return {**job.as_dict(), "links": {name: root + link.format(job.id) for name, link in LINKS.items()}}


def _idempotency_key() -> str | None:
    key = request.headers.get(IDEMPOTENCY_KEY)
    if key is not None and not KEY_PATTERN.fullmatch(key):
        raise InvalidInput(
            f"The header {IDEMPOTENCY_KEY} must be {KEY_RULE}.",
            fields={IDEMPOTENCY_KEY: f"must be {KEY_RULE}"},
        )
    return key


def _check_limit(service: Service) -> None:
    unfinished = len(service.jobs.unfinished())
    if unfinished >= service.settings.max_unfinished_jobs:
        raise TooManyRequests(
            f"{unfinished} jobs are waiting, paused or running; DEEPSYNTH_MAX_UNFINISHED_JOBS allows no "
            "more. Let some end, or cancel them."
        )
