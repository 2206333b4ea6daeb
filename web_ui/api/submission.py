"""Create a job of a checked configuration. A request that repeats an idempotency key gets the same job."""

import re
from collections.abc import Callable
from pkgutil import resolve_name

from flask import Blueprint, Response, g, make_response, request, url_for
from pydantic import BaseModel
from werkzeug.exceptions import TooManyRequests

from data.config import Config
from data.errors import InvalidInput
from web_ui.api import schemas
from web_ui.api.endpoint import Header, Operation, endpoint
from web_ui.api.schemas import JsonObject
from web_ui.api.service import Service, current_service
from web_ui.api.verdict_schemas import ModelVerdict
from web_ui.jobs.job import Job
from web_ui.jobs.stages import STAGES, JobEndpoint, Stage

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
    IDEMPOTENCY_KEY: Header(
        f"{KEY_RULE}; a request that repeats a key gets the earlier job, not a second job",
        f"^{KEY_PATTERN.pattern}$",
    )
}


def job_operation(body: type[BaseModel], build: Callable[[JsonObject], BaseModel] | None = None) -> Operation:
    """Return an operation that takes a configuration and answers with the queued job."""
    return Operation(body=body, build=build, answer=schemas.JobAnswer, status=202, headers=JOB_HEADERS)


def serve_jobs(blueprint: Blueprint, prefix: str) -> None:
    """Serve the endpoint of each kind of job whose address begins with `prefix`."""
    for kind, stage in STAGES.items():
        if stage.endpoint and stage.endpoint.address.startswith(prefix):
            _serve_kind(blueprint, kind, stage, stage.endpoint)


def _serve_kind(blueprint: Blueprint, kind: str, stage: Stage, address: JobEndpoint) -> None:
    def submit(body: Config) -> Response:
        return submit_job(kind, body)

    submit.__name__, submit.__doc__ = address.operation, address.summary
    build = resolve_name(stage.build) if stage.build else None
    operation = job_operation(resolve_name(stage.config), build)
    endpoint(blueprint, "POST", address.address, operation)(submit)


def submit_job(kind: str, config: Config) -> Response:
    """Queue a job that passes the check of its kind, and answer 202 with the job and its address.

    A request that repeats an idempotency key gets the earlier job, even if the limit, the workspace or the
    job's output would refuse a new one.
    """
    service, key = current_service(), _idempotency_key()
    job = service.jobs.find(kind, config, key) if key else None
    if job is None:
        _check_limit(service)
        check = STAGES[kind].check
        if check:
            resolve_name(check)(config, service.workspace)
        job = service.jobs.create(kind, config, key)
    g.job_id = job.id
    location = url_for("jobs.get_job", job_id=job.id)
    return make_response(job_answer(job), 202, {"Location": location})


def job_answer(job: Job, verdict: ModelVerdict | None = None) -> JsonObject:
    """Return the JSON form of a job with the addresses of its parts (`schemas.JobAnswer`)."""
    root = request.script_root
    links = {name: root + link.format(job.id) for name, link in LINKS.items()}
    return {**job.as_dict(), "links": links, "verdict": verdict}


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
