"""Choose the columns of a source, and make of each row a Document, or a Rejected with the reason."""

import datetime
import difflib
import math
import numbers
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from data.config import Columns
from data.errors import InvalidInput, UnknownName, listed
from data.records import Document, Rejected
from data.rendering.characters import is_visible
from data.sources.reader import row_id
from data.sources.rows import RowFault

USUAL_DOCUMENT_COLUMNS: Final = (
    "document",
    "article",
    "text",
    "dialogue",
    "dialog",
    "content",
    "body",
    "story",
    "passage",
    "source_text",
    "input",
)
USUAL_SUMMARY_COLUMNS: Final = (
    "summary",
    "highlights",
    "abstract",
    "headline",
    "tldr",
    "synopsis",
    "target",
    "reference",
    "title",
    "output",
)
HasColumn = Callable[[str], bool]
MAX_CHARACTERS: Final = {"document": 2_000_000, "summary": 100_000}


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """The columns of a source to read; all of them exist."""

    document: str
    summary: str
    id: str | None

    @property
    def names(self) -> list[str]:
        """Return the columns to read, without repetition."""
        return list(
            dict.fromkeys(name for name in (self.document, self.summary, self.id) if name is not None)
        )


def map_columns(
    wanted: Columns, existing: Sequence[str], source_name: str, has_column: HasColumn | None = None
) -> ColumnMap:
    """Return the columns to read: the configured ones, otherwise those with usual names.

    Args:
        existing: names of the columns, from the beginning of the source.
        has_column: says whether a later row has a column; None: there are no others.

    Raises:
        UnknownName: a configured column does not exist, or no column has a usual name; the hint lists the
            columns that exist.
        InvalidInput: document and summary are the same column.
    """
    existing = _with_late_columns(wanted, existing, has_column) if has_column else existing
    document = _resolve_column("document", wanted.document, USUAL_DOCUMENT_COLUMNS, existing, source_name)
    summary = _resolve_column("summary", wanted.summary, USUAL_SUMMARY_COLUMNS, existing, source_name)
    if document == summary:
        raise InvalidInput(
            f"The column {document!r} of {source_name} cannot be both document and summary.",
            hint=f"Name another one as columns.summary. Columns: {listed(existing)}.",
            fields={"columns.summary": "is the document's column too"},
        )
    identifier = None if wanted.id is None else _resolve_column("id", wanted.id, (), existing, source_name)
    return ColumnMap(document, summary, identifier)


def _with_late_columns(wanted: Columns, existing: Sequence[str], has_column: HasColumn) -> Sequence[str]:
    """Add the columns that are needed and that only later rows have."""
    named = [name for name in (wanted.document, wanted.summary, wanted.id) if name]
    usual = suggest_columns(existing)
    if wanted.document is None and usual.document is None:
        named += USUAL_DOCUMENT_COLUMNS
    if wanted.summary is None and usual.summary is None:
        named += USUAL_SUMMARY_COLUMNS
    return [*existing, *(name for name in named if name not in existing and has_column(name))]


def suggest_columns(existing: Sequence[str]) -> Columns:
    """Return the columns with usual names; None for a role without such a column."""
    lowered = {name.lower(): name for name in reversed(existing)}

    def usual(names: Sequence[str]) -> str | None:
        return next((lowered[name] for name in names if name in lowered), None)

    return Columns(
        document=usual(USUAL_DOCUMENT_COLUMNS),
        summary=usual(USUAL_SUMMARY_COLUMNS),
        id=usual(("id", "document_id", "guid")),
    )


def _resolve_column(
    role: str, wanted: str | None, usual: Sequence[str], existing: Sequence[str], source_name: str
) -> str:
    found = getattr(suggest_columns(existing), role) if wanted is None else wanted
    if found in existing:
        return str(found)
    columns = f"Columns: {listed(existing)}."
    if wanted is None:
        raise UnknownName(
            f"No column of {source_name} has a usual name for the {role} ({', '.join(usual)}).",
            hint=f"Name it as columns.{role}. {columns}",
            fields={f"columns.{role}": "must name a column"},
        )
    close = difflib.get_close_matches(wanted, existing, n=1)
    raise UnknownName(
        f"{source_name} has no column {wanted!r}.",
        hint=(f"Did you mean {close[0]!r}? " if close else "") + columns,
        fields={f"columns.{role}": f"{wanted!r} does not exist"},
    )


def make_document(
    values: Mapping[str, Any], columns: ColumnMap, split: str, row: int, source: str
) -> Document | Rejected:
    """Return one row's values as a Document, or as a Rejected with the reason."""
    identifier = document_id(values, columns.id, split, row)
    problem = (
        _find_id_problem(columns.id, values)
        or _find_problem("document", columns.document, values)
        or _find_problem("summary", columns.summary, values)
    )
    if problem:
        return rejected(problem, identifier, split, row)
    text = replace_lone_surrogates(values[columns.document])
    summary = replace_lone_surrogates(values[columns.summary]).strip()
    return Document(id=identifier, text=text, summary=summary, source=source, split=split, row=row)


def rejected(fault: RowFault, identifier: str, split: str, row: int) -> Rejected:
    """Return the rejection of a row for its fault."""
    return Rejected(id=identifier, split=split, row=row, reason=fault.reason, kind=fault.kind)


def document_id(values: Mapping[str, Any], column: str | None, split: str, row: int) -> str:
    """Return the id of a row from `column`, or <split>-<row> if there is none."""
    value = None if column is None else values.get(column)
    return replace_lone_surrogates(str(value)) if _is_id(value) else row_id(split, row)


def replace_lone_surrogates(text: str) -> str:
    """Replace lone surrogates, which UTF-8 cannot hold, by U+FFFD."""
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _find_id_problem(column: str | None, values: Mapping[str, Any]) -> RowFault | None:
    if column is None or _is_id(values.get(column)):
        return None
    words = _describe_value(values.get(column), "text or a whole number")
    return _fault(f"the id (column {column!r})", f"is {words}")


def _find_problem(role: str, column: str, values: Mapping[str, Any]) -> RowFault | None:
    value, limit = values.get(column), MAX_CHARACTERS[role]
    if isinstance(value, str) and len(value) <= limit and is_visible(value):
        return None
    place = f"the {role} (column {column!r})"
    if not isinstance(value, str):
        return _fault(place, f"is {_describe_value(value)}")
    if not value or value.isspace():
        return _fault(place, "is empty")
    if not is_visible(value):
        return _fault(place, "holds invisible characters only")
    kind = f"{place} has more than {limit:,} characters"
    return RowFault(f"{kind}: {len(value):,}", kind)


def _fault(place: str, words: str) -> RowFault:
    return RowFault(f"{place} {words}", f"{place} {words}")


def _is_id(value: Any) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool) and value != ""


def _describe_value(value: Any, wanted: str = "text") -> str:
    """Return what a value is that should be `wanted`, in words that hold for every format."""
    if value is None or value == "":
        return "null" if value is None else "empty"
    if isinstance(value, float) and not math.isfinite(value):
        return f"{'NaN' if math.isnan(value) else 'Infinity'}, not {wanted}"
    names: Mapping[type | tuple[type, ...], str] = {
        bool: "true or false",
        numbers.Number: "a number",
        (list, tuple): "a list",
        Mapping: "an object",
        bytes: "bytes",
        (datetime.date, datetime.time, datetime.timedelta): "a time",
    }
    found = next((name for kind, name in names.items() if isinstance(value, kind)), type(value).__name__)
    return f"{found}, not {wanted}"
