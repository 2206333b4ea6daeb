"""Looks at a source's rows and columns, at the first pages of a dataset to be made, and at a finished
dataset. Nothing is written."""

from flask import Blueprint

from data.dataset.manifest import read_manifest
from web_ui.api import preview_schemas
from web_ui.api.endpoint import Operation, endpoint
from web_ui.api.previews import PreviewTask, run_preview
from web_ui.api.schemas import JsonObject
from web_ui.api.service import current_service
from web_ui.server.security import refuse_cross_site

previews = Blueprint("previews", __name__)


@endpoint(
    previews,
    "POST",
    "/api/dataset/preview",
    Operation(preview_schemas.PreviewRequest, answer=preview_schemas.Preview, errors=(503,)),
)
def preview_dataset(body: preview_schemas.PreviewRequest) -> JsonObject:
    """Draw some documents as a dataset would hold them, with their token counts."""
    return run_preview(PreviewTask.model_validate(body.model_dump()), current_service().workspace)


@endpoint(
    previews,
    "POST",
    "/api/dataset/inspect",
    Operation(preview_schemas.InspectRequest, answer=preview_schemas.Inspection),
)
def inspect_source(body: preview_schemas.InspectRequest) -> JsonObject:
    """Show a source's splits, columns and first rows, and which columns are likely to be meant."""
    return run_preview(PreviewTask(source=body.source), current_service().workspace)


@endpoint(
    previews,
    "GET",
    "/api/datasets/<name>/report",
    Operation(
        query=preview_schemas.ReportQuery, answer=preview_schemas.DatasetReport, errors=(409, 429, 503, 507)
    ),
)
def report_on_dataset(name: str, query: preview_schemas.ReportQuery) -> JsonObject:
    """Report on a finished dataset: compression of all pages, and legibility of some, read with tesseract."""
    refuse_cross_site()  # it costs minutes of work, and an <img> on any page could ask for it
    workspace = current_service().workspace
    read_manifest(workspace.dataset(name))
    task = PreviewTask(
        dataset=name,
        num_documents=query.num_documents,
        legibility=query.num_documents > 0,
        language=query.language,
    )
    return run_preview(task, workspace)
