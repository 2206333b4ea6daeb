"""`deepsynth ask`: summaries of files on the command line."""

import io
import json
from pathlib import Path

import pytest

from web_ui.cli import main

TEXT = "Tea was served. Music was played in Oslo on 3 May."


def ask(tmp_path: Path, *arguments: str) -> int:
    return main(["ask", "--workspace", str(tmp_path / "workspace"), "--model", "tiny", *arguments])


@pytest.fixture
def document(tmp_path: Path) -> Path:
    path = tmp_path / "a.txt"
    path.write_text(TEXT)
    return path


def test_a_summary_is_printed_and_its_cost_is_said_beside_it(
    tmp_path: Path, document: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ask(tmp_path, str(document)) == 0
    printed = capsys.readouterr()
    assert len(printed.out.strip()) > 5
    assert f"{document}: 1 page, {len(TEXT)} text tokens -> 25 vision tokens, 2.0x" in printed.err


def test_a_text_comes_from_standard_input(
    tmp_path: Path, document: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(TEXT))
    assert ask(tmp_path, "-", str(document), "--quiet") == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first == second


def test_json_has_one_object_for_each_file(
    tmp_path: Path, document: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "b.png").write_bytes(b"no picture")
    assert ask(tmp_path, str(document), str(tmp_path / "b.png"), "--json", "--max-tokens", "4") == 1
    first, second = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert (first["num_tokens"], first["is_cut"], first["num_pages"]) == (4, True, 1)
    assert "not a readable picture" in second["error"]["message"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["missing.txt"], "There is no file missing.txt"),
        (["a.xyz"], "is not a kind of file that can be read"),
        (["{document}", "--max-tokens", "none"], "--max-tokens must be a whole number"),
    ],
)
def test_wrong_use_is_said_in_words(
    tmp_path: Path, document: Path, arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ask(tmp_path, *(each.format(document=document) for each in arguments)) == 2
    assert words in capsys.readouterr().err


def test_an_unknown_model_is_refused(
    tmp_path: Path, document: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ask", "--workspace", str(tmp_path), "--model", "none", str(document)]) == 2
    assert "There is no model 'none'" in capsys.readouterr().err
