"""Documents in files: one file, an upload, or a folder whose file names tell their splits."""

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from data.config import Columns
from data.errors import InvalidInput, SourceError
from data.records import Document, Rejected
from data.sources.columns import ColumnMap, make_document, map_columns
from data.sources.reader import row_id
from data.sources.tables import (
    SUMMARY_SUFFIX,
    TABLES,
    Row,
    Table,
    is_unicode,
    open_table,
    table_suffix,
    translate_read_errors,
)
from data.store.files import file_sha256
from data.store.workspace import UPLOAD_PREFIX, Workspace

SPLIT_WORDS: Final = {
    "train": "train",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
    "dev": "validation",
    "test": "test",
}


class FilesReader:
    """Reads the files of each split one after the other, in the order of their names."""

    def __init__(self, path: str, columns: Columns | None, workspace: Workspace) -> None:
        """Open the files; `columns` is None for an inspection, which reads no documents."""
        self._root = resolve_source_path(path, workspace)
        self._tables = {
            split: [open_table(file) for file in files]
            for split, files in _files_by_split(self._root).items()
        }
        self._columns = {
            table.path: map_columns(columns, table.columns, table.path.name)
            for tables in self._tables.values()
            for table in tables
            if columns
        }

    def split_names(self) -> list[str]:
        return list(self._tables)

    def config_names(self) -> list[str]:
        return []

    def head(self, split: str, num_rows: int) -> tuple[list[str], list[Row]]:
        """Return the columns and the first rows of a split's first file."""
        table = self._tables[split][0]
        with translate_read_errors(table.path):
            return list(table.columns), list(table.rows(range(min(num_rows, table.num_rows)), table.columns))

    def splits(self) -> Mapping[str, int]:
        return {split: sum(table.num_rows for table in tables) for split, tables in self._tables.items()}

    def identity(self) -> Mapping[str, Any]:
        tables = [table for tables in self._tables.values() for table in tables]
        return {"files": {self._name(table): _hash_file(table.path) for table in tables}}

    def ids(self, split: str) -> Iterator[str]:
        if all(self._columns[table.path].id is None for table in self._tables[split]):
            return (row_id(split, row) for row in range(self.splits()[split]))
        return (item.id for item in self.documents(split, range(self.splits()[split])))

    def documents(self, split: str, rows: Sequence[int]) -> Iterator[Document | Rejected]:
        first, position = 0, 0
        for table in self._tables[split]:
            stop = bisect_left(rows, first + table.num_rows, position)
            wanted = [row - first for row in rows[position:stop]]
            columns = self._columns[table.path]
            found = iter(table.rows(wanted, columns.names) if wanted else ())
            for row in rows[position:stop]:
                with translate_read_errors(table.path):
                    values = next(found, None)
                if values is None:
                    raise _changed_file_error(table.path)
                yield self._item(values, columns, split, row, self._name(table))
            first, position = first + table.num_rows, stop

    def _item(self, values: Row, columns: ColumnMap, split: str, row: int, name: str) -> Document | Rejected:
        if isinstance(values, str):
            return Rejected(id=row_id(split, row), split=split, row=row, reason=values)
        return make_document(values, columns, split, row, name)

    def _name(self, table: Table) -> str:
        return table.path.name if table.path == self._root else table.path.relative_to(self._root).as_posix()


def resolve_source_path(path: str, workspace: Workspace, field: str = "source.path") -> Path:
    """Return the file or folder that a configuration names in `field`.

    Raises:
        UnsafePath: the name of an upload is not a plain name.
        SourceError: there is no such file or folder.
    """
    if path.startswith(UPLOAD_PREFIX):
        found = workspace.upload(path.removeprefix(UPLOAD_PREFIX))
    elif "\0" in path:
        raise InvalidInput(f"{field} holds a NUL character.", fields={field: "is not a path"})
    else:
        found = Path(path).expanduser().resolve()
    if not found.exists():
        raise SourceError(
            f"There is no file or folder {path}.", hint=f"Check {field}.", fields={field: "does not exist"}
        )
    return found


def _files_by_split(root: Path) -> Mapping[str, list[Path]]:
    if root.is_file():
        return {"train": [root]}
    by_split: dict[str | None, list[Path]] = {}
    for path in _readable_files(root):
        by_split.setdefault(_split_of(path.relative_to(root)), []).append(path)
    unnamed = by_split.pop(None, [])
    if not by_split:
        return {"train": unnamed}
    if unnamed:
        raise InvalidInput(
            f"{unnamed[0].relative_to(root)} names no split, but other files in {root} do.",
            hint="Put train, validation or test into its name or its folder's name, or move it away.",
            fields={"source.path": "holds files of an unknown split"},
        )
    return {split: by_split[split] for split in dict.fromkeys(SPLIT_WORDS.values()) if split in by_split}


def _readable_files(root: Path) -> list[Path]:
    tables = sorted(path for path in root.rglob("*") if _is_table(path, root))
    # Beside files of other kinds, a .json file is probably a description.
    files = [path for path in tables if path.suffix.lower() != ".json"] or tables
    if not files:
        raise SourceError(
            f"The folder {root} holds no file that can be read.", hint=f"Kinds: {', '.join(TABLES)}."
        )
    for name in (str(path.relative_to(root)) for path in files):
        if not is_unicode(name):
            raise SourceError(
                f"The file name {name!a} in {root} is not UTF-8.", hint="Rename the file or its folder."
            )
    return files


def _is_table(path: Path, root: Path) -> bool:
    hidden = any(part.startswith(".") for part in path.relative_to(root).parts)
    return (
        table_suffix(path) in TABLES
        and not hidden
        and not path.name.endswith(SUMMARY_SUFFIX)
        and path.is_file()
    )


def _hash_file(path: Path) -> str:
    with translate_read_errors(path):
        return file_sha256(path)


def _changed_file_error(path: Path) -> SourceError:
    return SourceError(
        f"{path} has fewer rows than when it was opened: it was changed meanwhile.",
        hint="Delete the incomplete dataset and start again; do not change the file while it is read.",
    )


def _split_of(path: Path) -> str | None:
    """Return the split that is a word of the file's name, or else of a folder's name; None: no such word."""
    for name in (path.stem, *reversed(path.parent.parts)):
        for word in re.split(r"[^a-z]+", name.lower()):
            if word in SPLIT_WORDS:
                return SPLIT_WORDS[word]
    return None
