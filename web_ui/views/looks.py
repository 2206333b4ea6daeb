"""Looks at a source's rows and columns, at the first pages of a dataset to be made, and at a finished dataset. Nothing is written."""

from flask import Blueprint

from web_ui import look_schemas
from web_ui.endpoint import Operation, endpoint
from web_ui.looking import Look, look
from web_ui.schemas import JsonObject
from web_ui.security import refuse_other_sites
from web_ui.service import current_service

looks = Blueprint("looks", __name__)


@endpoint(looks, "POST", "/api/dataset/preview", Operation(look_schemas.PreviewRequest, answer=look_schemas.Preview, errors=(503,)))
def preview_dataset(body: look_schemas.PreviewRequest) -> JsonObject:
    """Draw some documents as a dataset would hold them, with their token counts."""
    return look(Look.model_validate(body.model_dump()), current_service().workspace)


@endpoint(looks, "POST", "/api/dataset/inspect", Operation(look_schemas.InspectRequest, answer=look_schemas.Inspection))
def inspect_source(body: look_schemas.InspectRequest) -> JsonObject:
    """Show a source's splits, columns and first rows, and which columns are likely to be meant."""
    return look(Look(source=body.source), current_service().workspace)


@endpoint(
    looks,
    "GET",
    "/api/datasets/<name>/report",
    Operation(query=look_schemas.ReportQuery, answer=look_schemas.DatasetReport, errors=(409, 429, 503, 507)),
)
def report_on_dataset(name: str, query: look_schemas.ReportQuery) -> JsonObject:
    """Report on a finished dataset: compression of all pages, and legibility of some, read with tesseract."""
    from data.shards import read_manifest  # noqa: PLC0415  (pyarrow is not needed to serve a page of the UI)

    refuse_other_sites()  # it costs minutes of work, and an <img> on any page could ask for it
    workspace = current_service().workspace
    read_manifest(workspace.dataset(name))
    asked = Look(dataset=name, num_documents=query.num_documents, legibility=query.num_documents > 0, language=query.language)
    return look(asked, workspace)
