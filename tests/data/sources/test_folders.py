"""Folders of files: which are data, which split each belongs to, and that no file vanishes without a word."""

import gzip
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data.config import Columns, DatasetConfig, FilesSource
from data.errors import DeepSynthError, InvalidInput, SourceError
from data.sources.files import FilesReader
from data.sources.open import open_source
from data.sources.split_names import map_splits
from data.store.workspace import Workspace


def rows(*names: str) -> str:
    return "".join(json.dumps({"document": f"The text of {name}.", "summary": name}) + "\n" for name in names)


def read(folder: Path, **options: Any) -> dict[str, list[str]]:
    """Return split -> summaries."""
    reader = FilesReader(
        FilesSource(path=str(folder), **options), Columns(), Workspace.create(folder.parent / "w")
    )
    documents = {split: reader.documents(split, range(num)) for split, num in reader.splits().items()}
    return {
        split: [getattr(item, "summary", "rejected") for item in items] for split, items in documents.items()
    }


def folder_of(tmp_path: Path, **files: str | bytes) -> Path:
    folder = tmp_path / "in"
    for name, content in files.items():
        path = folder / name.replace("__", "/").replace("_DOT_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


@pytest.mark.parametrize(
    ("train", "test"),
    [
        ("training", "testing"),
        ("train", "eval"),
        ("TRAIN-0001", "test-0001"),
        ("my_train", "evaluation.2024"),
    ],
)
def test_the_words_of_the_datasets_library_name_splits(tmp_path: Path, train: str, test: str) -> None:
    folder = folder_of(tmp_path)
    folder.mkdir()
    (folder / f"{train}.jsonl").write_text(rows("a", "b"))
    (folder / f"{test}.jsonl").write_text(rows("c"))
    assert read(folder) == {"train": ["a", "b"], "test": ["c"]}


def test_a_name_of_two_splits_is_refused_with_the_name(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, train_test_DOT_jsonl=rows("a"), valid_DOT_jsonl=rows("b"))
    with pytest.raises(InvalidInput, match="'train_test' names two splits: train and test"):
        read(folder)


def test_json_beside_other_formats_is_data_when_it_is_an_array(tmp_path: Path) -> None:
    folder = folder_of(
        tmp_path,
        train_DOT_json=json.dumps([{"document": "Long text.", "summary": "a"}]),
        test_DOT_csv="document,summary\nA text.,b\n",
        dataset_info_DOT_json='{"description": "about"}',
    )
    assert read(folder) == {"train": ["a"], "test": ["b"]}


def test_a_file_that_names_a_split_and_cannot_be_read_ends_the_job(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, train_DOT_xlsx=b"PK", test_DOT_jsonl=rows("a"))
    with pytest.raises(SourceError, match=r"train\.xlsx names a split"):
        read(folder)


@pytest.mark.parametrize("suffix", ["gz", "bz2", "xz", "zst"])
def test_a_compressed_file_that_is_cut_is_refused_not_shortened(tmp_path: Path, suffix: str) -> None:
    packed = pack(suffix, rows(*map(str, range(2000))).encode())
    folder = folder_of(tmp_path, test_DOT_jsonl=rows("a"))
    (folder / f"train.jsonl.{suffix}").write_bytes(packed[: len(packed) // 2])
    with pytest.raises(SourceError, match=rf"train\.jsonl\.{suffix}"):
        read(folder)
    (folder / f"train.jsonl.{suffix}").write_bytes(packed)
    assert len(read(folder)["train"]) == 2000


def pack(suffix: str, content: bytes) -> bytes:
    import bz2  # noqa: PLC0415
    import lzma  # noqa: PLC0415

    from backports import zstd  # noqa: PLC0415

    return {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress, "zst": zstd.compress}[suffix](
        content
    )


def test_the_name_of_a_document_is_no_split(tmp_path: Path) -> None:
    names = ("crash-test-of-a-bus", "steam-train-returns", "valley-news")
    files = {f"{name}_DOT_txt": f"The text of {name}." for name in names}
    folder = folder_of(tmp_path, **files, **{f"{name}_DOT_summary_DOT_txt": name for name in names})
    assert read(folder) == {"train": list(names)}


def test_a_word_that_is_no_split_is_named_and_can_be_overruled(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, **{"crash-test_DOT_jsonl": rows("a"), "valley_DOT_jsonl": rows("b")})
    with pytest.raises(InvalidInput, match=r"such as crash-test.jsonl \(test\)"):
        read(folder)
    assert read(folder, split_names={"crash-test": "none"}) == {"train": ["a", "b"]}
    assert read(folder, split_names={"valley": "train"}) == {"train": ["b"], "test": ["a"]}
    assert read(folder, split_names={"valley": "skip"}) == {"test": ["a"]}


def test_files_that_describe_the_data_are_left_out_and_said(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, README_DOT_txt="About.", LICENSE_DOT_txt="MIT", data_DOT_jsonl=rows("a"))
    reader = FilesReader(FilesSource(path=str(folder)), Columns(), Workspace.create(tmp_path / "w"))
    assert read(folder) == {"train": ["a"]}
    assert reader.notes() == ["2 files that describe the data are not read: LICENSE.txt, README.txt."]


def test_an_empty_part_is_left_out_and_said(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, part0_DOT_jsonl=rows("a"), part1_DOT_jsonl="")
    schema = pa.schema([("document", pa.string()), ("summary", pa.string())])
    pq.write_table(schema.empty_table(), folder / "part2.parquet")
    reader = FilesReader(FilesSource(path=str(folder)), Columns(), Workspace.create(tmp_path / "w"))
    assert reader.splits() == {"train": 1}
    assert reader.notes() == ["2 files without rows are left out: part1.jsonl, part2.parquet."]


def test_a_single_split_that_is_no_training_split_is_not_divided(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, test_DOT_jsonl=rows(*map(str, range(50))))
    workspace = Workspace.create(tmp_path / "w")
    config = DatasetConfig(name="d", source={"kind": "files", "path": str(folder)})
    assert list(open_source(config, workspace).splits()) == ["test"]
    mapped = {"kind": "files", "path": str(folder), "split_names": {"test": "train"}}
    assert set(open_source(DatasetConfig(name="d", source=mapped), workspace).splits()) == {
        "train",
        "validation",
        "test",
    }


def test_a_link_is_read_by_its_own_name(tmp_path: Path) -> None:
    (tmp_path / "blobs").mkdir()
    (tmp_path / "blobs" / "0a1b2c").write_text(rows("a"))
    (tmp_path / "snapshot").mkdir()
    (tmp_path / "snapshot" / "train.jsonl").symlink_to("../blobs/0a1b2c")
    assert read(tmp_path / "snapshot" / "train.jsonl") == {"train": ["a"]}
    assert read(tmp_path / "snapshot") == {"train": ["a"]}


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("rows.csv", gzip.compress(b"document,summary\na,b\n", mtime=0), "compressed by gzip"),
        ("rows.csv", b"PK\x03\x04rest", "ZIP archive or an Excel workbook"),
        ("rows.jsonl", b"PAR1....", "Parquet file"),
        ("rows.parquet", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "pointer of Git LFS"),
        ("rows.csv", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "pointer of Git LFS"),
        ("rows.jsonl", b"<!DOCTYPE html><html>", "HTML page"),
        ("rows.csv", b"\0\0\0\0", "many NUL bytes"),
    ],
)
def test_a_file_that_is_something_else_is_called_that(
    tmp_path: Path, name: str, content: bytes, words: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DeepSynthError, match=words):
        read(tmp_path / name)


def test_a_folder_of_save_to_disk_is_named(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, **{"state_DOT_json": "{}", "data-0_DOT_arrow": b"ARROW1"})
    with pytest.raises(SourceError, match="save_to_disk") as refused:
        read(folder)
    assert "to_parquet" in refused.value.hint


def test_a_key_that_only_later_rows_have_is_found(tmp_path: Path) -> None:
    early = "".join(json.dumps({"document": f"Text {row}."}) + "\n" for row in range(150))
    path = tmp_path / "rows.jsonl"
    path.write_text(early + rows("late"))
    assert read(path)["train"][-2:] == ["rejected", "late"]


@pytest.mark.parametrize(
    ("names", "mapping", "mapped"),
    [
        (("train", "dev", "test"), {}, {"train": "train", "validation": "dev", "test": "test"}),
        (("train_sft", "test_sft"), {}, {"train": "train_sft", "test": "test_sft"}),
        (("train", "extra"), {"extra": "skip"}, {"train": "train"}),
        (("train_a", "train_b"), {"train_b": "validation"}, {"train": "train_a", "validation": "train_b"}),
    ],
)
def test_splits_on_the_hub_are_named_by_the_same_rule(names: Any, mapping: Any, mapped: Any) -> None:
    assert map_splits(names, mapping) == mapped


def test_two_hub_splits_of_one_meaning_are_refused() -> None:
    with pytest.raises(InvalidInput, match="'train_sft' and 'train_gen' would both be train"):
        map_splits(("train_sft", "train_gen"), {})
