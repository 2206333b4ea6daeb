"""A run that was killed, stopped or starved of disk goes on from there, and ends with the same bytes."""

import random
import signal
import subprocess
import time
from pathlib import Path

import psutil
import pyarrow.parquet as pq
import pytest

from data.dataset.losses import OTHER_SUMMARY, SAME_SUMMARY
from data.dataset.manifest import MANIFEST, read_manifest
from data.errors import Conflict, Stopped, StorageError
from data.sharding import progress_reporter
from tests.data.generation.runs import (
    Notes,
    brief_config,
    contents,
    files_config,
    kill_in_the_middle,
    news,
    run,
    start,
    write_lines,
)
from tests.machine import require_root

NUM_KILLS = 4  # tests/chaos/kill_generation.py does fifty
CONFIG = brief_config(max_samples=300, shard_rows=20, num_workers=2)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return what a run of CONFIG leaves that nothing befalls."""
    return contents(run(tmp_path_factory.mktemp("undisturbed"), CONFIG).folder)


@pytest.mark.slow
def test_a_run_killed_at_random_moments_ends_byte_identical(
    tmp_path: Path, undisturbed: dict[str, str]
) -> None:
    rng = random.Random(7)
    num_kept = [
        kill_in_the_middle(tmp_path, CONFIG, rng.randint(0, 3), rng.uniform(0, 0.05))
        for _ in range(NUM_KILLS)
    ]
    assert 0 < num_kept[-1] < len(undisturbed) - 2
    assert contents(run(tmp_path, CONFIG).folder) == undisturbed


def test_a_dataset_has_one_writer_and_neither_lock_nor_worker_outlives_it(tmp_path: Path) -> None:
    config = brief_config(max_samples=50_000, num_workers=2)
    process = start(tmp_path, config)
    workers = _wait_for_workers(process)
    with pytest.raises(Conflict, match="another process"):
        run(tmp_path, config)
    process.kill()
    process.communicate()
    gone, alive = psutil.wait_procs(workers, timeout=5)
    assert (len(gone), alive) == (2, [])
    with pytest.raises(Stopped):
        run(tmp_path, config, Notes(lambda notes: True))


def test_no_worker_outlives_ctrl_c(tmp_path: Path) -> None:
    process = start(tmp_path, brief_config(max_samples=20_000, num_workers=2))
    workers = _wait_for_workers(process)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGINT
    assert psutil.wait_procs(workers, timeout=5)[1] == []
    assert not list(tmp_path.rglob("*.partial"))


def test_a_killed_worker_is_replaced(tmp_path: Path, undisturbed: dict[str, str]) -> None:
    process = start(tmp_path, CONFIG)
    _wait_for_workers(process, settle_s=0)[0].kill()
    _, complaints = process.communicate()
    assert process.returncode == 0, complaints
    assert contents(tmp_path / "datasets" / "news") == undisturbed


def test_a_stopped_run_keeps_its_shards_and_goes_on(
    tmp_path: Path, undisturbed: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        progress_reporter, "REPORT_EVERY_S", 0.0
    )  # the wish is heard at once, however fast the pages are drawn
    stopping = Notes(lambda notes: any(done >= 100 for done, _, _ in notes.positions))
    with pytest.raises(Stopped):
        run(tmp_path, CONFIG, stopping)
    folder = tmp_path / "datasets" / "news"
    kept = {path: path.stat().st_mtime_ns for path in folder.rglob("shard-*.parquet")}
    assert kept
    assert not read_manifest(folder).complete
    assert not list(folder.rglob("*.partial"))
    assert contents(run(tmp_path, CONFIG).folder) == undisturbed
    assert {path: path.stat().st_mtime_ns for path in kept} == kept


def test_a_stop_is_heard_within_two_seconds(tmp_path: Path) -> None:
    asked: list[float] = []

    def ask(notes: Notes) -> bool:
        if not asked and any(done > 0 for done, _, _ in notes.positions):
            asked.append(time.monotonic())
        return bool(asked)

    with pytest.raises(Stopped):
        run(tmp_path, brief_config(max_samples=20_000, shard_rows=10_000), Notes(ask))
    assert time.monotonic() - asked[0] < 2


def test_repeats_are_recognised_across_a_resumption(tmp_path: Path) -> None:
    rows = [news(number % 25) for number in range(50)]
    rows[-1] = {**rows[-1], "summary": "Another summary."}
    rows[2] = rows[28] = {**rows[2], "document": "word " * 3000}
    path = write_lines(tmp_path / "rows.jsonl", [*rows[:30], '{"document": ', *rows[30:]])
    config = files_config(
        path,
        validation_fraction=0,
        test_fraction=0,
        shard_rows=10,
        rendering={"mode": "micro", "max_pages": 2},
    )
    whole = run(tmp_path / "a", config).folder
    other = tmp_path / "b"
    folder = run(other, config).folder
    before = contents(folder)
    for index in (0, 3, 4):
        (folder / "train" / f"shard-{index:05d}.parquet").unlink()
    _mark_unfinished(folder)
    assert contents(run(other, config).folder) == before == contents(whole)
    totals = read_manifest(folder).totals
    assert totals.duplicates_by_reason == {OTHER_SUMMARY: 1, SAME_SUMMARY: 23}
    assert (totals.num_duplicate, totals.num_rejected) == (24, 2)


def test_a_full_disk_and_a_read_only_one_are_said_and_survived(
    tmp_path: Path, undisturbed: dict[str, str]
) -> None:
    require_root("mounting a small file system")
    small = tmp_path / "small"
    folder = small / "datasets" / CONFIG.name
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(small)], check=True)
    try:
        with pytest.raises(StorageError, match="disk is full"):
            run(small, CONFIG)
        assert not list(small.rglob("*.partial"))
        assert list(small.rglob("shard-*.parquet"))
        (folder / ".left_by_a_killed_run.partial").touch()
        subprocess.run(["mount", "--bind", "-o", "ro", str(folder), str(folder)], check=True)
        with pytest.raises(StorageError, match="Read-only"):
            run(small, CONFIG)
        subprocess.run(["umount", str(folder)], check=True)
        subprocess.run(["mount", "-o", "remount,size=50m", str(small)], check=True)
        assert contents(run(small, CONFIG).folder) == undisturbed
    finally:
        subprocess.run(["umount", "--recursive", str(small)], check=True)


def _wait_for_workers(process: "subprocess.Popen[bytes]", settle_s: float = 0.5) -> list[psutil.Process]:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        workers = psutil.Process(process.pid).children()
        if len(workers) == 2:
            time.sleep(settle_s)
            return workers
        time.sleep(0.05)
    raise AssertionError("no workers were started")


def _mark_unfinished(folder: Path) -> None:
    text = (folder / MANIFEST).read_text()
    (folder / MANIFEST).write_text(text.replace('"complete": true', '"complete": false'))


def test_a_shard_with_a_damaged_column_is_named_when_its_run_is_resumed(tmp_path: Path) -> None:
    folder = run(tmp_path, CONFIG).folder
    _mark_unfinished(folder)
    shard = folder / "train" / "shard-00001.parquet"
    metadata = pq.read_metadata(shard)
    column = metadata.row_group(0).column(metadata.num_columns - 1)
    with shard.open("r+b") as file:
        file.seek(column.dictionary_page_offset or column.data_page_offset)
        file.write(bytes(column.total_compressed_size))
    with pytest.raises(StorageError, match=r"shard-00001\.parquet cannot be read"):
        run(tmp_path, CONFIG)
