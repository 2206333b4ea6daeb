"""The service, its machine and the runners of both roles; the forms; the OpenAPI document."""

from time import monotonic
from typing import Any

from flask import Blueprint, current_app

from data.errors import NotFound
from web_ui.api import schemas
from web_ui.api.endpoint import Operation, endpoint
from web_ui.api.forms import FORMS, form_fields
from web_ui.api.openapi import openapi_document
from web_ui.api.service import current_service
from web_ui.jobs.stages import STAGES
from web_ui.monitor import machine
from web_ui.monitor.endings import latest_endings
from web_ui.monitor.runners import runners

system = Blueprint("system", __name__)


@endpoint(system, "GET", "/api/system", Operation(answer=schemas.System))
def get_system() -> schemas.System:
    """Show role, version, load, memory, disk, GPUs and runners."""
    service = current_service()
    settings, jobs = service.settings, service.jobs.all()
    return schemas.System(
        role=settings.role,
        version=service.version,
        workspace=str(service.workspace.root),
        uptime_s=monotonic() - service.started_s,
        cpu=machine.cpu(),
        memory=machine.memory(),
        disk=machine.disk(service.workspace.root),
        gpus=machine.gpus(),
        runners=runners(service, jobs),
        endings=latest_endings(jobs),
        has_hub_token=settings.hub_token is not None,
        hub_username=settings.hub_username,
    )


@endpoint(system, "GET", "/api/openapi.json", Operation(answer=schemas.OpenApi))
def get_openapi() -> dict[str, Any]:
    """Return the OpenAPI document of this API."""
    return openapi_document(current_app, current_service().version)


@endpoint(system, "GET", "/api/forms/<name>", Operation(answer=schemas.Form))
def get_form(name: str) -> dict[str, Any]:
    """List the fields of the configuration of a kind of job, as a form shows them."""
    if name not in FORMS:
        raise NotFound(f"There is no form {name!r}.", hint=f"Forms are {', '.join(FORMS)}.")
    stage = STAGES[name]
    return {
        "fields": form_fields(name),
        "address": stage.endpoint.address if stage.endpoint else None,
        "output_setting": stage.output_setting,
    }
