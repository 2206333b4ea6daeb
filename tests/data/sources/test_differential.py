"""The same rows in every format give the same samples, or a refusal: no format, compression or type changes a
text."""

import bz2
import csv
import gzip
import io
import json
import lzma
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from backports import zstd
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from data.config import Columns, FilesSource
from data.errors import SourceError
from data.records import Document
from data.sources.files import FilesReader
from data.store.workspace import Workspace

Rows = list[dict[str, str]]
PIECES = [
    "the village",
    "opened",
    "a, b",
    "x;y",
    "tab\there",
    "a|b",
    '"quoted"',
    "it's",
    "line\nend",
    "\r\n",
    "\\",
    '\\"',
]
PIECES += [
    '""',
    "Größe",
    "漢字",
    "😀",
    "שלום",
    "e\u0301",
    "null",
    "NA",
    "1.5",
    "true",
    " ",
    "{}",
    "[1]",
    "#",
    "'",
]
TEXTS = st.lists(
    st.one_of(st.sampled_from(PIECES), st.text(st.characters(codec="utf-8"), max_size=6)), max_size=8
)
ROWS = st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=60).map(
    lambda rows: [
        {
            "id": f"row-{number}",
            "document": f"Document {number} " + " ".join(text),
            "summary": f"S{number} " + "".join(summary),
        }
        for number, (text, summary) in enumerate(rows)
    ]
)


def delimited(**dialect: Any) -> Callable[[Rows], bytes]:
    def write(rows: Rows) -> bytes:
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n", **dialect)
        writer.writeheader()
        writer.writerows(rows)
        return text.getvalue().encode()

    return write


def spark(rows: Rows) -> bytes:
    lines = [",".join('"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"' for value in row) for row in
             [list(rows[0]), *(list(row.values()) for row in rows)]]  # fmt: skip
    return ("\n".join(lines) + "\n").encode()


def json_lines(rows: Rows) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def parquet(kind: pa.DataType) -> Callable[[Rows], bytes]:
    def write(rows: Rows) -> bytes:
        columns = {name: pa.array([row[name] for row in rows], pa.string()).cast(kind) for name in rows[0]}
        stream = io.BytesIO()
        pq.write_table(pa.table(columns), stream, row_group_size=7)
        return stream.getvalue()

    return write


def json_column(rows: Rows) -> bytes:
    """Texts in a column of Arrow's JSON type, as the datasets library stores mixed values."""
    columns = {name: pa.array([json.dumps(row[name]) for row in rows], pa.json_()) for name in rows[0]}
    stream = io.BytesIO()
    pq.write_table(pa.table(columns), stream)
    return stream.getvalue()


FORMATS: Mapping[str, Callable[[Rows], bytes]] = {
    "minimal.csv": delimited(),
    "all.csv": delimited(quoting=csv.QUOTE_ALL),
    "semicolon.csv": delimited(delimiter=";"),
    "bar.csv": delimited(delimiter="|", quoting=csv.QUOTE_ALL),
    "spark.csv": spark,
    "rows.tsv": delimited(delimiter="\t"),
    "rows.jsonl": json_lines,
    "escaped.jsonl": lambda rows: "".join(json.dumps(row) + "\n" for row in rows).encode(),
    "rows.json": lambda rows: json.dumps(rows, indent=1).encode(),
    "string.parquet": parquet(pa.string()),
    "large.parquet": parquet(pa.large_string()),
    "view.parquet": parquet(pa.string_view()),
    "dictionary.parquet": parquet(pa.dictionary(pa.int32(), pa.string())),
    "json.parquet": json_column,
    "rows.jsonl.gz": lambda rows: gzip.compress(json_lines(rows)),
    "rows.csv.bz2": lambda rows: bz2.compress(delimited()(rows)),
    "rows.json.xz": lambda rows: lzma.compress(json.dumps(rows).encode()),
    "rows.tsv.zst": lambda rows: zstd.compress(delimited(delimiter="\t")(rows)),
}
EXACT = [name for name in FORMATS if ".csv" not in name and ".tsv" not in name]


def read(path: Path, workspace: Workspace) -> list[tuple[str, str, str]]:
    reader = FilesReader(FilesSource(path=str(path)), Columns(id="id"), workspace)
    items = reader.documents("train", range(reader.splits()["train"]))
    return [
        (item.id, item.text, item.summary) if isinstance(item, Document) else ("", "", item.reason)
        for item in items
    ]


def without_backslashes(rows: Rows) -> Rows:
    return [{name: value.replace("\\", "/") for name, value in row.items()} for row in rows]


def read_or_refusal(path: Path, workspace: Workspace) -> list[tuple[str, str, str]] | str:
    try:
        return read(path, workspace)
    except SourceError as refusal:
        return refusal.message


@pytest.mark.slow
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS)
def test_every_format_gives_the_same_rows_or_refuses(rows: Rows, tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path / "workspace")
    for name, write in FORMATS.items():
        # Whether a backslash that escapes nothing was doubled by the writer, no file tells.
        written = without_backslashes(rows) if write is spark else rows
        expected = [(row["id"], row["document"], row["summary"].strip()) for row in written]
        path = tmp_path / name
        path.write_bytes(write(written))
        found = read_or_refusal(path, workspace)
        if name in EXACT:
            assert found == expected, name
        elif isinstance(found, str):
            assert "two ways" in found or "never closed" in found, found
            event(f"{name} refused")
        else:
            kept = [row for row in found if row[0]]
            assert [row for row in expected if row in kept] == kept, name
            assert len(kept) == len(expected) or len(found) > len(kept), name


@pytest.mark.parametrize("name", FORMATS)
def test_a_folder_and_an_upload_give_the_rows_of_the_file(name: str, tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path / "workspace")
    rows = [
        {"id": f"{row}", "document": f'Text, {row}: a "quote".\nNext line.', "summary": f"Sum; {row}"}
        for row in range(9)
    ]
    (tmp_path / "folder").mkdir()
    for path in (tmp_path / "folder" / name, workspace.uploads / name):
        path.write_bytes(FORMATS[name](rows))
    expected = [(row["id"], row["document"], row["summary"]) for row in rows]
    assert read(tmp_path / "folder", workspace) == expected
    reader = FilesReader(FilesSource(path=f"upload:{name}"), Columns(id="id"), workspace)
    assert [item.id for item in reader.documents("train", range(9))] == [row["id"] for row in rows]
