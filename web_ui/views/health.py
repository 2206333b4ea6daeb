"""The health of the service. It needs no token; without the token the answer has no details."""

import os
import shutil
from typing import Any

from flask import Blueprint
from werkzeug.wrappers import Response

from web_ui.api import schemas
from web_ui.api.endpoint import Operation, endpoint
from web_ui.api.service import Service, current_service
from web_ui.monitor.runners import runner_command
from web_ui.server import security

LOW_DISK_BYTES = 1 << 30

health = Blueprint("health", __name__)


@endpoint(health, "GET", "/api/health", Operation(answer=schemas.Health, errors=(503,)))
def get_health() -> Any:
    """Return the health of the service: ok, degraded (disk nearly full, no runner) or failing (503)."""
    service = current_service()
    failures = _failures(service)
    problems = failures or _shortages(service)
    is_authenticated = security.is_authenticated(service.settings)
    answer = schemas.Health(
        status="failing" if failures else "degraded" if problems else "ok",
        role=service.settings.role,
        version=service.version if is_authenticated else None,
        problems=problems if is_authenticated else [],
    )
    return Response(answer.model_dump_json(), 503, mimetype="application/json") if failures else answer


def _failures(service: Service) -> list[str]:
    root = service.workspace.root
    if not os.access(service.workspace.jobs, os.R_OK | os.W_OK | os.X_OK):
        return [f"The workspace {root} cannot be read and written."]
    return []


def _shortages(service: Service) -> list[str]:
    problems = []
    free_bytes = shutil.disk_usage(service.workspace.root).free
    if free_bytes < LOW_DISK_BYTES:
        problems.append(f"Only {free_bytes / (1 << 30):.2f} GB are free in the workspace.")
    role = service.settings.role
    if not service.jobs.runner_status(role).alive:
        problems.append(
            f"No {role} runner is alive, so {role} jobs wait. Start one: "
            f"{runner_command(service.workspace, role)}"
        )
    return problems
