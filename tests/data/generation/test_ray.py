"""Ray gives the same bytes as the local engine, also when one of its workers is killed in the middle."""

import importlib.util
import threading
import time
from pathlib import Path

import psutil
import pytest

from tests.data.generation.runs import Notes, brief_config, contents, run
from tests.machine import require


@pytest.mark.slow
def test_ray_makes_the_same_bytes_though_a_worker_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    require(
        importlib.util.find_spec("ray") is not None,
        "Ray is not installed: pip install -c constraints.txt -e '.[ray]'",
    )
    import ray  # noqa: PLC0415 - an optional extra

    monkeypatch.setenv("RAY_worker_niceness", "0")  # on a busy machine, polite workers never come to work
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    try:
        killer = _Killer()
        config = brief_config(max_samples=1000, shard_rows=100, num_workers=2, engine="ray")
        folder = run(tmp_path / "ray", config).folder
        assert killer.join_and_tell() == 1
        (folder / "train" / "shard-00003.parquet").unlink()
        notes = Notes()
        resumed = run(tmp_path / "ray", config, notes)
        assert "1 shards of 'news' are gone or damaged" in notes.messages[0]
        assert notes.previews[-1].read_bytes().startswith(b"\x89PNG")
    finally:
        ray.shutdown()
    assert contents(resumed.folder) == contents(
        run(tmp_path / "local", brief_config(max_samples=1000, shard_rows=100)).folder
    )


class _Killer(threading.Thread):
    """Kills the first Ray worker that renders."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self._num_killed = 0
        self.start()

    def run(self) -> None:
        deadline = time.monotonic() + 60
        while not self._num_killed and time.monotonic() < deadline:
            for process in psutil.Process().children(recursive=True):
                try:
                    if process.cmdline() and "_render" in process.cmdline()[0]:
                        process.kill()
                        self._num_killed = 1
                        break
                except psutil.NoSuchProcess:
                    continue
            time.sleep(0.02)

    def join_and_tell(self) -> int:
        self.join(5)
        return self._num_killed
