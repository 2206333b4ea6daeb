"""Publishing datasets with the real client: nothing lost, nothing doubled, whatever the Hub and the machine
do."""

import json
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from data.dataset.manifest import read_manifest
from data.hub.pace import BURST_COMMITS, COMMITS_PER_HOUR, CommitRateLimiter
from data.hub.publish import PACE
from tests.hub.conftest import Program, programs
from tests.hub.stand_in import TOKEN, USER, StandInHub

# Tells of each shard of a finished dataset as the stage would while rendering, then finishes.
PUBLISH = """
import sys, time
from pathlib import Path
from data.config import DatasetConfig
from data.errors import DeepSynthError
from data.backoff import Backoff
from data.progress import Silent
from data.hub.publish import open_publisher
from data.dataset.shards import read_manifest

class Printed(Silent):
    def message(self, text, level="info"):
        print(level, text, flush=True)

folder, options, pause_s = Path(sys.argv[1]), eval(sys.argv[2]), float(sys.argv[3])
manifest = read_manifest(folder)
repositories = options.pop("repo_id", None)
try:
    for repo_id in repositories if isinstance(repositories, list) else [repositories]:
        publish = {"repo_id": repo_id, **options}
        config = DatasetConfig(name=folder.name, source={"kind": "sample"}, publish=publish)
        backoff = Backoff(num_attempts=4, first_wait_s=0.05, max_wait_s=0.2)
        publisher = open_publisher(config, folder, Printed(), backoff)
        for split in manifest.splits.values():
            for entry in split.shards:
                publisher.add_shard(entry)
                time.sleep(pause_s)
        print("rendered", publisher.poll(), flush=True)
        print(publisher.finish(manifest).as_dict())
except DeepSynthError as error:
    sys.exit(f"{error.code}: {error.message} {error.hint}")
"""


def publish(
    program: Program,
    hub: StandInHub,
    folder: Path,
    pause_s: float = 0,
    environment: Any = None,
    **options: Any,
) -> str:
    options = {"commit_every_num_samples": 10, **options}
    output, _ = program(hub, PUBLISH, folder, repr(options), pause_s, **(environment or {})).communicate(
        timeout=60
    )
    return output


def shards(folder: Path) -> dict[str, str]:
    return {
        entry.path: entry.sha256 for split in read_manifest(folder).splits.values() for entry in split.shards
    }


def published(hub: StandInHub, repo_id: str = f"{USER}/news") -> dict[str, str | None]:
    files = hub.repositories["datasets", repo_id].files
    return {path: stored.sha256 for path, stored in files.items() if path.endswith(".parquet")}


@pytest.mark.parametrize("mode", ["lfs", "xet"])
def test_everything_is_there_with_the_manifests_digests(
    tmp_path: Path, program: Program, dataset: Path, mode: Any
) -> None:
    with StandInHub(tmp_path / "hub", mode) as hub:
        output = publish(program, hub, dataset)
        repository = hub.repositories["datasets", f"{USER}/news"]
        assert published(hub) == shards(dataset), output
        assert repository.private
        assert {"README.md", "example_page.png"} < set(repository.files)
        assert (
            f"Published and verified {len(shards(dataset)) + 2} files at {hub.url}/datasets/{USER}/news."
            in output
        )
        assert bool(hub.objects) == (mode == "lfs")


def test_shards_go_up_while_others_are_made(hub: StandInHub, program: Program, dataset: Path) -> None:
    output = publish(program, hub, dataset, pause_s=0.4)
    uploaded = re.search(r"rendered (\d+)", output)
    assert uploaded
    assert int(uploaded[1]) > 0
    assert len(hub.repositories["datasets", f"{USER}/news"].history) > 3


def test_shards_are_gathered_into_one_commit(hub: StandInHub, program: Program, dataset: Path) -> None:
    publish(program, hub, dataset, pause_s=0.1, commit_every_num_samples=1000)
    assert (
        len(hub.repositories["datasets", f"{USER}/news"].history) == 2
    )  # the empty repository, and one commit


