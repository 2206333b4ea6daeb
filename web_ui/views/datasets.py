"""The datasets in the workspace with their pages, and the jobs that make datasets."""

import hashlib
from typing import Any

from flask import Blueprint, Response, make_response, request
from werkzeug.wrappers import Response as WerkzeugResponse

from data.errors import NotFound
from web_ui.api import schemas
from web_ui.api.endpoint import Operation, endpoint
from web_ui.api.service import current_service
from web_ui.api.submission import serve_jobs
from web_ui.catalog.datasets import dataset_details, dataset_summary
from web_ui.catalog.deletion import delete_dataset

datasets = Blueprint("datasets", __name__)


serve_jobs(datasets, "/api/dataset/")


@endpoint(datasets, "GET", "/api/datasets", Operation(answer=schemas.DatasetList))
def list_datasets() -> dict[str, Any]:
    """List the datasets in the workspace, finished or not."""
    folders = sorted(current_service().workspace.datasets.iterdir())
    return {"datasets": [summary for folder in folders if (summary := dataset_summary(folder))]}


@endpoint(datasets, "GET", "/api/datasets/<name>", Operation(answer=schemas.Dataset))
def get_dataset(name: str) -> schemas.Dataset:
    """Show one dataset's manifest."""
    return dataset_details(current_service().workspace.dataset(name))


@endpoint(datasets, "DELETE", "/api/datasets/<name>", Operation(status=204, errors=(409, 507)))
def remove_dataset(name: str) -> Response:
    """Delete a dataset that no job needs; its copy on the Hub and the models trained on it stay."""
    service = current_service()
    delete_dataset(name, service.workspace, service.jobs)
    return Response(status=204)


@endpoint(
    datasets,
    "GET",
    "/api/datasets/<name>/pages/<split>/<int:row>/<int:page>.png",
    Operation(media="image/png"),
)
def get_page(name: str, split: str, row: int, page: int) -> WerkzeugResponse:
    """Show one page of one sample; rows count from 0 within the split, pages from 1."""
    from data.dataset.shards import read_samples  # noqa: PLC0415  (serving the web pages does not need pyarrow)

    sample = next(read_samples(current_service().workspace.dataset(name), split, row, row + 1), None)
    if sample is None or not 1 <= page <= len(sample.pages):
        raise NotFound(f"The split {split!r} of {name!r} has no page {page} in row {row}.")
    response = make_response(sample.pages[page - 1].png)
    response.mimetype = "image/png"
    response.set_etag(hashlib.sha256(response.get_data()).hexdigest())
    response.headers["Cache-Control"] = (
        "private, no-cache"  # a new dataset with the same name has the same addresses
    )
    return response.make_conditional(request)
