"""A style that varies: `font_size_px: 10, 14, 18; margin_px: 10 to 40` names fields, and the values of which
each document gets one.

Text, not nested JSON, so that a form, `--set`, a study's axis and a table of settings hold it as it is.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from pydantic import TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

EXAMPLE: Final = "font_size_px: 10, 14, 18; margin_px: 10 to 40"
NO_VALUE: Final = "none"
"""Stands for null: the mode's own size or margin, or no JPEG."""
NUM_DECIMALS: Final = 3
"""Of a number chosen from a range: a thousandth of a pixel, a degree or a grey step is seen by nobody."""
_RANGE: Final = re.compile(r"(.+) to (.+)")

StyleValue = str | int | float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """The values that one field may have."""

    values: tuple[StyleValue, ...]
    """At least one; of a range, its lowest and its highest value."""
    kind: Literal["string", "integer", "number"]
    is_range: bool = False

    def __str__(self) -> str:
        return (" to " if self.is_range else ", ").join(map(_written, self.values))

    def at(self, fraction: float) -> StyleValue:
        """Return the value at a position from 0 to 1 (exclusive): equal shares of 0 to 1 for each value."""
        if not self.is_range:
            return self.values[int(fraction * len(self.values))]
        low, high = (value for value in self.values if isinstance(value, int | float))
        if self.kind == "integer":
            return int(low) + int(fraction * (high - low + 1))
        return min(high, max(low, round(low + fraction * (high - low), NUM_DECIMALS)))


def parse_choices(text: str, fields: Mapping[str, FieldInfo]) -> dict[str, Choices]:
    """Parse a variation; the result is in the order of `fields`.

    Args:
        text: parts `FIELD: VALUE, VALUE, ...` or `FIELD: LOW to HIGH`, with `;` or line ends between them.
        fields: the fields that may vary.

    Raises:
        ValueError: a part is not of this form, or a field or a value is not allowed; the words follow the
            name of the field that holds the text.
    """
    found: dict[str, Choices] = {}
    for part in filter(None, map(str.strip, re.split(r"[;\n]", text))):
        name, colon, values = (piece.strip() for piece in part.partition(":"))
        if not colon:
            raise ValueError(f"holds {part!r}, but each part is FIELD: VALUES, as in {EXAMPLE}")
        if name not in fields:
            raise ValueError(f"names {name}, which cannot vary; these fields can: {', '.join(fields)}")
        if name in found:
            raise ValueError(f"names {name} twice: write all its values behind one {name}")
        found[name] = _parse_values(name, values, fields[name])
    if not found:
        raise ValueError(f"holds nothing: leave it out, or write for example {EXAMPLE}")
    return {name: found[name] for name in fields if name in found}


def write_choices(choices: Mapping[str, Choices]) -> str:
    """Return the one text that stands for choices."""
    return "; ".join(f"{name}: {values}" for name, values in choices.items())


def choose(choices: Mapping[str, Choices], seed: int) -> dict[str, StyleValue]:
    """Return one value of each field; each field by a digest of its own, so that a further field does not
    change the values of the others."""
    return {name: values.at(_fraction(f"{seed}/{name}")) for name, values in choices.items()}


def _fraction(name: str) -> float:
    # 53 bits: more would round up to 1.
    return (int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big") >> 11) / 2**53


def _parse_values(name: str, text: str, field: FieldInfo) -> Choices:
    adapter: TypeAdapter[StyleValue] = TypeAdapter(field.rebuild_annotation())
    schema = adapter.json_schema()
    schema = schema.get("anyOf", [schema])[0]
    ends = _RANGE.fullmatch(text)
    parts = ends.groups() if ends else filter(None, map(str.strip, text.split(",")))
    values = tuple(_parse_value(name, part, adapter, schema) for part in parts)
    if not values:
        raise ValueError(f"has no value for {name}: name some, as in {EXAMPLE}")
    if len(set(values)) < len(values) and not ends:
        raise ValueError(f"has a value of {name} twice: each value is chosen as often as the others")
    if ends:
        _refuse_no_range(name, values)
    return Choices(values=values, kind=schema["type"], is_range=ends is not None)


def _parse_value(
    name: str, text: str, adapter: TypeAdapter[StyleValue], schema: Mapping[str, Any]
) -> StyleValue:
    try:
        return adapter.validate_python(None if text == NO_VALUE else text)
    except ValidationError as error:
        raise ValueError(f"has {name} {text}, but {name} takes {_describe_allowed(schema)}") from error


def _refuse_no_range(name: str, values: tuple[StyleValue, ...]) -> None:
    words = f"has {name} {_written(values[0])} to {_written(values[1])}"
    numbers = [value for value in values if isinstance(value, int | float)]
    if len(numbers) < 2:
        raise ValueError(f"{words}, but a range needs two numbers: list other values with commas")
    if numbers[0] > numbers[1]:
        raise ValueError(f"{words}: write the lower number first")


def _describe_allowed(schema: Mapping[str, Any]) -> str:
    if "enum" in schema:
        return " or ".join(schema["enum"])
    if schema["type"] == "string":
        return "text"
    kind = "whole numbers" if schema["type"] == "integer" else "numbers"
    return f"{kind} from {schema['minimum']:g} to {schema['maximum']:g}"


def _written(value: StyleValue) -> str:
    return NO_VALUE if value is None else str(value).removesuffix(".0")
