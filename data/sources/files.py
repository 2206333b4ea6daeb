"""Documents in files: one file, an upload, or a folder whose file names tell their splits."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from data.config import Columns, FilesSource
from data.errors import InvalidInput, SourceError, listed
from data.records import Document, Rejected
from data.sources.columns import ColumnMap, make_document, map_columns, rejected
from data.sources.folders import find_files
from data.sources.reader import row_id
from data.sources.rows import Row, RowFault
from data.sources.tables import Table, open_table, translate_read_errors
from data.store.files import file_sha256
from data.store.workspace import UPLOAD_PREFIX, Workspace


class FilesReader:
    """Reads the files of each split one after the other, in the order of their names."""

    def __init__(self, source: FilesSource, columns: Columns | None, workspace: Workspace) -> None:
        """Open the files; `columns` is None for an inspection, which reads no documents."""
        self._root = resolve_source_path(source.path, workspace)
        found = find_files(self._root, source.split_names)
        opened = {
            split: [open_table(file, source) for file in files] for split, files in found.splits.items()
        }
        self._tables = _with_rows(opened)
        if not self._tables:
            raise SourceError(f"{self._root} is empty: it has no rows.", hint="Choose another file.")
        tables = [table for tables in self._tables.values() for table in tables]
        empty = [table.path.name for tables in opened.values() for table in tables if not table.num_rows]
        self._notes = [*found.notes, *(table.note for table in tables if table.note)]
        if empty:
            self._notes.append(f"{len(empty)} files without rows are left out: {listed(empty)}.")
        self._columns = {
            table.path: map_columns(columns, table.columns, table.path.name, table.has_column)
            for table in tables
            if columns
        }

    def notes(self) -> list[str]:
        """Return what was decided about the files, in sentences."""
        return list(self._notes)

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
        files = {self._name(table): _hash_file(table.path) for table in tables}
        return {"files": files, "read_as": self._notes} if self._notes else {"files": files}

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
        if isinstance(values, RowFault):
            return rejected(values, row_id(split, row), split, row)
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
        found = Path(path).expanduser().absolute()  # a link keeps the suffix of its own name
    if not found.exists():
        raise SourceError(
            f"There is no file or folder {path}.", hint=f"Check {field}.", fields={field: "does not exist"}
        )
    return found


def _with_rows(opened: Mapping[str, Sequence[Table]]) -> dict[str, list[Table]]:
    kept = {split: [table for table in tables if table.num_rows] for split, tables in opened.items()}
    return {split: tables for split, tables in kept.items() if tables}


def _hash_file(path: Path) -> str:
    with translate_read_errors(path):
        return file_sha256(path)


def _changed_file_error(path: Path) -> SourceError:
    return SourceError(
        f"{path} has fewer rows than when it was opened: it was changed meanwhile.",
        hint="Delete the incomplete dataset and start again; do not change the file while it is read.",
    )
