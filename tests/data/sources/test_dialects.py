"""Delimited text: the dialect is found by looking and can be overruled; no row is merged or cut unnoticed."""

from pathlib import Path
from typing import Any

import pytest

from data.config import Columns, FilesSource
from data.errors import InvalidInput, SourceError
from data.inspection.inspect_source import inspect_source
from data.records import Document
from data.sources.files import FilesReader
from data.store.workspace import Workspace

SCHOOL = "The village opened a new school on Monday, and ninety pupils came."


def read(path: Path, **options: Any) -> list[tuple[str, str] | str]:
    """Return the text and summary of each row, or why it is rejected."""
    workspace = Workspace.create(path.parent / "workspace")
    reader = FilesReader(FilesSource(path=str(path), **options), Columns(), workspace)
    (split,) = reader.splits()
    return [
        (item.text, item.summary) if isinstance(item, Document) else item.reason
        for item in reader.documents(split, range(reader.splits()[split]))
    ]


def write(tmp_path: Path, name: str, content: str | bytes) -> Path:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("rows.csv", f'document;summary\n"{SCHOOL}";"School; opened."\nSecond text, longer.;Second.\n'),
        ("rows.csv", f"document\tsummary\n{SCHOOL}\tSchool; opened.\nSecond text, longer.\tSecond.\n"),
        ("rows.csv", f'document|summary\n"{SCHOOL}"|School; opened.\n"Second text, longer."|Second.\n'),
        (
            "rows.csv",
            f'sep=;\r\ndocument;summary\r\n"{SCHOOL}";"School; opened."\r\nSecond text, longer.;Second.',
        ),
        ("rows.csv", f'document, summary\n"{SCHOOL}", "School; opened."\n"Second text, longer.", Second.\n'),
        ("rows.tsv", f'document,summary\n"{SCHOOL}","School; opened."\n"Second text, longer.",Second.\n'),
        (
            "rows.csv",
            f'\ufeffdocument,summary\n"{SCHOOL}","School; opened."\n"Second text, longer.",Second.\n',
        ),
    ],
)
def test_delimiters_are_found_by_looking(tmp_path: Path, name: str, content: str) -> None:
    rows = [(SCHOOL, "School; opened."), ("Second text, longer.", "Second.")]
    assert read(write(tmp_path, name, content)) == rows


def test_backslashes_before_quotes_as_spark_writes_them(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "rows.csv",
        'document,summary\n"He said \\"we open today\\", and C:\\\\new\\folder.","Opens '
        '\\"hall\\"."\n"Plain, row.",P.\n',
    )
    assert read(path) == [
        ('He said "we open today", and C:\\new\\folder.', 'Opens "hall".'),
        ("Plain, row.", "P."),
    ]


def test_quotes_in_text_that_tabs_delimit_are_literal(tmp_path: Path) -> None:
    lines = ['"We open today, said the mayor.\tOpens.', "Rain fell.\tRain.", '"It is late, said he.\tLate.']
    path = write(tmp_path, "rows.tsv", "document\tsummary\n" + "\n".join(lines) + "\n")
    assert read(path) == [tuple(line.split("\t")) for line in lines]


def test_a_line_with_a_faulty_quote_is_rejected_and_the_lines_below_it_are_read(tmp_path: Path) -> None:
    rows = "".join(f'"Text {number}, whole.",Row {number}.\n' for number in range(3))
    path = write(tmp_path, "rows.csv", f'document,summary\n{rows}"open, quote,x\n{rows}')
    plain = [(f"Text {number}, whole.", f"Row {number}.") for number in range(3)]
    assert read(path) == [*plain, "rows.csv line 5: a quote or a line end is not written properly", *plain]


@pytest.mark.parametrize(
    ("content", "option"),
    [
        ('document,summary\n"Rain fell.,Rain.\nSun.,Sun.\nHe said it is late",Late.\n', "quote"),
        ('document,summary\n"two backslashes \\\\"" and a quote",y\n', "escape"),
    ],
)
def test_what_can_be_read_in_two_ways_is_refused_with_the_option_that_decides(
    tmp_path: Path, content: str, option: str
) -> None:
    path = write(tmp_path, "rows.csv", content)
    with pytest.raises(SourceError, match="two ways") as refused:
        read(path)
    assert f"source.{option}" in refused.value.hint


