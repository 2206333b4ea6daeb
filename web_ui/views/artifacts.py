"""The files that a job made, and its latest page image."""

from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from flask import Blueprint, Response, send_file, url_for

from data.errors import NotFound
from data.store.events import EVENTS, last_event
from evaluation.watched_sample import WATCHED_SAMPLE
from training.options.run_folder import FIRST_BATCH, PREDICTIONS, VALIDATION_PREDICTIONS
from web_ui.api import schemas
from web_ui.api.endpoint import Operation, endpoint
from web_ui.api.service import current_service
from web_ui.catalog.outputs import (
    example_page,
    job_output,
    listed_files,
    output_file,
    output_name,
    reported_path,
)

# All other files are sent as bytes: a file made from a model or a source must not run as a page of this site.
SAFE_MEDIA = {
    ".png": "image/png",
    ".json": "application/json",
    ".jsonl": "text/plain",
    ".txt": "text/plain",
    ".md": "text/plain",
}

ROLES: Final = {
    PREDICTIONS: "predictions",
    VALIDATION_PREDICTIONS: "predictions",
    FIRST_BATCH: "first_batch",
    WATCHED_SAMPLE: "watched_sample",
}

artifacts = Blueprint("artifacts", __name__)


@endpoint(artifacts, "GET", "/api/jobs/<job_id>/artifacts", Operation(answer=schemas.ArtifactList))
def list_artifacts(job_id: str) -> dict[str, Any]:
    """List the files that a job made."""
    service = current_service()
    job = service.jobs.get(job_id)
    try:
        output = job_output(job, service.workspace)
    except NotFound:
        return {"artifacts": []}
    documents = []
    for path in listed_files(output):
        with suppress(FileNotFoundError):  # an old checkpoint was removed just now
            name = output_name(output, path)
            role = "predictions" if job.kind == "prediction" else ROLES.get(name)
            documents.append(_answer(job_id, name, path) | {"role": role})
    return {"artifacts": documents}


@endpoint(artifacts, "GET", "/api/jobs/<job_id>/artifacts/<path:path>", Operation(media="*/*"))
def get_artifact(job_id: str, path: str) -> Response:
    """Download one of the files that a job made."""
    service = current_service()
    file = output_file(job_output(service.jobs.get(job_id), service.workspace), path)
    media = SAFE_MEDIA.get(file.suffix, "application/octet-stream")
    return send_file(file, as_attachment=True, mimetype=media, conditional=True)


@endpoint(artifacts, "GET", "/api/jobs/<job_id>/preview.png", Operation(media="image/*"))
def get_preview(job_id: str) -> Response:
    """Show the latest page image of a job."""
    service = current_service()
    event = last_event(service.jobs.folder(job_id) / EVENTS, "preview")
    path = reported_path(event["path"], service.workspace) if event and event.get("path") else None
    if path is None or not path.is_file():
        path = example_page(service.jobs.get(job_id), service.workspace)
    response = send_file(
        path, mimetype="image/svg+xml" if path.suffix == ".svg" else "image/png", conditional=True
    )
    response.headers["Cache-Control"] = "no-cache"
    return response


def _answer(job_id: str, name: str, path: Path) -> dict[str, Any]:
    url = url_for("artifacts.get_artifact", job_id=job_id, path=name)
    return {"path": name, "size_bytes": path.stat().st_size, "url": url}