def test_load_dataset_reads_it_back_streaming_and_whole(
    hub: StandInHub, program: Program, dataset: Path
) -> None:
    publish(program, hub, dataset)
    expected = {
        name: [entry.counts.num_kept, [320, 320], name]
        for name, entry in read_manifest(dataset).splits.items()
    }
    shutil.rmtree(dataset)
    code = """
import datasets, json, sys
found = {}
for split in datasets.get_dataset_split_names(sys.argv[1]):
    rows = list(datasets.load_dataset(sys.argv[1], split=split, streaming=True))
    found[split] = [len(rows), rows[0]["images"][0].size, rows[0]["split"]]
print(json.dumps([found, datasets.load_dataset(sys.argv[1])["train"].num_rows]))
"""
    output, _ = program(hub, code, f"{USER}/news").communicate(timeout=120)
    assert json.loads(output.splitlines()[-1]) == [expected, 60]


FAULTS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "too-many-retry-after": ("POST", "/commit/", {"status": 429, "headers": {"Retry-After": "0.4"}}),
    "too-many-rate-limit": ("POST", "/commit/", {"status": 429, "headers": {"RateLimit": '"api";r=0;t=0'}}),
    "commit-500-twice": ("POST", "/commit/", {"status": 500, "times": 2}),
    "commit-500-for-long": (
        "POST",
        "/commit/",
        {"status": 500, "times": 5},
    ),  # more than the attempts of one upload
    "stale-parent": ("POST", "/commit/", {"status": 412}),
    "commit-never-arrives": ("POST", "/commit/", {"drop": "before"}),
    "commit-answer-lost": ("POST", "/commit/", {"drop": "after"}),
    "preupload-503": ("POST", "/preupload/", {"status": 503}),
    "listing-dropped": ("GET", "/tree/", {"drop": "before"}),
}


@pytest.fixture(scope="module")
def survived(
    tmp_path_factory: pytest.TempPathFactory, finished_dataset: Path
) -> Iterator[tuple[StandInHub, str]]:
    """Each fault, met by a repository of its own, in one run of the client."""
    with StandInHub(tmp_path_factory.mktemp("hub")) as hub, programs() as program:
        for name, (method, path, fault) in FAULTS.items():
            hub.fail(method, f"/{name}{path}", **fault)
        yield hub, publish(program, hub, finished_dataset, repo_id=[f"{USER}/{name}" for name in FAULTS])


@pytest.mark.parametrize("name", FAULTS)
def test_passing_faults_lose_and_double_nothing(
    survived: tuple[StandInHub, str], finished_dataset: Path, name: str
) -> None:
    hub, output = survived
    assert published(hub, f"{USER}/{name}") == shards(finished_dataset), output
    summaries = hub.repositories["datasets", f"{USER}/{name}"].summaries
    assert len(set(summaries)) == len(summaries)


@pytest.mark.parametrize("words", ["HTTP 429", "HTTP 500", "HTTP 412", "RemoteProtocolError"])
def test_waiting_is_said(survived: tuple[StandInHub, str], words: str) -> None:
    assert re.search(
        rf"warning Hub: uploading \d+ files failed \({words}.*\); trying again in \d+ s \(attempt 2 of 4\)",
        survived[1],
    )


XET_FAULTS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "token-503": ("GET", "/xet-write-token/", {"status": 503}),
    "token-dropped": ("GET", "/xet-write-token/", {"drop": "before"}),
    "xet-commit-answer-lost": ("POST", "/commit/", {"drop": "after"}),
}


def test_passing_faults_lose_and_double_nothing_in_xet_mode(
    tmp_path: Path, program: Program, dataset: Path
) -> None:
    with StandInHub(tmp_path / "hub", "xet") as hub:
        for name, (method, path, fault) in XET_FAULTS.items():
            hub.fail(method, f"/{name}{path}", **fault)
        output = publish(
            program,
            hub,
            dataset,
            repo_id=[f"{USER}/{name}" for name in XET_FAULTS],
            commit_every_num_samples=1000,
        )
        assert hub.num_faults == len(XET_FAULTS), output
        for name in XET_FAULTS:
            assert published(hub, f"{USER}/{name}") == shards(dataset), output
            assert len(hub.repositories["datasets", f"{USER}/{name}"].history) == 2


@pytest.mark.parametrize("fault", [{"status": 503}, {"drop": "after"}], ids=str)
def test_a_fault_while_sending_a_file_is_survived(
    hub: StandInHub, program: Program, dataset: Path, fault: dict[str, Any]
) -> None:
    hub.fail("PUT", "/lfs/put/", **fault)
    output = publish(program, hub, dataset)
    assert published(hub) == shards(dataset), output


