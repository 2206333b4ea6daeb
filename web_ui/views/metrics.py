"""The metrics of a training, and the metrics of the service for Prometheus."""

from flask import Blueprint, Response

from data.errors import NotFound
from evaluation.training_metrics import MetricsFiles, read_metrics
from web_ui.api.endpoint import Operation, endpoint
from web_ui.api.service import current_service
from web_ui.monitor.prometheus import CONTENT_TYPE, exposition

metrics = Blueprint("metrics", __name__)


@endpoint(metrics, "GET", "/api/metrics/<job_id>", Operation(answer=MetricsFiles))
def get_metrics(job_id: str) -> MetricsFiles:
    """Show the latest metrics of a training and their history."""
    service = current_service()
    job = service.jobs.get(job_id)
    if job.kind != "training":
        raise NotFound(f"Job {job_id} is a {job.kind} job; only trainings have metrics.")
    return read_metrics(service.workspace.model(job.configured_name("output")))


@endpoint(metrics, "GET", "/metrics", Operation(media=CONTENT_TYPE))
def get_prometheus() -> Response:
    """Show jobs, rates, memory and disk in the text format of Prometheus."""
    return Response(exposition(current_service()), content_type=CONTENT_TYPE)
