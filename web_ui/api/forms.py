"""The fields of a configuration as the flat list that a form shows, made from the pydantic model of the
configuration."""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from pkgutil import resolve_name

from pydantic import BaseModel

from web_ui.api.schemas import FormField, JsonObject
from web_ui.jobs.stages import STAGES

FORMS: dict[str, type[BaseModel]] = {kind: resolve_name(stage.config) for kind, stage in STAGES.items()}
"""Kind of job -> its configuration."""
LABELS = {"output": "name of the result"}
"""Name of a field -> its label, where the name says too little."""
ABBREVIATIONS = {"gpus": "GPUs", "id": "ID", "lora": "LoRA", "lr": "LR"}
NULL_MEANS = re.compile(r"(?:^|; )null: ([^;]*)")
SENTENCE_END = re.compile(r"(?:;|\.) ")
PLAIN_WORD = re.compile(r"[a-z]+(?=[ ,;]|$)")
MAX_SHOWN_BOUND = 1e6
"""Larger bounds only refuse absurd numbers; the form does not show them."""
FIELD_KINDS = {"integer": "integer", "number": "number", "boolean": "boolean", "array": "list"}


@cache
def form_fields(name: str) -> tuple[FormField, ...]:
    """Return the fields of a form in the order of its model, with nested objects flattened."""
    schema = FORMS[name].model_json_schema()
    return tuple(_fields(schema, schema.get("$defs", {}), "", None))


def _fields(
    schema: JsonObject, definitions: JsonObject, prefix: str, part: str | None
) -> Iterator[FormField]:
    """Yield the fields of an object. An object that is optional, or one of several kinds, is a part:
    `publish`, `source.hub`."""
    for name, given in schema["properties"].items():
        path = prefix + name
        choices = given.get("oneOf") or given.get("anyOf") or [given]
        branches = [_resolve_reference(branch, definitions) for branch in choices]
        kept = [branch for branch in branches if branch.get("type") != "null"]
        nullable = len(kept) < len(branches)
        for branch in kept:
            if "properties" in branch:
                kind = f"{path}.{branch['properties']['kind']['const']}" if len(kept) > 1 else None
                yield from _fields(branch, definitions, f"{path}.", kind or (path if nullable else part))
            elif "const" not in branch and branch.get("type") != "object":  # a map has no field on a form
                yield _field(path, {**branch, **given}, nullable, part)


def _resolve_reference(schema: JsonObject, definitions: JsonObject) -> JsonObject:
    return definitions[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema


def _field(path: str, schema: JsonObject, nullable: bool, part: str | None) -> FormField:
    description = schema.get("description", "")
    empty = NULL_MEANS.search(description)
    options = schema.get("enum", [])
    note, *more = _sentences(NULL_MEANS.sub("", description), options, _bounds(schema)) or [""]
    return FormField(
        path=path,
        label=_label(path),
        note=note,
        more=" ".join(more),
        kind="choice" if options else FIELD_KINDS.get(schema.get("type", ""), "text"),
        options=options,
        nullable=nullable,
        empty=empty[1] if empty else "",
        initial=schema.get("default", None if nullable else ""),
        part=part,
        group=schema.get("group"),
        unused_in_mode=schema.get("unused_in_mode"),
    )


def _label(path: str) -> str:
    """Return the name of a field as a form shows it: num_gpus -> Num GPUs."""
    name = path.rpartition(".")[2]
    words = LABELS.get(name, name).split("_")
    return _capitalize(" ".join(ABBREVIATIONS.get(word, word) for word in words))


def _sentences(description: str, options: Sequence[str], bounds: str) -> list[str]:
    """Return what is said of a field in short sentences. A description that begins with the first of several
    values is one: none of them says what the field is."""
    is_of_values = description.startswith(tuple(f"{option}:" for option in options))
    texts = [description] if is_of_values else SENTENCE_END.split(description, maxsplit=1)
    return [f"{_capitalize(text)}." for text in (*texts, bounds) if text]


def _capitalize(text: str) -> str:
    """Return the text with a capital letter first, unless its first word is a name: owner/name, bfloat16."""
    return text[:1].upper() + text[1:] if PLAIN_WORD.match(text) else text


def _bounds(schema: JsonObject) -> str:
    words = {"minimum": "from", "exclusiveMinimum": "above", "maximum": "to", "exclusiveMaximum": "below"}
    read = {bound: schema[bound] for bound in words if schema.get(bound, MAX_SHOWN_BOUND) < MAX_SHOWN_BOUND}
    if read in ({"minimum": 0}, {"minimum": 1}):
        return ""  # obvious for a count
    return _capitalize(" ".join(f"{words[bound]} {value:g}" for bound, value in read.items()))
