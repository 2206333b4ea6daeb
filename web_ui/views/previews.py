"""Previews of a source, of a planned dataset and of a finished dataset. They write nothing."""

from flask import Blueprint

from data.dataset.manifest import read_manifest
from web_ui.api import preview_schemas
from web_ui.api.endpoint import Operation, endpoint
from web_ui.api.previews import PreviewTask, run_preview
from web_ui.api.schemas import JsonObject
from web_ui.api.service import current_service
from web_ui.catalog.readings import readings_of
from web_ui.server.security import refuse_cross_site

previews = Blueprint("previews", __name__)


@endpoint(
    previews,
    "POST",
    "/api/dataset/preview",
    Operation(body=preview_schemas.PreviewRequest, answer=preview_schemas.Preview, errors=(503,)),
)
def preview_dataset(body: preview_schemas.PreviewRequest) -> JsonObject:
    """Render some documents as the dataset would contain them, with their token counts."""
    return run_preview(PreviewTask.model_validate(body.model_dump()), current_service().workspace)


@endpoint(
    previews,
    "POST",
    "/api/dataset/inspect",
    Operation(body=preview_schemas.InspectRequest, answer=preview_schemas.Inspection),
)
def inspect_source(body: preview_schemas.InspectRequest) -> JsonObject:
    """Show the splits, columns and first rows of a source, and suggest the columns to use."""
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
    """Report how much the pages of a finished dataset compress its texts, and how tesseract and models read
    them."""
    refuse_cross_site()  # minutes of work, which an <img> on any page could request
    workspace = current_service().workspace
    read_manifest(workspace.dataset(name))
    task = PreviewTask(
        dataset=name,
        num_documents=query.num_documents,
        legibility=query.num_documents > 0,
        language=query.language,
    )
    readings = [reading.model_dump() for reading in readings_of(name, workspace)]
    return {**run_preview(task, workspace), "readings": readings}
