"""The stage with publishing: shards go up while others are rendered, and a killed run ends with the same
files on the Hub."""

import time
from pathlib import Path

from data.dataset.manifest import read_manifest
from tests.hub.conftest import Program
from tests.hub.stand_in import USER, StandInHub

GENERATE = """
import sys
from pathlib import Path
from data.config import DatasetConfig
from data.errors import DeepSynthError
from data.generate import generate
from data.progress import Silent
from data.store.workspace import Workspace

config = DatasetConfig(
    name="news", source={"kind": "sample", "length": "brief"}, rendering={"mode": "micro"},
    max_samples=150, shard_rows=10,
    num_workers=1, publish={"commit_every_num_samples": 10},
)
try:
    print(generate(config, Workspace.create(Path(sys.argv[1])), Silent()).as_dict())
except DeepSynthError as error:
    sys.exit(f"{error.code}: {error.message}")
"""


def test_killed_while_uploading_nothing_is_lost_or_sent_twice(
    hub: StandInHub, program: Program, tmp_path: Path
) -> None:
    hub.fail("PUT", "/lfs/put/", wait_s=3600, skip=4)
    process = program(hub, GENERATE, tmp_path)
    end = time.monotonic() + 60
    while not hub.num_faults:
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < end
        time.sleep(0.02)
    process.kill()
    process.wait()
    output, _ = program(hub, GENERATE, tmp_path).communicate(timeout=120)
    manifest = read_manifest(tmp_path / "datasets" / "news")
    expected = {entry.path: entry.sha256 for split in manifest.splits.values() for entry in split.shards}
    stored = hub.repositories["datasets", f"{USER}/news"].files
    assert {path: file.sha256 for path, file in stored.items() if path.endswith(".parquet")} == expected, (
        output
    )
    assert (tmp_path / "datasets" / "news" / "README.md").read_bytes() == stored["README.md"].content
    sent = [seen.path for seen in hub.requests if seen.path.startswith("/lfs/put/")]
    assert len(sent) == len(set(sent))


def test_without_a_token_nothing_is_begun(hub: StandInHub, program: Program, tmp_path: Path) -> None:
    output, _ = program(hub, GENERATE, tmp_path, HF_TOKEN=None).communicate(timeout=60)
    assert "unavailable: Publishing needs a Hugging Face token" in output
    assert not (tmp_path / "datasets" / "news").exists()
