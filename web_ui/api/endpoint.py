"""One API operation: its address, input and answer, declared once for routing, validation and OpenAPI."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, get_origin

from flask import Blueprint, Response, jsonify, request
from pydantic import BaseModel
from werkzeug.exceptions import BadRequest, UnsupportedMediaType
from werkzeug.wrappers import Response as WerkzeugResponse

from data.errors import cause
from data.validation import parse_config

JSON = "application/json"
View = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Header:
    """A request header that an operation reads."""

    description: str
    pattern: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """The input and the answer of an operation.

    Args:
        body: model of the JSON body; the view gets it as `body`.
        build: makes the model of the body's values; None: the values are validated as they are.
        query: model of the query string; the view gets it as `query`.
        answer: type of the JSON answer: a pydantic model or a dataclass.
        status: HTTP status of the answer.
        media: media type of the answer.
        body_media: media type of the body.
        headers: the request headers that it reads, by name.
        errors: HTTP statuses of its errors, besides those of every operation.
    """

    body: type[BaseModel] | None = None
    build: Callable[[dict[str, Any]], BaseModel] | None = None
    query: type[BaseModel] | None = None
    answer: type[Any] | None = None
    status: int = 200
    media: str = JSON
    body_media: str = JSON
    headers: Mapping[str, Header] = field(default_factory=dict)
    errors: tuple[int, ...] = ()


def endpoint(blueprint: Blueprint, method: str, path: str, operation: Operation) -> Callable[[View], View]:
    """Serve `path` by the decorated view, which returns a response or values that become JSON."""

    def serve(view: View) -> View:
        @wraps(view)
        def respond(**path_values: str) -> WerkzeugResponse:
            answer = view(**path_values, **_given(operation))
            return answer if isinstance(answer, WerkzeugResponse) else _json(answer, operation.status)

        setattr(respond, "operation", operation)  # noqa: B010  (a plain assignment to a function's attribute fails mypy)
        blueprint.add_url_rule(path, view.__name__, respond, methods=[method])
        return view

    return serve


def _given(operation: Operation) -> dict[str, BaseModel]:
    given = {}
    if operation.query:
        given["query"] = parse_config(operation.query, _query_values(operation.query))
    if operation.body_media != JSON or (request.content_length and request.method != "GET"):
        _check_media(operation.body_media)
    if operation.body:
        given["body"] = (
            operation.build(json_object()) if operation.build else parse_config(operation.body, json_object())
        )
    return given


def _query_values(model: type[BaseModel]) -> dict[str, Any]:
    """Return the values of the query string; a field of several values is named once for each."""
    several = {name for name, info in model.model_fields.items() if get_origin(info.annotation) is tuple}
    given = request.args
    return {name: given.getlist(name) if name in several else given[name] for name in given}


def json_object() -> dict[str, Any]:
    """Return the body of the request. Raises BadRequest if it is not one JSON object."""
    _check_media(JSON)
    try:
        value = json.loads(request.get_data(), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"The body is not JSON: {cause(error)}.") from error
    if not isinstance(value, dict):
        raise BadRequest("The body must be one JSON object.")
    return value


def _check_media(media: str) -> None:
    if request.mimetype != media:
        raise UnsupportedMediaType(
            f"The body must be {media}, not {request.mimetype or 'without a Content-Type'}."
        )


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON number")


def _json(answer: Any, status: int) -> Response:
    response = jsonify(answer)
    response.status_code = status
    return response
