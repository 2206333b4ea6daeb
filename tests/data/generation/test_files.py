"""Files as sources: kinds, splits, columns, and what bad input is told."""

import csv
import gzip
import json
import os
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data.config import Columns, FilesSource
from data.errors import DeepSynthError, InvalidInput, SourceError, UnknownName, UnsafePath
from data.inspection.inspect_source import inspect_source
from data.records import Document, Rejected
from data.sources import compressed, delimited, tables
from data.sources.files import FilesReader
from data.sources.held_out import HeldOutSplits
from data.store.workspace import Workspace
from tests.data.generation.runs import news, write_lines

ROWS = [news(number) for number in range(8)]


def read(
    path: Path, tmp_path: Path, columns: Columns | None = None, split: str = "train", rows: Any = None
) -> list[Document | Rejected]:
    reader = FilesReader(FilesSource(path=str(path)), columns or Columns(), Workspace.create(tmp_path / "w"))
    return list(reader.documents(split, range(reader.splits()[split]) if rows is None else rows))


def write(folder: Path, kind: str) -> Path:
    path = folder / f"rows.{kind}"
    folder.mkdir(exist_ok=True)
    if kind == "jsonl":
        write_lines(path, [*ROWS[:3], "", *ROWS[3:]])
    elif kind == "csv":
        write_separated(path, ",")
    elif kind == "tsv":
        write_separated(path, "\t")
    elif kind == "json":
        path.write_text(json.dumps(ROWS, indent=2))
    elif kind.endswith(".gz"):
        path.write_bytes(gzip.compress(write(folder, kind.removesuffix(".gz")).read_bytes()))
    else:
        pq.write_table(pa.Table.from_pylist(ROWS), path, row_group_size=3)
    return path


def write_separated(path: Path, delimiter: str) -> None:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(ROWS[0]), delimiter=delimiter)
        writer.writeheader()
        writer.writerows(ROWS)


@pytest.mark.parametrize("kind", ["jsonl", "json", "csv", "tsv", "parquet", "jsonl.gz", "csv.gz"])
@pytest.mark.parametrize("rows", [range(8), [0, 5], [2, 3, 7], []])
def test_every_kind_gives_the_same_rows(tmp_path: Path, kind: str, rows: Any) -> None:
    found = read(write(tmp_path / "in", kind), tmp_path, Columns(id="id"), rows=rows)
    assert [(item.id, item.row, getattr(item, "text", None)) for item in found] == [
        (f"n{row}", row, ROWS[row]["document"]) for row in rows
    ]


def test_a_text_file_takes_its_summary_from_beside_it(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "one.txt").write_text("A long text.")
    (folder / "one.summary.txt").write_text("Short.")
    (folder / "two.txt").write_text("No summary here.")
    (folder / "two.summary.txt").mkdir()
    found = read(folder, tmp_path)
    assert isinstance(found[0], Document)
    assert (found[0].text, found[0].summary, found[0].source) == ("A long text.", "Short.", "one.txt")
    assert isinstance(found[1], Rejected)
    assert "summary" in found[1].reason


def test_a_folder_takes_splits_from_names(tmp_path: Path) -> None:
    for name in ("train-00.jsonl", "train-01.jsonl", "dev.jsonl", "test/part.jsonl"):
        write_lines(tmp_path / "in" / name, [news(len(name))])
    reader = FilesReader(FilesSource(path=str(tmp_path / "in")), Columns(), Workspace.create(tmp_path / "w"))
    assert dict(reader.splits()) == {"train": 2, "validation": 1, "test": 1}


def test_a_file_of_no_split_among_files_of_splits_is_refused(tmp_path: Path) -> None:
    for name in ("train.jsonl", "other.jsonl"):
        write_lines(tmp_path / "in" / name, [news(1)])
    with pytest.raises(InvalidInput, match=r"other\.jsonl"):
        read(tmp_path / "in", tmp_path)


@pytest.mark.parametrize("column", ["dokument", "", "nothing like it"])
def test_a_wrong_column_is_told_those_that_exist(tmp_path: Path, column: str) -> None:
    path = write_lines(tmp_path / "rows.jsonl", ROWS)
    with pytest.raises(UnknownName) as caught:
        read(path, tmp_path, Columns(document=column))
    assert "id, document, summary" in caught.value.hint
    assert "columns.document" in caught.value.fields


@pytest.mark.parametrize(
    "columns", [Columns(document="c0"), Columns(document="c0", summary="c0"), Columns(document="none")]
)
def test_of_many_columns_the_first_are_told(tmp_path: Path, columns: Columns) -> None:
    path = write_lines(tmp_path / "rows.jsonl", [{f"c{number}": "" for number in range(3000)}])
    with pytest.raises(InvalidInput) as caught:
        read(path, tmp_path, columns)
    assert caught.value.hint.endswith("c18, c19 and 2,980 more.")


def test_one_column_cannot_be_both(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "rows.jsonl", ROWS)
    with pytest.raises(InvalidInput, match="cannot be both document and summary"):
        read(path, tmp_path, Columns(document="summary"))


