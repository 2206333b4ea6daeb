"""A Hub dataset as the source of a run: resumed at the commit it was begun from, with splits, configurations and samples chosen."""

import json
from pathlib import Path

from tests.hub.conftest import Program, hub, program  # noqa: F401 - fixtures
from tests.hub.stand_in import StandInHub
from tests.hub.test_reading import parquet

GENERATE = """
import json, sys
from pathlib import Path
from data.config import DatasetConfig
from data.errors import DeepSynthError, Stopped
from data.generate import generate
from data.store.workspace import Workspace
from tests.data.generation.runs import Notes

values = json.loads(sys.argv[2])
stop_after = values.pop("stop_after", None)
notes = Notes(lambda notes: stop_after is not None and any(done >= stop_after for done, _, _ in notes.positions))
config = DatasetConfig(rendering={"mode": "micro"}, shard_rows=5, num_workers=1, **values)
try:
    print(json.dumps(generate(config, Workspace.create(Path(sys.argv[1])), notes).as_dict()))
except Stopped:
    print(json.dumps("stopped"))
except DeepSynthError as error:
    print(json.dumps(error.as_dict()))
"""


# Whether to stop is asked twice a second; this many rows take longer, so that the run is still going when it is asked.
NUM_ROWS = 1000


def generated(hub: StandInHub, program: Program, root: Path, **values: object) -> dict[str, object]:  # noqa: F811
    output, _ = program(hub, GENERATE, root, json.dumps(values)).communicate(timeout=300)
    found = json.loads(output.splitlines()[-1])
    return found if isinstance(found, dict) else {"said": found}


def test_a_run_goes_on_at_the_commit_it_was_begun_from(hub: StandInHub, program: Program, tmp_path: Path) -> None:  # noqa: F811
    repository = hub.repository("news/moving")
    repository.put({f"data/{split}.parquet": parquet(*(f"{split} text {row}" for row in range(NUM_ROWS))) for split in ("train", "test")})
    source = {"kind": "hub", "id": "news/moving"}
    assert generated(hub, program, tmp_path, name="m", source=source, stop_after=1) == {"said": "stopped"}
    repository.put({"data/train.parquet": parquet("quite another text")})
    assert generated(hub, program, tmp_path, name="m", source=source)["splits"] == {"train": NUM_ROWS, "test": NUM_ROWS}
    assert generated(hub, program, tmp_path, name="n", source=source)["splits"] == {"train": 1, "test": NUM_ROWS}


def test_samples_are_chosen_with_and_without_streaming(hub: StandInHub, program: Program, tmp_path: Path) -> None:  # noqa: F811
    hub.repository("news/plain").put({"data/train.parquet": parquet(*(f"text {row}" for row in range(60)))})
    for name, streaming in (("a", True), ("b", False)):
        source = {"kind": "hub", "id": "news/plain", "streaming": streaming}
        done = generated(hub, program, tmp_path, name=name, source=source, splits=["train"], max_samples=7)
        assert done["splits"] == {"train": 7}
    shards = [next((tmp_path / "datasets" / name / "train").glob("*0.parquet")).read_bytes() for name in ("a", "b")]
    assert shards[0] == shards[1]


def test_an_unknown_configuration_lists_those_that_exist(hub: StandInHub, program: Program, tmp_path: Path) -> None:  # noqa: F811
    card = "---\nconfigs:\n- config_name: long\n  data_files: data/a.parquet\n- config_name: short\n  data_files: data/b.parquet\n---\n"
    files = {"README.md": card.encode(), "data/a.parquet": parquet("a"), "data/b.parquet": parquet("b")}
    hub.repository("news/several").put(files)
    for config in (None, "middling"):
        refused = generated(hub, program, tmp_path, name="s", source={"kind": "hub", "id": "news/several", "config": config})
        assert refused["code"] == "unknown_name"
        assert "long" in str(refused["hint"])
        assert "short" in str(refused["hint"])
