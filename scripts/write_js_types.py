"""Write the types of the API's requests and answers for the browser modules, from the OpenAPI document.

python scripts/write_js_types.py            writes the file
python scripts/write_js_types.py --check    exits 1 when the file is not what the API says
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from web_ui.app import create_app
from web_ui.settings import Settings

TYPES = Path(__file__).resolve().parents[1] / "web_ui" / "static" / "js" / "base" / "api-types.d.ts"
HEADER = "// Types of the API's requests and answers. Written by scripts/write_js_types.py.\n"
SCALARS = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}


def type_of(schema: dict[str, Any]) -> str:
    """Return the TypeScript type of a JSON schema."""
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    for choice in ("anyOf", "oneOf"):
        if choice in schema:
            return " | ".join(dict.fromkeys(type_of(part) for part in schema[choice]))
    if "enum" in schema or "const" in schema:
        return " | ".join(json.dumps(value) for value in schema.get("enum", [schema.get("const")]))
    if schema.get("type") == "array":
        return f"Array<{type_of(schema.get('items', {}))}>"
    if schema.get("type") == "object":
        values = schema.get("additionalProperties")
        return f"Record<string, {type_of(values) if isinstance(values, dict) else 'any'}>"
    return SCALARS.get(schema.get("type", ""), "any")


def declaration(name: str, schema: dict[str, Any]) -> Iterator[str]:
    """Yield the lines of the type of one component."""
    if "properties" not in schema:
        yield f"export type {name} =\n  {type_of(schema)};"
        return
    yield f"export interface {name} {{"
    for key, value in schema["properties"].items():
        optional = "" if key in schema.get("required", ()) else "?"
        yield f"  {key}{optional}: {type_of(value)};"
    yield "}"


def types_file() -> str:
    """Return the whole file."""
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(Settings(workspace=Path(folder)))
        document = app.test_client().get("/api/openapi.json", base_url="http://127.0.0.1:5000").get_json()
    components = sorted(document["components"]["schemas"].items())
    return "\n".join([HEADER, *("\n".join(declaration(*component)) + "\n" for component in components)])


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true")
    wanted = types_file()
    if parser.parse_args().check:
        return int(not TYPES.exists() or TYPES.read_text(encoding="utf-8") != wanted)
    TYPES.write_text(wanted, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