def test_columns_without_a_usual_name_must_be_named(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "rows.jsonl", [{"langtext": "a", "kurztext": "b"}])
    with pytest.raises(UnknownName, match="usual name"):
        read(path, tmp_path)
    assert isinstance(read(path, tmp_path, Columns(document="langtext", summary="kurztext"))[0], Document)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"document": "cut', "line 2 is not JSON"),
        ("[1, 2]", "line 2 is not a JSON object"),
        ({"document": None, "summary": "s"}, "is null"),
        ({"document": "  \n", "summary": "s"}, "is empty"),
        ({"document": ["a", "b"], "summary": "s"}, "is a list, not text"),
        ({"document": 7, "summary": "s"}, "is a number, not text"),
        ({"document": "d"}, "the summary (column 'summary') is null"),
        ({"document": "x" * 10_000_000, "summary": "s"}, "has more than 2,000,000 characters: 10,000,000"),
    ],
)
def test_a_bad_row_is_rejected_with_its_reason(tmp_path: Path, line: Any, reason: str) -> None:
    path = write_lines(tmp_path / "rows.jsonl", [news(0), line, news(2)])
    first, bad, last = read(path, tmp_path)
    assert isinstance(first, Document)
    assert isinstance(last, Document)
    assert isinstance(bad, Rejected)
    assert reason in bad.reason
    assert bad.row == 1


def test_csv_rows_of_another_length_or_encoding_are_rejected(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(b"document,summary\ngood,fine\nonly one\nbad \xff byte,s\n" + "größe,länge\n".encode())
    found = read(path, tmp_path)
    assert [isinstance(item, Document) for item in found] == [True, False, False, True]
    assert [item.reason for item in found if isinstance(item, Rejected)] == [
        "rows.csv line 3 has 1 fields, the header has 2",
        "rows.csv line 4 is not UTF-8; source.encoding reads other encodings",
    ]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        (
            "open.csv",
            'document,summary\na,b\n"a quote that,is open\nc,d\n',
            "line 3: a quote is opened there and never closed",
        ),
        ("pretty.jsonl", '{\n  "document": "a",\n  "summary": "b"\n}\n', "line 1 is not JSON"),
        ("twice.csv", "document,summary,document\na,b,c\n", "more than one column named 'document'"),
        (
            "array.jsonl",
            '[\n{"document": "a", "summary": "b"},\n{"document": "c", "summary": "d"}\n]\n',
            "line 1 is not JSON",
        ),
    ],
)
def test_a_file_that_is_not_what_its_suffix_says_is_told_what_it_is(
    tmp_path: Path, name: str, content: str, words: str
) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(SourceError, match=words):
        read(tmp_path / name, tmp_path)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("long.jsonl.gz", "line 2 is longer than 1 MiB"),
        ("long.csv", "line 2 is longer"),
        ("folded.csv", "field"),
        ("long.txt", "MiB"),
    ],
)
def test_a_row_that_memory_might_not_hold_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, words: str
) -> None:
    for module in (tables, compressed, delimited):
        monkeypatch.setattr(module, "MAX_ROW_BYTES", 1 << 20)
    text = (
        ("document,summary\n" if "csv" in name else "\n")
        + '"'
        + ("x\n" if "folded" in name else "xx") * (1 << 19)
    )
    (tmp_path / name).write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    with pytest.raises(SourceError, match=words):
        read(tmp_path / name, tmp_path)


@pytest.mark.parametrize("kind", ["jsonl", "csv", "parquet"])
def test_a_file_that_shrinks_or_goes_while_it_is_read_is_said(tmp_path: Path, kind: str) -> None:
    path = write(tmp_path / "in", kind)
    reader = FilesReader(FilesSource(path=str(path)), Columns(), Workspace.create(tmp_path / "w"))
    shorter = path.read_bytes().splitlines(keepends=True)[:3]
    path.write_bytes(b"".join(shorter))
    with pytest.raises(SourceError, match=r"it was changed meanwhile|cannot be read"):
        list(reader.documents("train", range(8)))
    path.unlink()
    with pytest.raises(SourceError, match="cannot be read"):
        list(reader.documents("train", range(8)))


def test_a_table_that_has_a_name_twice_is_refused_and_unnamed_columns_are_not(tmp_path: Path) -> None:
    table = pa.table([["a"], ["b"], ["c"]], ["document", "summary", "summary"])
    pq.write_table(table, tmp_path / "twice.parquet")
    with pytest.raises(SourceError, match="more than one column named 'summary'"):
        read(tmp_path / "twice.parquet", tmp_path)
    (tmp_path / "spreadsheet.csv").write_text("document,summary,,\na,b,,\n")
    assert isinstance(read(tmp_path / "spreadsheet.csv", tmp_path)[0], Document)


