"""Looks at what a dataset would be, before any job: a source's rows and columns, and its first pages. Nothing is written."""

from flask import Blueprint

from web_ui import schemas
from web_ui.endpoint import Operation, endpoint
from web_ui.looking import Look, look
from web_ui.service import current_service

looks = Blueprint("looks", __name__)


@endpoint(looks, "POST", "/api/dataset/preview", Operation(schemas.PreviewRequest, answer=schemas.Preview))
def preview_dataset(body: schemas.PreviewRequest) -> schemas.JsonObject:
    """Draw some documents as a dataset would hold them, with their token counts."""
    return look(Look.model_validate(body.model_dump()), current_service().workspace)


@endpoint(looks, "POST", "/api/dataset/inspect", Operation(schemas.InspectRequest, answer=schemas.Inspection))
def inspect_source(body: schemas.InspectRequest) -> schemas.JsonObject:
    """Show a source's splits, columns and first rows, and which columns are likely to be meant."""
    return look(Look(source=body.source), current_service().workspace)
