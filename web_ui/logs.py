"""Structured logs: one JSON object a line on standard error, with the job id where there is one, so that grep follows a job.

Only methods, paths and names are logged: never bodies, query strings or headers, which may hold secrets.
"""

import json
import logging
import secrets
import sys
from datetime import UTC, datetime
from time import perf_counter
from typing import Any

from flask import Flask, Response, g, request

LOGGER = logging.getLogger("deepsynth.web")


class JsonLines(logging.Formatter):
    """A record as one line of JSON: time, level, logger, message and what was given as `extra={"values": {...}}`."""

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "values", {}),
        }
        if record.exc_info:
            entry["traceback"] = self.formatException(record.exc_info)
        return json.dumps(entry, ensure_ascii=True, default=str)


def configure_logs(level: int = logging.INFO) -> None:
    """Send everything that is logged under `deepsynth` to standard error as JSON lines. Calling again changes nothing."""
    logger = logging.getLogger("deepsynth")
    if not logger.handlers:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(JsonLines())
        logger.addHandler(handler)
        logger.propagate = False
    logger.setLevel(level)


def follow_requests(app: Flask) -> None:
    """Give every request an id (answered as X-Request-Id) and log how it ended."""
    configure_logs()
    app.before_request(_begin)
    app.after_request(_end)


def _begin() -> None:
    g.request_id = secrets.token_hex(6)
    g.started_s = perf_counter()


def _end(response: Response) -> Response:
    response.headers["X-Request-Id"] = g.request_id
    is_reading = request.method in ("GET", "HEAD") and response.status_code < 400
    LOGGER.log(logging.DEBUG if is_reading else logging.INFO, "request", extra={"values": _request_values(response)})
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
