"""Page datasets, opened for training."""

import json
import os
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from data.errors import Conflict, InvalidInput, NotFound, StorageError
from data.store.workspace import Workspace
from tests.training.trainings import replace_summaries
from training.inputs.dataset import open_dataset


@pytest.fixture
def copy(brief_workspace: Workspace, tmp_path: Path) -> Workspace:
    """Return a workspace with a copy of the dataset, which a test may damage."""
    workspace = Workspace.create(tmp_path)
    shutil.copytree(brief_workspace.dataset("brief"), workspace.dataset("brief"))
    return workspace


def test_rows_are_read_in_any_order(brief_workspace: Workspace) -> None:
    training = open_dataset(brief_workspace, "brief").split("train")
    last, first = training[len(training) - 1], training[0]
    assert last.document_id != first.document_id
    assert first.pages[0].startswith(b"\x89PNG")
    assert first.summary.endswith("people.")
    assert training.summaries()[0] == first.summary
    assert training.num_pages()[0] == len(first.pages) == 1


def test_first_returns_the_first_samples(brief_workspace: Workspace) -> None:
    training = open_dataset(brief_workspace, "brief").split("train")
    assert len(training.first(3)) == 3
    assert len(training.first(10_000)) == len(training.first(None)) == len(training)


def test_a_dataset_knows_its_mode_and_page_size(brief_workspace: Workspace) -> None:
    dataset = open_dataset(brief_workspace, "brief")
    assert (dataset.mode, dataset.page_size_px) == ("micro", 320)


@pytest.mark.parametrize("column", ["images", "summary"])
def test_a_missing_column_is_named(copy: Workspace, column: str) -> None:
    shard = next((copy.dataset("brief") / "train").glob("*.parquet"))
    pq.write_table(pq.read_table(shard).drop_columns([column]), shard)
    with pytest.raises(InvalidInput, match=f"no column {column}"):
        open_dataset(copy, "brief").split("train")


def test_a_damaged_shard_is_named(copy: Workspace) -> None:
    shard = next((copy.dataset("brief") / "train").glob("*.parquet"))
    shard.write_bytes(shard.read_bytes()[:100])
    with pytest.raises(StorageError, match=shard.name):
        open_dataset(copy, "brief").split("train")


def test_an_unfinished_dataset_is_refused(copy: Workspace) -> None:
    path = copy.dataset("brief") / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"complete": False}))
    with pytest.raises(Conflict, match="not finished"):
        open_dataset(copy, "brief")


def test_an_unknown_dataset_and_split_are_refused(brief_workspace: Workspace) -> None:
    with pytest.raises(NotFound):
        open_dataset(brief_workspace, "nothing")
    with pytest.raises(InvalidInput, match="no samples in its split 'elsewhere'"):
        open_dataset(brief_workspace, "brief").split("elsewhere")


def backwards(text: str) -> str:
    return text[::-1]


@pytest.mark.parametrize("name", ["ws [1]", "a::b", "x*?", "{a,b}", "d=1", "hf:", "zip:__x"])
def test_a_workspace_may_have_any_name(brief_workspace: Workspace, tmp_path: Path, name: str) -> None:
    workspace = Workspace.create(tmp_path / name)
    shutil.copytree(brief_workspace.dataset("brief"), workspace.dataset("brief"))
    sibling = Workspace.create(tmp_path / "ws 1")  # the pattern "ws [1]" means this folder
    shutil.copytree(brief_workspace.dataset("brief"), sibling.dataset("brief"))
    replace_summaries(sibling.dataset("brief"), "train", backwards)
    wanted = open_dataset(brief_workspace, "brief").split("train").summaries()
    assert open_dataset(workspace, "brief").split("train").summaries() == wanted


def test_a_dataset_that_replaces_another_is_read_though_its_files_have_equal_times(copy: Workspace) -> None:
    earlier = open_dataset(copy, "brief").split("train").summaries()
    times = next((copy.dataset("brief") / "train").glob("*.parquet")).stat()
    shard = replace_summaries(copy.dataset("brief"), "train", backwards)
    os.utime(shard, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert open_dataset(copy, "brief").split("train").summaries() == [text[::-1] for text in earlier]


def test_an_edited_shard_is_named_also_after_it_was_read(copy: Workspace) -> None:
    for split in ("train", "test"):
        open_dataset(copy, "brief").split(split)
        shard = replace_summaries(copy.dataset("brief"), split, backwards, reseal=False)
        with pytest.raises(StorageError, match=f"{split}/{shard.name} has changed"):
            open_dataset(copy, "brief").split(split)


def test_the_arrow_file_is_made_once_and_has_one_copy_of_the_pages(copy: Workspace) -> None:
    for _ in range(2):
        open_dataset(copy, "brief").split("train")
    files = [path for path in copy.arrow_cache("brief").rglob("*") if path.stat().st_size]
    assert [path.name for path in files if path.is_file()] == ["train.arrow"]
