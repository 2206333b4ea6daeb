"""Page datasets, opened for training."""

import json
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from data.errors import Conflict, InvalidInput, NotFound, StorageError
from data.store.workspace import Workspace
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
