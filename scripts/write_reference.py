"""Write docs/reference.md from the code: commands, settings, endpoints, options, error codes.

python scripts/write_reference.py            writes the file
python scripts/write_reference.py --check    exits 1 when the file is not up to date
"""

import argparse
import os
import re
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from data import errors
from training.options.optimal_configs import PRESETS, TINY_VALUES
from web_ui.app import create_app
from web_ui.commands.parser import build_parser
from web_ui.jobs.stages import STAGES, resolve
from web_ui.settings import Settings
from web_ui.views.errors import HINTS

ROOT = Path(__file__).resolve().parents[1]
REFERENCE = ROOT / "docs" / "reference.md"
CONFIGS: tuple[type[BaseModel], ...] = tuple(resolve(stage.config) for stage in STAGES.values())
INTRODUCTION = """# Reference

Every command, setting, endpoint, option and error code. `python scripts/write_reference.py` makes this file
from the code; a test fails when it is not up to date.
"""


def table(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """Return a Markdown table."""
    lines = [header, tuple("---" for _ in header), *rows]
    return (
        "\n".join(
            "| " + " | ".join(cell.replace("|", "\\|").replace("\n", "\\n") for cell in line) + " |"
            for line in lines
        )
        + "\n"
    )


def commands() -> Iterator[str]:
    os.environ["COLUMNS"] = "120"  # otherwise argparse takes the terminal's width
    parser = build_parser()
    yield (
        "## Command line\n\nExit codes: 0 done, 1 something failed, 2 wrong as typed, 130 stopped by you "
        "with the work kept.\n"
    )
    actions = next(action for action in parser._actions if isinstance(action, argparse._SubParsersAction))
    for name, command in actions.choices.items():
        yield f"### deepsynth {name}\n\n```text\n{command.format_help().rstrip()}\n```\n"


def settings() -> Iterator[str]:
    yield (
        "## Environment settings\n\n`HF_ENDPOINT`, `HF_HOME` and the Hub client's other variables hold "
        "for the jobs as well.\n"
    )
    rows = (
        (f"`{field.alias}`", default(field), field.description or "")
        for field in Settings.model_fields.values()
    )
    yield table(("variable", "default", "meaning"), rows)


def endpoints(document: dict[str, Any]) -> Iterator[str]:
    yield "## API\n\nThe full schema of every body and answer is served at `/api/openapi.json`.\n"
    rows = (
        (f"`{method.upper()} {path}`", operation.get("summary", ""))
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    )
    yield table(("request", "what it does"), rows)


def options() -> Iterator[str]:
    yield (
        "## Options\n\nFields of the API's bodies and of `--set key=value`; nested fields are "
        "written with dots.\n"
    )
    for config in CONFIGS:
        yield f"### {config.__name__}\n\n{(config.__doc__ or '').strip()}\n"
        yield table(("field", "default", "allowed", "meaning"), fields(config))


def fields(config: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, str, str, str]]:
    properties = config.model_json_schema()["properties"]
    kind = getattr(config.model_fields.get("kind"), "default", None)
    for name, field in config.model_fields.items():
        parts = models_in(field.annotation)
        if name != "kind" and parts != [field.annotation]:
            shown = f"`{prefix}{name}`" + (f" ({kind})" if kind else "")
            yield shown, default(field), allowed(properties[name]), field.description or ""
        for part in parts:
            yield from fields(part, f"{prefix}{name}.")


def models_in(annotation: Any) -> list[type[BaseModel]]:
    """Return the models that a field may hold: itself, or the members of its union."""
    if isinstance(annotation, type):
        return [annotation] if issubclass(annotation, BaseModel) else []
    return [model for part in get_args(annotation) for model in models_in(part)]


def default(field: Any) -> str:
    value = field.default
    if value is PydanticUndefined:
        return "required"
    return (
        "null"
        if value is None
        else f"`{value!s}`"
        if not isinstance(value, str)
        else f"`{value!r}`".replace("'", '"')
    )


def allowed(schema: dict[str, Any]) -> str:
    """Return the values that a JSON schema allows, as text."""
    if "anyOf" in schema:
        return " or ".join(allowed(part) for part in schema["anyOf"])
    if "enum" in schema or "const" in schema:
        return ", ".join(f"`{value}`" for value in schema.get("enum", [schema.get("const")]))
    if "oneOf" in schema:
        return "an object with `kind`: " + ", ".join(
            f"`{kind}`" for kind in schema["discriminator"]["mapping"]
        )
    if "items" in schema:
        return f"list of {allowed(schema['items'])}"
    bounds = [
        words.format(schema[key])
        for key, words in (
            ("minimum", "from {}"),
            ("exclusiveMinimum", "above {}"),
            ("maximum", "to {}"),
            ("exclusiveMaximum", "below {}"),
        )
        if key in schema
    ]
    return " ".join([schema.get("type", "object"), *bounds])


def presets() -> Iterator[str]:
    yield "## Training presets\n"
    for preset in PRESETS.values():
        yield f"### {preset.name}\n\n{preset.title}. Stays below {preset.memory_gb} GB with DeepSeek-OCR.\n"
        yield _values_with_reasons(preset.values, preset.reasons)
    yield "### model=tiny\n\nStarts from these values instead, whichever the preset.\n"
    yield _values_with_reasons(TINY_VALUES.values, TINY_VALUES.reasons)


def _values_with_reasons(values: Mapping[str, Any], reasons: Mapping[str, str]) -> str:
    return table(
        ("field", "value", "why"),
        ((f"`{name}`", f"`{value}`", reasons[name]) for name, value in values.items()),
    )


def error_codes() -> Iterator[str]:
    yield '## Error codes\n\nEvery error has the shape `{"error": {"code", "message", "hint", "fields"}}`.\n'
    kinds = [
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, errors.DeepSynthError)
    ]
    rows = [
        (f"`{kind.code}`", str(kind.http_status), str(kind.exit_code), meaning(kind.code)) for kind in kinds
    ]
    yield table(("code", "HTTP status", "exit code", "meaning"), rows)
    yield "These concern the request itself, and come from the API only.\n"
    known = {kind.code for kind in kinds}
    yield table(
        ("code", "HTTP status", "what to do"),
        ((f"`{code}`", str(status), hint) for status, (code, hint) in HINTS.items() if code not in known),
    )


def meaning(code: str) -> str:
    """Return the meaning of an error code, from the tree at the top of data/errors.py."""
    line = re.search(rf"\b{code} +HTTP \d+ +exit \d *(.*)", errors.__doc__ or "")
    return line.group(1) if line else ""


def reference() -> str:
    """Return the content of the reference."""
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(Settings(workspace=Path(folder)))
        document = app.test_client().get("/api/openapi.json", base_url="http://127.0.0.1:5000").get_json()
    parts = [
        INTRODUCTION,
        *commands(),
        *settings(),
        *endpoints(document),
        *options(),
        *presets(),
        *error_codes(),
    ]
    return "\n".join(parts)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true")
    wanted = reference()
    if parser.parse_args().check:
        return int(not REFERENCE.exists() or REFERENCE.read_text(encoding="utf-8") != wanted)
    REFERENCE.write_text(wanted, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
