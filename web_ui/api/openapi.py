"""The OpenAPI 3.1 document, made from the routes, the models that check their input, and the types of their
answers."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, get_args

from flask import Flask
from pydantic import TypeAdapter
from pydantic.json_schema import JsonSchemaMode
from werkzeug.routing import Rule

from evaluation.samples.store import Collection
from training.options.optimal_configs import PRESETS
from web_ui.api import schemas
from web_ui.api.chat_answers import CHAT_PREFIX, ChatError
from web_ui.api.endpoint import JSON, Operation
from web_ui.jobs.job import ID_PATTERN

JsonDocument = dict[str, Any]
References = Mapping[Any, JsonDocument]

PATH_VALUE = re.compile(r"<(?:\w+:)?(?P<name>\w+)>")
NAME_SCHEMA: Final = {"type": "string", "pattern": r"^[A-Za-z0-9](\.?[A-Za-z0-9_-])*\.?$", "maxLength": 96}
"""Of `Name`, without two dots in a row: such a name leads nowhere."""
PATH_SCHEMAS: Final[Mapping[str, JsonDocument]] = {
    "name": NAME_SCHEMA,
    "folder": NAME_SCHEMA,
    "split": NAME_SCHEMA,
    "job_id": {"type": "string", "pattern": f"^{ID_PATTERN.pattern}$"},
    "preset": {"type": "string", "enum": list(PRESETS)},
    "path": {"type": "string", "minLength": 1},
    "collection": {"type": "string", "enum": list(get_args(Collection))},
    "position": {"type": "integer", "minimum": 0},
    "row": {"type": "integer", "minimum": 0},
    "page": {"type": "integer", "minimum": 1},
    "request": {"type": "string", "enum": ["pause", "resume", "cancel"]},
    "file": {"type": "string", "pattern": r"^[a-z]+\.[a-z]+$"},
}
"""What the values in addresses can be."""
ANY_ERRORS = (400, 401, 403, 404, 421, 422)
CHANGING_ERRORS = (409, 413, 415, 429)
DONE = {200: "Done.", 201: "Stored.", 202: "Accepted: the job is queued.", 204: "Done."}


@dataclass(frozen=True, slots=True)
class _Route:
    method: str
    rule: Rule
    operation: Operation
    summary: str


def openapi_document(app: Flask, version: str) -> JsonDocument:
    """Return the document of all operations that `app` serves through `endpoint`."""
    routes = list(_routes(app))
    references, components = _schemas(routes)
    paths: dict[str, JsonDocument] = {}
    for route in routes:
        path = PATH_VALUE.sub(r"{\g<name>}", route.rule.rule)
        paths.setdefault(path, {})[route.method] = _entry(route, references)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "DeepSynth",
            "version": version,
            "description": "Page-image datasets, and fine-tuning of DeepSeek-OCR on them.",
        },
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": components,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{}, {"token": []}],
    }


def _schemas(routes: list[_Route]) -> tuple[References, JsonDocument]:
    """Return the schema (a reference) of each type by its mode, and the components that they refer to."""
    types: dict[tuple[type, JsonSchemaMode], None] = {
        (schemas.Error, "serialization"): None,
        (ChatError, "serialization"): None,
    }
    for operation in (route.operation for route in routes):
        types |= {(kind, "validation"): None for kind in (operation.body, operation.query) if kind}
        types |= {(kind, "serialization"): None for kind in (operation.answer,) if kind}
    references, definitions = TypeAdapter.json_schemas(
        [(kind, mode, TypeAdapter(kind)) for kind, mode in types], ref_template="#/components/schemas/{model}"
    )
    return references, definitions["$defs"]


def _routes(app: Flask) -> Iterator[_Route]:
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        operation = getattr(view, "operation", None)
        if operation is not None:
            (method,) = (rule.methods or set()) - {"HEAD", "OPTIONS"}
            summary = (view.__doc__ or "").strip().partition("\n")[0]
            yield _Route(method=method.lower(), rule=rule, operation=operation, summary=summary)


def _entry(route: _Route, references: References) -> JsonDocument:
    operation = route.operation
    is_changing = route.method != "get"
    errors = sorted({*ANY_ERRORS, *(CHANGING_ERRORS if is_changing else ()), *operation.errors})
    entry = {
        "operationId": route.rule.endpoint.rpartition(".")[2],
        "tags": [route.rule.endpoint.partition(".")[0]],
        "summary": route.summary,
        "parameters": [*_parameters(route)],
        "responses": {str(operation.status): _answer(operation, references)}
        | {str(status): _refusal(route, references) for status in errors},
    }
    if operation.body or operation.body_media != JSON:
        entry["requestBody"] = {
            "required": True,
            "content": {operation.body_media: {"schema": _body_schema(operation, references)}},
        }
    return entry


def _body_schema(operation: Operation, references: References) -> JsonDocument:
    if operation.body:
        return references[operation.body, "validation"]
    return {"type": "string", "format": "binary", "minLength": 1}


def _answer(operation: Operation, references: References) -> JsonDocument:
    answer: JsonDocument = {"description": DONE[operation.status]}
    if operation.answer:
        answer["content"] = {JSON: {"schema": references[operation.answer, "serialization"]}}
    elif operation.media != JSON:
        answer["content"] = {operation.media: {}}  # bytes, which OpenAPI 3.1 describes by having no schema
    return answer


def _refusal(route: _Route, references: References) -> JsonDocument:
    error = ChatError if route.rule.rule.startswith(CHAT_PREFIX) else schemas.Error
    return {
        "description": "Refused or failed.",
        "content": {JSON: {"schema": references[error, "serialization"]}},
    }


def _parameters(route: _Route) -> Iterator[JsonDocument]:
    yield from _path_parameters(route.rule)
    yield from _query_parameters(route.operation)
    yield from _header_parameters(route.operation)


def _path_parameters(rule: Rule) -> Iterator[JsonDocument]:
    for match in PATH_VALUE.finditer(rule.rule):
        yield {"name": match["name"], "in": "path", "required": True, "schema": PATH_SCHEMAS[match["name"]]}


def _query_parameters(operation: Operation) -> Iterator[JsonDocument]:
    if operation.query:
        query = operation.query.model_json_schema(ref_template="#/components/schemas/{model}")
        for name, schema in query["properties"].items():
            is_required = name in query.get("required", ())
            yield {"name": name, "in": "query", "required": is_required, "schema": schema}


def _header_parameters(operation: Operation) -> Iterator[JsonDocument]:
    for name, header in operation.headers.items():
        yield {
            "name": name,
            "in": "header",
            "required": False,
            "description": header.description,
            "schema": {"type": "string", "pattern": header.pattern},
        }
