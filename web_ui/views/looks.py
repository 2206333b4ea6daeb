"""Looks at what a dataset would be, before any job: a source's rows and columns, and its first pages. Nothing is written."""

from typing import Any

from flask import Blueprint

from web_ui import checks, schemas
from web_ui.endpoint import Operation, endpoint
from web_ui.service import current_service

looks = Blueprint("looks", __name__)


@endpoint(looks, "POST", "/api/dataset/preview", Operation(schemas.PreviewRequest, answer=schemas.Preview))
def preview_dataset(body: schemas.PreviewRequest) -> dict[str, Any]:
    """Draw some documents as a dataset would hold them, with their token counts."""
    from data.preview import preview  # noqa: PLC0415  (Skia and pyarrow are not needed to serve a page of the UI)

    workspace = current_service().workspace
    checks.check_source(body.config.source, workspace)
    return preview(body.config, workspace, body.num_documents, body.random_seed).as_dict()


@endpoint(looks, "POST", "/api/dataset/inspect", Operation(schemas.InspectRequest, answer=schemas.Inspection))
def inspect_source(body: schemas.InspectRequest) -> dict[str, Any]:
    """Show a source's splits, columns and first rows, and which columns are likely to be meant."""
    from data.inspect_source import inspect  # noqa: PLC0415

    workspace = current_service().workspace
    checks.check_source(body.source, workspace)
    return inspect(body.source, workspace).as_dict()
