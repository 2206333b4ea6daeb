"""Create a job of a checked configuration. A request that repeats an idempotency key gets the same job."""

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from pkgutil import resolve_name

from flask import Blueprint, Response, g, make_response, request, url_for
from pydantic import BaseModel
from werkzeug.exceptions import TooManyRequests

from data.config import Config
from data.errors import Conflict, InvalidInput, NotFound, UnknownName
from web_ui.api import schemas
from web_ui.api.checks import Planned
from web_ui.api.endpoint import Header, Operation, endpoint
from web_ui.api.schemas import JsonObject
from web_ui.api.service import Service, current_service
from web_ui.api.verdict_schemas import ModelVerdict
from web_ui.jobs.expected_start import QueuePosition, read_queue
from web_ui.jobs.job import Job, State
from web_ui.jobs.peers import count_processes
from web_ui.jobs.stages import STAGES, JobEndpoint, Stage
from web_ui.jobs.waiting import awaited_jobs

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
    return Operation(
        body=body,
        build=build,
        query=schemas.SubmitQuery,
        answer=schemas.JobAnswer,
        status=202,
        headers=JOB_HEADERS,
    )


def serve_jobs(blueprint: Blueprint, prefix: str) -> None:
    """Serve the endpoint of each kind of job whose address begins with `prefix`."""
    for kind, stage in STAGES.items():
        if stage.endpoint and stage.endpoint.address.startswith(prefix):
            _serve_kind(blueprint, kind, stage, stage.endpoint)


def _serve_kind(blueprint: Blueprint, kind: str, stage: Stage, address: JobEndpoint) -> None:
    def submit(body: Config, query: schemas.SubmitQuery) -> Response:
        return submit_job(kind, body, query.ids)

    submit.__name__, submit.__doc__ = address.operation, address.summary
    build = resolve_name(stage.build) if stage.build else None
    operation = job_operation(resolve_name(stage.config), build)
    endpoint(blueprint, "POST", address.address, operation)(submit)


def submit_job(kind: str, config: Config, after: tuple[str, ...] = ()) -> Response:
    """Queue a job that passes the check of its kind, and answer 202 with the job and its address.

    Args:
        after: ids of the jobs that must have succeeded before this one starts.

    A request that repeats an idempotency key gets the earlier job, even if the limit, the workspace or the
    job's output would refuse a new one.
    """
    service = current_service()
    job = queue_job(service, kind, config, after, _idempotency_key())
    g.job_id = job.id
    location = url_for("jobs.get_job", job_id=job.id)
    position = read_queue(service.jobs).get(job.id)
    return make_response(job_answer(job, position=position), 202, {"Location": location})


def queue_job(
    service: Service, kind: str, config: Config, after: tuple[str, ...] = (), key: str | None = None
) -> Job:
    """Create a job that passes the check of its kind, or return the earlier one of the idempotency key."""
    job = service.jobs.find(kind, config, key, after) if key else None
    if job is None:
        require_room(service)
        planned = _planned_folders(service, after)
        _require_devices(service, STAGES[kind], config)
        check = STAGES[kind].check
        if check:
            resolve_name(check)(config, service.workspace, planned)
        job = service.jobs.create(kind, config, key, after)
    return job


def _require_devices(service: Service, stage: Stage, config: Config) -> None:
    """Refuse a job that needs more devices than the runner of its role has, if one is alive. Raises
    InvalidInput."""
    status = service.jobs.runner_status(stage.role)
    if stage.shares_devices and status.alive:
        count_processes(config.num_gpus, status.num_slots)  # type: ignore[attr-defined]


def _planned_folders(service: Service, after: tuple[str, ...]) -> Planned:
    """Return the datasets and models that jobs are still to make. Raises UnknownName or Conflict for a job
    that cannot be waited for."""
    planned: dict[tuple[str, object], JsonObject] = {}
    for job_id in after:
        try:
            job = service.jobs.get(job_id)
        except NotFound as error:
            raise UnknownName(error.message, hint=error.hint, fields={"after": "no such job"}) from error
        if job.state == State.CANCELLED or (job.state == State.FAILED and job.desired is None):
            raise Conflict(
                f"{job.title} (job {job_id}) has ended ({job.state}), so no job can wait for it.",
                hint="Resume or run that job again first.",
                fields={"after": f"has ended ({job.state})"},
            )
        if job.made_folder and job.state != State.SUCCEEDED:
            planned[job.made_folder] = job.config
    return planned


def job_answer(
    job: Job, verdict: ModelVerdict | None = None, position: QueuePosition | None = None
) -> JsonObject:
    """Return the JSON form of a job with the addresses of its parts (`schemas.JobAnswer`)."""
    root = request.script_root
    links = {name: root + link.format(job.id) for name, link in LINKS.items()}
    waits_for = _answer_awaited(job) if job.state == State.QUEUED else []
    return {
        **job.as_dict(),
        "links": links,
        "waits_for": waits_for,
        "queue": asdict(position) if position else None,
        "verdict": verdict,
    }


def _answer_awaited(job: Job) -> list[JsonObject]:
    named: dict[str, Job] = {}
    for job_id in job.after:
        with suppress(NotFound):  # deleted
            named[job_id] = current_service().jobs.get(job_id)
    return [
        {"id": each.id, "title": each.title, "state": each.state, "progress": each.progress}
        for each in awaited_jobs(job, named)
    ]


def _idempotency_key() -> str | None:
    key = request.headers.get(IDEMPOTENCY_KEY)
    if key is not None and not KEY_PATTERN.fullmatch(key):
        raise InvalidInput(
            f"The header {IDEMPOTENCY_KEY} must be {KEY_RULE}.",
            fields={IDEMPOTENCY_KEY: f"must be {KEY_RULE}"},
        )
    return key


def require_room(service: Service, num_jobs: int = 1) -> None:
    """Refuse more jobs than the limit allows. Raises TooManyRequests."""
    unfinished = len(service.jobs.unfinished())
    if num_jobs and unfinished + num_jobs > service.settings.max_unfinished_jobs:
        raise TooManyRequests(
            f"{unfinished} jobs are waiting, paused or running; DEEPSYNTH_MAX_UNFINISHED_JOBS allows no "
            "more. Let some end, or cancel them."
        )