@pytest.mark.parametrize(
    "values",
    [pa.array([10**15], pa.timestamp("s")), pa.array([b"\xff"]).view(pa.string())],
    ids=["time", "text"],
)
def test_a_value_that_cannot_be_shown_is_said(tmp_path: Path, values: pa.Array) -> None:
    pq.write_table(pa.table({"document": values}), tmp_path / "rows.parquet")
    with pytest.raises(SourceError, match="cannot be read"):
        inspect_source(FilesSource(path=str(tmp_path / "rows.parquet")), Workspace.create(tmp_path / "w"))


def test_a_file_whose_name_is_no_text_is_refused(tmp_path: Path) -> None:
    write_lines(tmp_path / "in" / os.fsdecode(b"caf\xe9.jsonl"), [news(1)])
    with pytest.raises(SourceError, match=r"caf\\udce9\.jsonl"):
        read(tmp_path / "in", tmp_path)


def test_descriptions_beside_the_data_are_no_data(tmp_path: Path) -> None:
    write_lines(tmp_path / "in" / "train.jsonl", [news(1)])
    (tmp_path / "in" / "about.json").write_text("{}")
    assert len(read(tmp_path / "in", tmp_path)) == 1


def test_lone_surrogates_are_replaced(tmp_path: Path) -> None:
    path = write_lines(
        tmp_path / "rows.jsonl", ['{"document": "a \\ud800 b \\ud83d\\ude00", "summary": "s"}']
    )
    (found,) = read(path, tmp_path)
    assert isinstance(found, Document)
    assert found.text == "a \ufffd b \U0001f600"


@pytest.mark.parametrize(
    ("name", "content", "error"),
    [
        ("object.json", b'{"document": "a"}', SourceError),
        ("cut.json", b'[{"document": "a"', SourceError),
        ("windows.csv", "document,summary\na,b\n".encode("utf-16"), SourceError),
        ("latin.csv", "résumé,texte\na,b\n".encode("latin-1"), SourceError),
        ("escape.jsonl", b'{"\\ud800": "a"}', SourceError),
        ("cut.jsonl.gz", gzip.compress(b'{"document": "a"}\n' * 9, mtime=0)[:-12], SourceError),
        ("empty.jsonl", b"", SourceError),
        ("blank.jsonl", b"\n\n", SourceError),
        ("header.csv", b"document,summary\n", SourceError),
        ("empty.txt", b"", SourceError),
        ("noise.parquet", b"PAR1 not really", SourceError),
        ("letter.docx", b"x", SourceError),
        ("missing.jsonl", None, SourceError),
        ("nul\0.jsonl", None, InvalidInput),
        ("upload:../x.jsonl", None, UnsafePath),
        ("upload:missing.jsonl", None, SourceError),
    ],
)
def test_what_cannot_be_read_says_so(
    tmp_path: Path, name: str, content: bytes | None, error: type[DeepSynthError]
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    path = name if name.startswith("upload:") else f"{tmp_path}/{name}"
    with pytest.raises(error) as caught:
        FilesReader(FilesSource(path=path), Columns(), Workspace.create(tmp_path / "w"))
    assert caught.value.hint or caught.value.fields


def test_an_uploaded_file_is_read_from_the_workspace(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path / "w")
    write_lines(workspace.upload("mine.jsonl"), ROWS)
    reader = FilesReader(FilesSource(path="upload:mine.jsonl"), Columns(), workspace)
    assert reader.splits() == {"train": 8}


def test_one_split_is_divided_by_the_hash_of_the_id(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path / "w")

    def divided(rows: list[Any]) -> dict[str, set[str]]:
        reader = FilesReader(
            FilesSource(path=str(write_lines(tmp_path / "rows.jsonl", rows))), Columns(id="id"), workspace
        )
        held_out = HeldOutSplits(reader, 0.2, 0.1)
        return {
            split: {item.id for item in held_out.documents(split, range(count))}
            for split, count in held_out.splits().items()
        }

    rows: list[Any] = [news(number) for number in range(300)]
    splits = divided(rows)
    assert sum(map(len, splits.values())) == 300
    assert 40 < len(splits["validation"]) < 80
    assert 15 < len(splits["test"]) < 50
    later = divided(rows[150:])
    assert all(later[split] <= splits[split] for split in later)


def test_inspection_suggests_columns_by_name_or_by_length(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path / "w")
    path = write_lines(
        tmp_path / "rows.jsonl", [{"nr": 1, "langtext": "a long text " * 9, "kurz": "short text"}, "broken"]
    )
    found = inspect_source(FilesSource(path=str(path)), workspace)
    assert (found.suggestion.document, found.suggestion.summary) == ("langtext", "kurz")
    assert found.as_dict()["columns"] == ["nr", "langtext", "kurz"]
    assert len(found.problems) == 1
    usual = inspect_source(FilesSource(path=str(write_lines(tmp_path / "usual.jsonl", ROWS))), workspace)
    assert usual.suggestion == Columns(document="document", summary="summary", id="id")
    numbered = [{"id": 3, "document": 7, "body_text": "a long text " * 9, "summary": "short"}]
    by_value = inspect_source(
        FilesSource(path=str(write_lines(tmp_path / "numbered.jsonl", numbered))), workspace
    )
    assert by_value.suggestion == Columns(document="body_text", summary="summary", id="id")
