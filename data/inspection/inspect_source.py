"""Inspect a source before it is used: its splits, columns and first rows, and which columns probably hold the
document and the summary."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import fmean
from typing import Any, Final

from data.config import Columns, FilesSource, HubSource
from data.errors import UnknownName
from data.sources.columns import suggest_columns
from data.sources.open import open_stored
from data.sources.reader import StoredReader
from data.sources.rows import RowFault
from data.store.workspace import Workspace

NUM_INSPECTED_ROWS: Final = 20
MAX_SHOWN_ROWS: Final = 5
MAX_SHOWN_CHARACTERS: Final = 300


@dataclass(frozen=True, slots=True)
class ColumnPreview:
    """One column, summarised from its first rows."""

    name: str
    kind: str
    """`text` or Python types (int, list, ...), joined by "or"; `empty` if all values are null."""
    mean_characters: int
    example: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """The content of a source."""

    configs: tuple[str, ...]
    """Configurations (subsets) of a Hub dataset. If one must be chosen first, all other fields are empty."""
    splits: tuple[str, ...]
    columns: tuple[ColumnPreview, ...]
    suggestion: Columns
    rows: tuple[Mapping[str, str], ...]
    problems: tuple[str, ...]
    """For each of the first rows that cannot be read: the row and the reason."""
    notes: tuple[str, ...] = ()
    """What was decided about the source that its names alone do not tell."""

    def as_dict(self) -> dict[str, Any]:
        return {
            "configs": list(self.configs),
            "splits": list(self.splits),
            "columns": [column.name for column in self.columns],
            "column_looks": [asdict(column) for column in self.columns],
            "suggestion": self.suggestion.model_dump(mode="json"),
            "rows": [dict(row) for row in self.rows],
            "problems": list(self.problems),
            "notes": list(self.notes),
        }


def inspect_source(source: FilesSource | HubSource, workspace: Workspace) -> Inspection:
    """Read the first rows of a source.

    Raises:
        SourceError: the source cannot be read, does not exist, is gated or empty.
    """
    try:
        reader = open_stored(source, None, workspace)
    except UnknownName:
        if isinstance(source, FilesSource) or source.config is not None:
            raise
        from data.sources.hub import config_names  # noqa: PLC0415 - imports `datasets`, which takes seconds

        return Inspection(
            configs=tuple(config_names(source)),
            splits=(),
            columns=(),
            suggestion=Columns(),
            rows=(),
            problems=(),
        )
    return _inspect(reader)


def _inspect(reader: StoredReader) -> Inspection:
    splits = reader.split_names()
    names, read = reader.head(splits[0], NUM_INSPECTED_ROWS)
    rows = [row for row in read if not isinstance(row, RowFault)]
    previews = tuple(_preview_column(name, [row.get(name) for row in rows]) for name in names)
    return Inspection(
        configs=tuple(reader.config_names()),
        splits=tuple(splits),
        columns=previews,
        suggestion=_suggest_columns(names, previews),
        rows=tuple({name: _shorten(row.get(name)) for name in names} for row in rows[:MAX_SHOWN_ROWS]),
        problems=tuple(row.reason for row in read if isinstance(row, RowFault)),
        notes=tuple(reader.notes()),
    )


def _suggest_columns(names: Sequence[str], previews: Sequence[ColumnPreview]) -> Columns:
    """Return text columns with usual names; otherwise the column with the longest texts as document, and the
    one with the next longest as summary."""
    texts = [column for column in previews if column.kind == "text"]
    usable_ids = [column.name for column in previews if column.kind in ("text", "int")]
    usual = suggest_columns([column.name for column in texts]).model_copy(
        update={"id": suggest_columns(usable_ids).id}
    )
    by_length = sorted(texts, key=lambda column: -column.mean_characters)
    free = [
        column.name for column in by_length if column.name not in (usual.document, usual.summary, usual.id)
    ]
    document = usual.document or (free.pop(0) if free else None)
    summary = usual.summary or (free.pop(0) if free else None)
    return Columns(document=document, summary=summary, id=usual.id)


def _preview_column(name: str, values: Sequence[Any]) -> ColumnPreview:
    present = [value for value in values if value is not None]
    kinds = {"text" if isinstance(value, str) else type(value).__name__ for value in present}
    lengths = [len(value) for value in present if isinstance(value, str)]
    return ColumnPreview(
        name=name,
        kind=" or ".join(sorted(kinds)) or "empty",
        mean_characters=round(fmean(lengths)) if lengths else 0,
        example=_shorten(present[0]) if present else "",
    )


def _shorten(value: Any) -> str:
    text = "" if value is None else str(value)
    return text if len(text) <= MAX_SHOWN_CHARACTERS else text[:MAX_SHOWN_CHARACTERS] + "..."