def test_an_outage_ends_publishing_after_bounded_attempts_but_not_drawing(
    hub: StandInHub, program: Program, dataset: Path
) -> None:
    hub.fail("POST", "/commit/", times=1000, status=500)
    output = publish(program, hub, dataset)
    assert "Rendering continues; these files are sent later.\n" in output
    assert "hub_failed: Uploading 10 files at tester/news failed: HTTP 500" in output
    assert hub.count("POST", "/commit/") == 8


def test_a_token_that_lost_its_rights_ends_the_run_at_once(
    hub: StandInHub, program: Program, dataset: Path
) -> None:
    hub.fail("POST", "/commit/", times=1000, status=403)
    output = publish(program, hub, dataset, pause_s=0.3)
    assert "Give the token write access to tester/news" in output
    assert "rendered" not in output
    assert hub.count("POST", "/commit/") == 1


def test_a_killed_upload_goes_on_without_sending_a_file_twice(
    hub: StandInHub, program: Program, dataset: Path
) -> None:
    hub.fail("PUT", "/lfs/put/", wait_s=3600, skip=3)
    process = program(hub, PUBLISH, dataset, "{'commit_every_num_samples': 10}", 0)
    until(lambda: hub.num_faults == 1)
    process.kill()
    process.wait()
    output = publish(program, hub, dataset)
    assert published(hub) == shards(dataset), output
    sent = [seen.path for seen in hub.requests if seen.path.startswith("/lfs/put/")]
    assert len(sent) == len(set(sent)) == len(hub.objects)


def test_publishing_again_sends_nothing(hub: StandInHub, program: Program, dataset: Path) -> None:
    publish(program, hub, dataset)
    before = len(hub.repositories["datasets", f"{USER}/news"].history)
    output = publish(program, hub, dataset)
    assert "'num_uploaded': 0" in output
    assert len(hub.repositories["datasets", f"{USER}/news"].history) == before


def test_shards_of_an_earlier_dataset_leave_though_the_answer_is_lost(
    hub: StandInHub, program: Program, dataset: Path
) -> None:
    repository = hub.repository(f"{USER}/news", private=True)
    repository.put({"train/shard-00099.parquet": b"old"})
    hub.fail("POST", "/commit/", drop="after")
    output = publish(program, hub, dataset, commit_every_num_samples=1000)
    assert published(hub) == shards(dataset), output
    assert "1 shards of an earlier dataset are deleted from" in output
    assert f"Published and verified {len(shards(dataset)) + 2} files" in output
    assert len(repository.history) == 3  # the empty repository, the old shard, and one commit


def test_a_commit_that_the_hub_forgot_is_found_out(hub: StandInHub, program: Program, dataset: Path) -> None:
    lie = {
        "success": True,
        "commitOid": "0" * 40,
        "commitUrl": f"{hub.url}/datasets/{USER}/news/commit/{'0' * 40}",
    }
    hub.fail("POST", "/commit/", times=1000, status=200, body=lie)
    output = publish(program, hub, dataset, commit_every_num_samples=1000)
    assert "files in tester/news are missing or differ after the upload" in output


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"HF_TOKEN": None}, "HF_TOKEN is not set"),
        ({"HF_USERNAME": None}, "HF_USERNAME is not set"),
        ({"HF_HUB_OFFLINE": "1"}, "HF_HUB_OFFLINE"),
    ],
)
def test_what_is_missing_is_said_before_anything_is_sent(
    hub: StandInHub, program: Program, dataset: Path, environment: dict[str, str | None], words: str
) -> None:
    assert words in publish(program, hub, dataset, environment=environment)
    assert hub.requests == []


def test_a_token_that_is_not_valid_is_refused_at_once(
    hub: StandInHub, program: Program, dataset: Path
) -> None:
    output = publish(program, hub, dataset, environment={"HF_TOKEN": "hf_old"})
    assert "HF_TOKEN is not valid" in output
    assert "rendered" not in output


def test_a_foreign_namespace_is_refused_at_once(hub: StandInHub, program: Program, dataset: Path) -> None:
    output = publish(program, hub, dataset, repo_id="someone/news")
    assert "Give the token write access to someone/news" in output


