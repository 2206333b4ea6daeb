"""This service, its machine, and the runners of both roles; and the API's own description."""

from time import monotonic
from typing import Any

from flask import Blueprint, current_app

from web_ui import machine, schemas
from web_ui.endpoint import Operation, endpoint
from web_ui.openapi import openapi_document
from web_ui.runners import runners
from web_ui.service import current_service

system = Blueprint("system", __name__)


@endpoint(system, "GET", "/api/system", Operation(answer=schemas.System))
def get_system() -> schemas.System:
    """Show role, load, memory, disk, GPUs, version and runners."""
    service = current_service()
    settings = service.settings
    return schemas.System(
        role=settings.role,
        version=service.version,
        uptime_s=monotonic() - service.started_s,
        cpu=machine.cpu(),
        memory=machine.memory(),
        disk=machine.disk(service.workspace.root),
        gpus=machine.gpus(),
        runners=runners(service),
        has_hub_token=settings.hub_token is not None,
        hub_username=settings.hub_username,
    )


@endpoint(system, "GET", "/api/openapi.json", Operation(answer=schemas.OpenApi))
def get_openapi() -> dict[str, Any]:
    """Describe this API."""
    return openapi_document(current_app, current_service().version)
