"""One log line per request, with the id that the answer carries.

The log holds methods, paths and names, never bodies, query strings or headers: those may hold secrets.
"""

import logging
import secrets
from time import perf_counter
from typing import Any

from flask import Flask, Response, g, request

from web_ui.server.logs import LOGGER, configure_logs


def log_requests(app: Flask) -> None:
    """Give every request an id (sent back as X-Request-Id) and log its status and duration."""
    configure_logs()
    app.before_request(_start_request)
    app.after_request(_finish_request)


def _start_request() -> None:
    g.request_id = secrets.token_hex(6)
    g.started_s = perf_counter()


def _finish_request(response: Response) -> Response:
    response.headers["X-Request-Id"] = g.request_id
    is_reading = request.method in ("GET", "HEAD") and response.status_code < 400
    LOGGER.log(
        logging.DEBUG if is_reading else logging.INFO, "request", extra={"values": _request_values(response)}
    )
    return response


def _request_values(response: Response) -> dict[str, Any]:
    values = {
        "request_id": g.request_id,
        "method": request.method,
        "path": request.path,
        "status": response.status_code,
        "duration_ms": round((perf_counter() - g.started_s) * 1000, 1),
        "client": request.remote_addr,
    }
    job_id = (request.view_args or {}).get("job_id") or g.get("job_id")
    return values | {"job_id": job_id} if job_id else values
