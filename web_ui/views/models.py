"""The trainings in the workspace, and the models that a training can start from."""

from typing import Any

from flask import Blueprint, Response

from web_ui.api import schemas
from web_ui.api.endpoint import Operation, endpoint
from web_ui.api.service import current_service
from web_ui.catalog.deletion import delete_model
from web_ui.catalog.models import BASES, model_details, model_summary
from web_ui.catalog.verdicts import model_verdict

models = Blueprint("models", __name__)


@endpoint(models, "GET", "/api/models", Operation(answer=schemas.ModelList))
def list_models() -> dict[str, Any]:
    """List the trainings in the workspace, and the models that a training can start from."""
    workspace = current_service().workspace
    folders = sorted(
        folder for folder in workspace.models.iterdir() if folder.is_dir() and not folder.name.startswith(".")
    )
    return {"models": [model_summary(folder, workspace) for folder in folders], "bases": BASES}


@endpoint(models, "GET", "/api/models/<name>", Operation(answer=schemas.Model))
def get_model(name: str) -> schemas.Model:
    """Show one training's settings, metrics, report, verdict and checkpoints."""
    service = current_service()
    folder = service.workspace.model(name)
    return model_details(folder, model_verdict(folder, service.workspace, service.jobs))


@endpoint(models, "DELETE", "/api/models/<name>", Operation(status=204, errors=(409, 507)))
def remove_model(name: str) -> Response:
    """Delete a training that no job needs, with its checkpoints; its copy on the Hub stays."""
    service = current_service()
    delete_model(name, service.workspace, service.jobs)
    return Response(status=204)
