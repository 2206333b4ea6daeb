"""A Hub dataset as the source of a run: resumed at the commit it was begun from, with splits, configurations
and samples chosen."""

import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.hub.conftest import programs
from tests.hub.stand_in import StandInHub
from tests.hub.test_reading import parquet

# Carries out one configuration a line: importing `datasets` takes longer than a run. A wish to stop is looked
# for at every report.
GENERATE = """
import json, sys
from pathlib import Path
from data.sharding import progress_reporter
from data.config import DatasetConfig
from data.errors import DeepSynthError, Stopped
from data.generate import generate
from data.store.workspace import Workspace
from tests.data.generation.runs import Notes

progress_reporter.REPORT_EVERY_S = 0.0
for line in sys.stdin:
    values = json.loads(line)
    stop_after = values.pop("stop_after", None)
    limit = float("inf") if stop_after is None else stop_after
    notes = Notes(lambda notes: any(done >= limit for done, _, _ in notes.positions))
    config = DatasetConfig(rendering={"mode": "micro"}, shard_rows=5, num_workers=1, **values)
    try:
        answer = generate(config, Workspace.create(Path(sys.argv[1])), notes).as_dict()
    except Stopped:
        answer = {"said": "stopped"}
    except DeepSynthError as error:
        answer = error.as_dict()
    print("answer", json.dumps(answer), flush=True)
"""
Generated = Callable[..., dict[str, Any]]
NUM_ROWS = 40


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandInHub]:
    with StandInHub(tmp_path_factory.mktemp("hub")) as running:
        yield running


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("workspace")


@pytest.fixture(scope="module")
def generated(hub: StandInHub, root: Path) -> Iterator[Generated]:
    with programs() as program:
        process = program(hub, GENERATE, root)
        assert process.stdin
        assert process.stdout

        def carry_out(**values: Any) -> dict[str, Any]:
            process.stdin.write(json.dumps(values) + "\n")
            process.stdin.flush()
            said = []
            for line in process.stdout:
                if line.startswith("answer "):
                    answer: dict[str, Any] = json.loads(line.removeprefix("answer "))
                    return answer
                said.append(line)
            raise AssertionError("".join(said))

        yield carry_out


def test_a_run_goes_on_at_the_commit_it_was_begun_from(hub: StandInHub, generated: Generated) -> None:
    repository = hub.repository("news/moving")
    repository.put(
        {
            f"data/{split}.parquet": parquet(*(f"{split} text {row}" for row in range(NUM_ROWS)))
            for split in ("train", "test")
        }
    )
    source = {"kind": "hub", "id": "news/moving"}
    assert generated(name="m", source=source, stop_after=6) == {"said": "stopped"}
    repository.put({"data/train.parquet": parquet("quite another text")})
    assert generated(name="m", source=source)["splits"] == {"train": NUM_ROWS, "test": NUM_ROWS}
    assert generated(name="n", source=source)["splits"] == {"train": 1, "test": NUM_ROWS}


def test_samples_are_chosen_with_and_without_streaming(
    hub: StandInHub, generated: Generated, root: Path
) -> None:
    hub.repository("news/plain").put(
        {"data/train-00000.parquet": parquet(*(f"text {row}" for row in range(60)))}
    )
    for name, streaming in (("a", True), ("b", False)):
        source = {"kind": "hub", "id": "news/plain", "streaming": streaming}
        done = generated(name=name, source=source, splits=["train"], max_samples=7)
        assert done["splits"] == {"train": 7}
    shards = [
        next((root / "datasets" / name / "train").glob("*0.parquet")).read_bytes() for name in ("a", "b")
    ]
    assert shards[0] == shards[1]


def test_an_unknown_configuration_lists_those_that_exist(hub: StandInHub, generated: Generated) -> None:
    card = (
        "---\nconfigs:\n- config_name: long\n  data_files: data/a.parquet\n- config_name: short\n  "
        "data_files: data/b.parquet\n---\n"
    )
    files = {"README.md": card.encode(), "data/a.parquet": parquet("a"), "data/b.parquet": parquet("b")}
    hub.repository("news/several").put(files)
    for config in (None, "middling"):
        refused = generated(name="s", source={"kind": "hub", "id": "news/several", "config": config})
        assert refused["code"] == "unknown_name"
        assert "long" in str(refused["hint"])
        assert "short" in str(refused["hint"])


@pytest.mark.parametrize("streaming", [True, False])
@pytest.mark.parametrize("suffix", ["parquet", "jsonl"])
def test_losses_of_a_hub_set_are_counted_by_reason(
    hub: StandInHub, generated: Generated, streaming: bool, suffix: str
) -> None:
    rows = [{"document": f"text {row}", "summary": "a"} for row in range(4)]
    rows += [{"document": "text 0", "summary": "b"}, {"document": "text 1", "summary": "a"}]
    rows += [{"document": "\u200b", "summary": "a"}]
    lines = "".join(json.dumps(row) + "\n" for row in rows).encode()
    files = {"jsonl": lines, "parquet": _parquet_of(rows)}
    name = f"lossy-{suffix}-{'s' if streaming else 'd'}"
    hub.repository(f"news/{name}").put({f"data/train.{suffix}": files[suffix]})
    source = {"kind": "hub", "id": f"news/{name}", "streaming": streaming}
    losses = generated(name=name, source=source, splits=["train"], validation_fraction=0, test_fraction=0)[
        "losses"
    ]
    assert {loss["kind"]: loss["reasons"] for loss in losses} == {
        "rejected": {"the document (column 'document') holds invisible characters only": 1},
        "merged": {"the same document and summary": 1, "the same document with another summary": 1},
        "cut": {},
        "missing_glyphs": {},
    }


def _parquet_of(rows: list[dict[str, str]]) -> bytes:
    stream = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), stream)
    return stream.getvalue()
