"""Jobs: list, show, follow, pause, resume, cancel, delete."""

from typing import Any

from flask import Blueprint, Response

from data.store.events import EventSlice
from web_ui.api import schemas
from web_ui.api.endpoint import Operation, endpoint
from web_ui.api.rerun import rerun_config
from web_ui.api.service import current_service
from web_ui.api.submission import job_answer, submit_job
from web_ui.catalog.verdicts import job_verdict
from web_ui.jobs.expected_start import is_waiting, read_queue
from web_ui.jobs.snapshot import LogSlice

jobs = Blueprint("jobs", __name__)


@endpoint(jobs, "GET", "/api/jobs", Operation(query=schemas.JobsQuery, answer=schemas.JobList))
def list_jobs(query: schemas.JobsQuery) -> dict[str, Any]:
    """List jobs, newest first."""
    store = current_service().jobs
    page, total = store.list(query.kind, query.state, query.offset, query.limit, query.search)
    queue = read_queue(store) if any(map(is_waiting, page)) else {}
    return {
        "jobs": [job_answer(job, position=queue.get(job.id)) for job in page],
        "total": total,
        "offset": query.offset,
        "limit": query.limit,
    }


@endpoint(jobs, "GET", "/api/jobs/<job_id>", Operation(answer=schemas.JobAnswer))
def get_job(job_id: str) -> dict[str, Any]:
    """Show one job."""
    service = current_service()
    job = service.jobs.get(job_id)
    queue = read_queue(service.jobs) if is_waiting(job) else {}
    return job_answer(job, job_verdict(job, service.workspace, service.jobs), queue.get(job_id))


@endpoint(jobs, "GET", "/api/jobs/<job_id>/events", Operation(query=schemas.OffsetQuery, answer=EventSlice))
def get_events(job_id: str, query: schemas.OffsetQuery) -> EventSlice:
    """Read the events of a job from a byte offset on."""
    return current_service().jobs.events(job_id, query.offset)


@endpoint(jobs, "GET", "/api/jobs/<job_id>/log", Operation(query=schemas.LogQuery, answer=LogSlice))
def get_log(job_id: str, query: schemas.LogQuery) -> LogSlice:
    """Read the log of a job from a byte offset on, or its end."""
    return current_service().jobs.log(job_id, query.offset)


@endpoint(jobs, "POST", "/api/jobs/<job_id>/pause", Operation(answer=schemas.JobAnswer))
def pause_job(job_id: str) -> dict[str, Any]:
    """Pause a job: it saves and stops."""
    return job_answer(current_service().jobs.request_pause(job_id))


@endpoint(jobs, "POST", "/api/jobs/<job_id>/resume", Operation(answer=schemas.JobAnswer))
def resume_job(job_id: str) -> dict[str, Any]:
    """Resume a paused, interrupted or failed job from its last save."""
    return job_answer(current_service().jobs.request_resume(job_id))


@endpoint(jobs, "POST", "/api/jobs/<job_id>/cancel", Operation(answer=schemas.JobAnswer))
def cancel_job(job_id: str) -> dict[str, Any]:
    """Cancel a job: it stops and cannot be resumed."""
    return job_answer(current_service().jobs.request_cancel(job_id))


@endpoint(jobs, "POST", "/api/jobs/<job_id>/first", Operation(answer=schemas.JobAnswer))
def move_job_to_front(job_id: str) -> dict[str, Any]:
    """Let a waiting job start before the others that wait for the same runner."""
    return job_answer(current_service().jobs.move_to_front(job_id))


@endpoint(
    jobs, "POST", "/api/jobs/<job_id>/again", Operation(answer=schemas.JobAnswer, status=202, errors=(507,))
)
def run_again(job_id: str) -> Response:
    """Queue a job with the settings of one that has ended, and an output of its own."""
    service = current_service()
    job = service.jobs.get(job_id)
    return submit_job(job.kind, rerun_config(job, service))


@endpoint(jobs, "DELETE", "/api/jobs/<job_id>", Operation(status=204))
def delete_job(job_id: str) -> Response:
    """Delete a job that does not run; the dataset or model that it made stays."""
    current_service().jobs.delete(job_id)
    return Response(status=204)