def test_pages_do_not_slip_into_a_public_repository(hub: StandInHub, program: Program, dataset: Path) -> None:
    hub.repository(f"{USER}/news", private=False)
    assert "exists and is public" in publish(program, hub, dataset)
    assert published(hub) == {}


def test_a_repository_with_something_else_is_left_alone(
    hub: StandInHub, program: Program, dataset: Path
) -> None:
    hub.repository(f"{USER}/news", private=True).put({"data/mine.csv": b"a,b"})
    assert "holds something else: data/mine.csv" in publish(program, hub, dataset)


def test_the_token_appears_nowhere(hub: StandInHub, program: Program, dataset: Path) -> None:
    hub.fail("POST", "/commit/", status=500, body={"error": f"bad header: Bearer {TOKEN}"}, times=2)
    output = publish(program, hub, dataset)
    assert "bad header: Bearer ***" in output
    assert TOKEN not in output
    written = [path for path in dataset.rglob("*") if path.is_file()]
    assert not [path for path in written if TOKEN.encode() in path.read_bytes()]


def test_a_stop_is_heard_while_waiting_for_the_hub(hub: StandInHub, program: Program, dataset: Path) -> None:
    hub.fail("POST", "/commit/", status=429, headers={"Retry-After": "600"})
    code = PUBLISH.replace(
        "class Printed(Silent):",
        "class Printed(Silent):\n    def should_stop(self):\n        return bool(self.said)\n    said = []",
    )
    code = code.replace("print(level, text, flush=True)", "self.said.append(text)")
    output, _ = program(hub, code, dataset, "{}", 0).communicate(timeout=20)
    assert "data.errors.Stopped" in output


def test_commits_stay_below_the_hubs_hourly_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr(time, "time", lambda: clock[0])
    budget = CommitRateLimiter(tmp_path / "pace.json")
    num_taken = 0
    for _ in range(3600):
        num_taken += budget.try_acquire()
        clock[0] += 1.0
    assert BURST_COMMITS < num_taken <= BURST_COMMITS + COMMITS_PER_HOUR < 128


@pytest.mark.parametrize("set_back_s", [0, 7200])
def test_the_pace_outlives_each_worker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, set_back_s: float
) -> None:
    clock = [1e9]
    monkeypatch.setattr(time, "time", lambda: clock[0])
    num_taken = 0
    for second in range(3600):
        if second % 300 == 0:  # the worker is killed every five minutes
            budget = CommitRateLimiter(tmp_path / "pace.json")
        if second == 1800:
            clock[0] -= set_back_s
        num_taken += budget.try_acquire()
        clock[0] += 1.0
    assert BURST_COMMITS < num_taken < 128


@pytest.mark.parametrize(
    "text", ["", "[]", '{"num_left": "x", "time_s": 0}', '{"num_left": 1e9, "time_s": 0}']
)
def test_a_damaged_pace_gives_no_burst_beyond_the_usual(tmp_path: Path, text: str) -> None:
    (tmp_path / "pace.json").write_text(text)
    budget = CommitRateLimiter(tmp_path / "pace.json")
    assert sum(budget.try_acquire() for _ in range(100)) <= BURST_COMMITS


def test_a_killed_worker_goes_on_at_its_pace(hub: StandInHub, program: Program, dataset: Path) -> None:
    (dataset / PACE).write_text(json.dumps({"num_left": 1.0, "time_s": time.time()}))
    process = program(hub, PUBLISH, dataset, repr({"commit_every_num_samples": 10}), 0)
    repository = f"{USER}/news"
    until(lambda: ("datasets", repository) in hub.repositories and published(hub))
    process.kill()
    process.communicate()
    again = program(hub, PUBLISH, dataset, repr({"commit_every_num_samples": 10}), 0)
    num_commits = len(hub.repositories["datasets", repository].history)
    time.sleep(2)
    assert len(hub.repositories["datasets", repository].history) == num_commits
    again.kill()
    again.communicate()


def test_multipart_uploads_arrive_whole(tmp_path: Path, program: Program, dataset: Path) -> None:
    with StandInHub(tmp_path / "hub", multipart_bytes=2000) as hub:
        publish(program, hub, dataset)
        assert published(hub) == shards(dataset)
        assert hub.count("PUT", "/lfs/part/") > len(shards(dataset))


def until(condition: Any, limit_s: float = 30) -> None:
    end = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < end, "did not happen in time"
        time.sleep(0.02)
