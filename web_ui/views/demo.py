"""The demo by one call: a dataset, and a training that starts after it."""

from typing import Any

from flask import Blueprint

from web_ui.api import schemas
from web_ui.api.demo import queue_demo
from web_ui.api.endpoint import Operation, endpoint
from web_ui.api.service import current_service
from web_ui.api.submission import job_answer

demo = Blueprint("demo", __name__)


@endpoint(
    demo, "POST", "/api/demo", Operation(answer=schemas.DemoAnswer, status=202, errors=(409, 422, 429, 507))
)
def run_demo() -> dict[str, Any]:
    """Queue the demo: a dataset of page images, and the training of a tiny model on it."""
    dataset, training = queue_demo(current_service())
    return {"dataset": job_answer(dataset), "training": job_answer(training)}