@pytest.mark.parametrize(
    ("options", "rows"),
    [
        ({"quote": "none"}, [('"Rain fell.', "Rain."), ("Sun.", "Sun."), ('He said it is late"', "Late.")]),
        ({"quote": '"'}, [("Rain fell.,Rain.\nSun.,Sun.\nHe said it is late", "Late.")]),
    ],
)
def test_a_decision_of_the_user_holds(tmp_path: Path, options: Any, rows: Any) -> None:
    content = 'document,summary\n"Rain fell.,Rain.\nSun.,Sun.\nHe said it is late",Late.\n'
    assert read(write(tmp_path, "rows.csv", content), **options) == rows


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16", "utf-16-le", "gb18030"])
def test_an_encoding_that_is_named_is_used(tmp_path: Path, encoding: str) -> None:
    content = "document,summary\nCafé résumé – long text,Süß\n".encode(encoding)
    assert read(write(tmp_path, "rows.csv", content), encoding=encoding) == [
        ("Café résumé – long text", "Süß")
    ]


@pytest.mark.parametrize("name", ["rows.csv", "rows.jsonl", "rows.json"])
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-16", "utf-32"])
def test_other_encodings_than_utf8_are_refused_by_name(tmp_path: Path, name: str, encoding: str) -> None:
    content = (
        "document,summary\nA text,A summary\n"
        if name == "rows.csv"
        else '[{"document": "a", "summary": "b"}]'
    )
    with pytest.raises(SourceError, match=encoding[:6].upper()):
        read(write(tmp_path, name, content.encode(encoding)))


def test_an_unknown_encoding_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="utf-99"):
        read(write(tmp_path, "rows.csv", "document,summary\na,b\n"), encoding="utf-99")


def test_a_first_line_of_text_is_no_header_and_the_message_is_short(tmp_path: Path) -> None:
    path = write(tmp_path, "rows.csv", f'"{SCHOOL * 400}","School."\n"{SCHOOL}",b\n')
    with pytest.raises(SourceError, match="does not look like column names") as refused:
        inspect_source(FilesSource(path=str(path)), Workspace.create(tmp_path / "w"))
    assert len(refused.value.message) < 300


def test_lines_may_end_in_carriage_returns(tmp_path: Path) -> None:
    assert read(write(tmp_path, "rows.csv", "document,summary\rA text,A\rB text,B\r")) == [
        ("A text", "A"),
        ("B text", "B"),
    ]


def test_an_inspection_says_how_the_file_is_read(tmp_path: Path) -> None:
    path = write(tmp_path, "rows.csv", f"document;summary\n{SCHOOL};School.\n")
    inspection = inspect_source(FilesSource(path=str(path)), Workspace.create(tmp_path / "w"))
    assert "separated by semicolons" in inspection.notes[0]


@pytest.mark.parametrize("name", ["joined.csv", "joined.tsv"])
def test_a_header_within_joined_files_is_no_document(tmp_path: Path, name: str) -> None:
    text = "document,summary\nA text.,a\ndocument,summary\nB text.,b\n"
    path = write(tmp_path, name, text if name.endswith("csv") else text.replace(",", "\t"))
    assert read(path) == [("A text.", "a"), f"{name} line 3 repeats the header", ("B text.", "b")]


def test_a_key_that_an_object_holds_twice_loses_no_value(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "a.jsonl",
        '{"document": "A.", "summary": "a", "summary": "b"}\n{"document": "B.", "summary": "b"}\n',
    )
    assert read(path) == ["a.jsonl line 1: an object has the key 'summary' twice", ("B.", "b")]
    path = write(tmp_path, "a.json", '[{"document": "A.", "document": "B.", "summary": "a"}]')
    with pytest.raises(SourceError, match="the key 'document' twice"):
        read(path)
