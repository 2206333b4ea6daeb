"""Answers for all errors, in one form: {"error": {"code", "message", "hint", "fields"}}. A browser that asks
for a page that is not there gets a page."""

from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any

from flask import Flask, Response, g, jsonify, make_response, request
from gunicorn.http.errors import ParseException
from werkzeug.exceptions import BadRequest, HTTPException

from data.errors import DeepSynthError, cause
from data.store.files import storage_error
from web_ui.api.chat_answers import CHAT_PREFIX, error_body
from web_ui.server.logs import LOGGER
from web_ui.server.security import wants_page
from web_ui.views.pages import render_missing

HINTS: Mapping[int, tuple[str, str]] = {
    400: ("bad_request", "Send one JSON object, in UTF-8."),
    401: (
        "unauthorized",
        "Log in at /login, or send the header 'Authorization: Bearer <DEEPSYNTH_API_TOKEN>'.",
    ),
    403: ("forbidden", "Use the page that this service itself serves, or a client without an Origin header."),
    404: ("not_found", "GET /api/openapi.json lists every address."),
    405: ("method_not_allowed", "GET /api/openapi.json lists the methods of every address."),
    413: ("too_large", "Send less: at most 1 MiB in a JSON body, DEEPSYNTH_MAX_UPLOAD_BYTES in an upload."),
    415: (
        "unsupported_media_type",
        "Send 'Content-Type: application/json' (uploads: application/octet-stream).",
    ),
    421: (
        "unknown_host",
        "Use localhost or 127.0.0.1 with the service's port, or add the name to DEEPSYNTH_ALLOWED_HOSTS.",
    ),
    429: (
        "too_many_requests",
        "Wait for the seconds of the Retry-After header, if there is one, then try again.",
    ),
}


def register_error_handlers(app: Flask) -> None:
    """Answer every exception that a request raises: the last handler of a request."""
    app.register_error_handler(DeepSynthError, _answer_known)
    app.register_error_handler(HTTPException, _answer_http)
    app.register_error_handler(ParseException, _answer_malformed)
    app.register_error_handler(OSError, _answer_disk)
    app.register_error_handler(Exception, _answer_unknown)


def _answer_known(error: DeepSynthError) -> Response:
    if (
        error.http_status >= 500
    ):  # below that the message may quote what a user typed, and the request's own line says enough
        LOGGER.error(error.message, extra={"values": {"code": error.code, "request_id": g.get("request_id")}})
    response = _answer(error.http_status, error.as_dict())
    if retry_after_s := getattr(error, "retry_after_s", None):
        response.headers["Retry-After"] = str(retry_after_s)
    return response


def _answer_http(error: HTTPException) -> Response:
    status = error.code or 500
    code, hint = HINTS.get(status, ("http_error", ""))
    message = f"There is nothing at {request.path}." if status == 404 else error.description or error.name
    response = _answer(status, {"code": code, "message": message, "hint": hint, "fields": {}})
    for name, value in error.get_headers():
        if name in ("Allow", "Retry-After"):
            response.headers[name] = value
    return response


def _answer_as_openai(status: int, error: Mapping[str, Any]) -> Response:
    """Answer in the shape that OpenAI's clients read: their word for 422 is 400."""
    status = HTTPStatus.BAD_REQUEST if status == HTTPStatus.UNPROCESSABLE_ENTITY else status
    response = jsonify({"error": error_body(error, status)})
    response.status_code = status
    return response


def _answer_malformed(error: ParseException) -> Response:
    """Answer a body that gunicorn cannot parse (invalid chunked encoding)."""
    return _answer_http(BadRequest(f"The body is malformed: {cause(error)}."))


def _answer_disk(error: OSError) -> Response:
    return _answer_known(storage_error(Path(str(error.filename or "The workspace")), error))


def _answer_unknown(error: Exception) -> Response:
    request_id = g.get("request_id", "")
    LOGGER.error(
        "unexpected %s", type(error).__name__, exc_info=error, extra={"values": {"request_id": request_id}}
    )
    message = "An unexpected error occurred in the service."
    return _answer(
        500,
        {
            "code": "internal",
            "message": message,
            "hint": f"The log of the service has the details under {request_id}.",
            "fields": {},
        },
    )


def _answer(status: int, error: Mapping[str, Any]) -> Response:
    if request.path.startswith(CHAT_PREFIX):
        return _answer_as_openai(status, error)
    is_missing_page = status == HTTPStatus.NOT_FOUND and wants_page()
    response = make_response(
        render_missing(str(error["message"])) if is_missing_page else jsonify({"error": error})
    )
    response.status_code = status
    return response
