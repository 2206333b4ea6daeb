"""Check values from outside and make a configuration of them. pydantic's errors become one InvalidInput with
messages for users.

The API, the command line and configuration files all call `parse_config`, so all three give the same
messages.
"""

import difflib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from data.config import HUB_RULE, RuleError
from data.errors import InvalidInput
from data.store.files import damaged_file, read_json_object
from data.store.workspace import NAME_PATTERN, NAME_RULE

ConfigT = TypeVar("ConfigT", bound=BaseModel)
RecordT = TypeVar("RecordT")
SHOWN_VALUE_CHARACTERS = 80
MAX_SHOWN_ERRORS = 3

MESSAGES = {
    "missing": "is required",
    "extra_forbidden": "is not a known field",
    "literal_error": "must be {expected}",
    "enum": "must be {expected}",
    "union_tag_invalid": "must have one of these as its {discriminator}: {expected_tags}",
    "union_tag_not_found": "must name its {discriminator}",
    "greater_than": "must be above {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be below {lt}",
    "less_than_equal": "must be at most {le}",
    "string_too_short": "must not be shorter than {min_length} characters",
    "string_too_long": "must not be longer than {max_length} characters",
    "string_pattern_mismatch": "must match {pattern}",
    "string_type": "must be text",
    "string_unicode": "must be valid Unicode text",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_parsing_size": "is too large a number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "finite_number": "must be a finite number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "too_short": "must have a length of at least {min_length}",
    "too_long": "must have a length of at most {max_length}",
    "list_type": "must be a list",
    "tuple_type": "must be a list",
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
}


def parse_config(model_class: type[ConfigT], values: Mapping[str, Any]) -> ConfigT:
    """Validate `values` as a `model_class`.

    Raises:
        InvalidInput: names each wrong field by its dotted path, with its value and the allowed values.
    """
    with in_words(model_class, values):
        return model_class.model_validate(values)


def read_record(path: Path, record_class: type[RecordT]) -> RecordT:
    """Read a JSON file that DeepSynth wrote, as a record (a dataclass); keys that it lacks are ignored.

    Raises:
        NotFound: there is no such file.
        StorageError: the file is damaged: no JSON object, or a field of another type.
    """
    return as_record(read_json_object(path), path, record_class)


def as_record(values: object, path: Path, record_class: type[RecordT]) -> RecordT:
    """Make a record of the values of the file at `path`. Raises StorageError as `read_record`."""
    adapter: TypeAdapter[RecordT] = _adapter(cast(Any, record_class))
    try:
        return adapter.validate_python(values)
    except ValidationError as error:
        detail = error.errors(include_url=False)[0]
        words = MESSAGES.get(detail["type"], detail["msg"]).format_map(detail.get("ctx", {}))
        field = ".".join(map(str, detail["loc"])) or "its content"
        raise damaged_file(path, f"{field} {words}") from error


@cache
def _adapter(record_class: Any) -> TypeAdapter[Any]:
    return TypeAdapter(record_class)


@contextmanager
def in_words(model_class: type[BaseModel], values: Any) -> Iterator[None]:
    """Turn a pydantic error about `values` into an InvalidInput."""
    try:
        yield
    except ValidationError as error:
        raise _invalid_input(error, model_class, values) from error


def _invalid_input(error: ValidationError, model_class: type[BaseModel], values: Any) -> InvalidInput:
    """Return pydantic's errors about `values` as one error for the user."""
    fields: dict[str, str] = {}
    messages: dict[str, str] = {}
    for detail in error.errors(include_url=False, include_context=True):
        path = _path(detail["loc"], values)
        words = _error_message(detail, path, model_class)
        rule = detail.get("ctx", {}).get("error")
        names = rule.fields if isinstance(rule, RuleError) else ("",)
        messages.setdefault(path, words if isinstance(rule, RuleError) or not path else f"{path} {words}")
        for name in names:
            fields.setdefault(".".join(filter(None, (path, name))), words)
    fields.pop("", None)  # an error about all values: the message is enough
    more = f"; and {len(messages) - MAX_SHOWN_ERRORS} more" if len(messages) > MAX_SHOWN_ERRORS else ""
    message = "; ".join(list(messages.values())[:MAX_SHOWN_ERRORS]) + more
    return InvalidInput(
        message if message.endswith(("?", ".")) else message + ".",
        hint="Correct the named fields, then try again.",
        fields=fields,
    )


def _path(location: tuple[int | str, ...], values: Any) -> str:
    """Join a location as `source.path`, without the union tags (`files`) that pydantic inserts."""
    parts: list[str] = []
    for index, part in enumerate(location):
        is_last = index == len(location) - 1
        if isinstance(values, Mapping) and part not in values and not is_last:
            continue
        parts.append(str(part))
        values = _child(values, part)
    return ".".join(parts)


def _child(values: Any, part: int | str) -> Any:
    if isinstance(values, Mapping):
        return values.get(part)
    if isinstance(values, list | tuple) and isinstance(part, int) and part < len(values):
        return values[part]
    return None


def _error_message(detail: ErrorDetails, path: str, model_class: type[BaseModel]) -> str:
    kind = detail["type"]
    context = detail.get("ctx", {})
    words = MESSAGES[kind].format_map(context) if kind in MESSAGES else detail["msg"]
    if detail["input"] == "" and kind in ("string_pattern_mismatch", "string_too_short"):
        return MESSAGES["missing"]  # a field left empty in a form
    if kind == "extra_forbidden":
        return words + _suggestion(path, model_class)
    pattern = context.get("pattern", "")
    if pattern == f"^{NAME_PATTERN.pattern}$":
        words = f"must be {NAME_RULE}"
    elif "/" in pattern:
        words = f"must be {HUB_RULE}"
    if kind == "value_error":  # raised by a validator of this project, with its own message
        return str(context["error"])
    says_value = kind != "missing" and not path.lower().endswith("token")
    return f"{words}, not {_shorten(detail['input'])}" if says_value else words


def _shorten(value: Any) -> str:
    text = ascii(value) if isinstance(value, str) and not value.isprintable() else repr(value)
    return text if len(text) <= SHOWN_VALUE_CHARACTERS else text[:SHOWN_VALUE_CHARACTERS] + "..."


def _suggestion(path: str, model_class: type[BaseModel]) -> str:
    name = path.rsplit(".", 1)[-1]
    known = _known_fields(model_class)
    close = difflib.get_close_matches(name, known, n=1)
    if close:
        return f"; did you mean {close[0]}?"
    return f"; known fields are {', '.join(model_class.model_fields)}" if "." not in path else ""


def _known_fields(model_class: type[BaseModel]) -> list[str]:
    """Return the names of a model's fields, and of the fields of the models that it contains."""
    names = list(model_class.model_fields)
    for info in model_class.model_fields.values():
        if isinstance(info.annotation, type) and issubclass(info.annotation, BaseModel):
            names += _known_fields(info.annotation)
    return names
