"""Running the stage: in this process with a listener that notes everything, or in a process of its own that
can be killed."""

import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from data.config import DatasetConfig, RenderingConfig, SampleSource
from data.generate import DatasetResult, generate
from data.progress import Level, Silent
from data.store.workspace import Workspace

ROOT = Path(__file__).resolve().parents[3]
PROGRAM = """
import json, signal, sys
from pathlib import Path
from data.config import DatasetConfig
from data.generate import generate
from data.progress import Silent
from data.store.workspace import Workspace

# A shell that runs tests in the background ignores Ctrl-C, and so would all that they start.
signal.signal(signal.SIGINT, signal.default_int_handler)
generate(DatasetConfig.model_validate(json.loads(sys.argv[1])), Workspace.create(Path(sys.argv[2])), Silent())
"""


class Notes(Silent):
    """Notes what the stage says, and asks it to stop when told."""

    def __init__(self, stop_when: Callable[["Notes"], bool] = lambda notes: False) -> None:
        self.positions: list[tuple[int, int | None, dict[str, int]]] = []
        self.messages: list[str] = []
        self.warnings: list[str] = []
        self.previews: list[Path] = []
        self._stop_when = stop_when

    def advance(self, done: int, total: int | None, unit: str, **counts: int) -> None:
        self.positions.append((done, total, counts))

    def message(self, text: str, level: Level = "info") -> None:
        self.messages.append(text)
        if level == "warning":
            self.warnings.append(text)

    def preview(self, path: Path) -> None:
        self.previews.append(path)

    def should_stop(self) -> bool:
        return self._stop_when(self)


def brief_config(**values: Any) -> DatasetConfig:
    """Return a configuration that is quick to carry out: brief documents on micro pages."""
    defaults: dict[str, Any] = {
        "name": "news",
        "source": SampleSource(length="brief"),
        "rendering": RenderingConfig(mode="micro"),
        "max_samples": 60,
        "shard_rows": 20,
        "num_workers": 1,
    }
    return DatasetConfig(**{**defaults, **values})


def files_config(path: Path, **values: Any) -> DatasetConfig:
    """Return a quick configuration that reads files."""
    return brief_config(**{"source": {"kind": "files", "path": str(path)}, "max_samples": None, **values})


def run(root: Path, config: DatasetConfig, notes: Notes | None = None) -> DatasetResult:
    """Carry out the stage in this process."""
    return generate(config, Workspace.create(root), notes or Notes())


def start(root: Path, config: DatasetConfig, program: str = PROGRAM) -> "subprocess.Popen[bytes]":
    """Carry out the stage in a process of its own."""
    command = [sys.executable, "-c", program, config.model_dump_json(), str(root)]
    return subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, stderr=subprocess.PIPE
    )


def kill_in_the_middle(root: Path, config: DatasetConfig, num_shards: int, delay_s: float) -> int:
    """Start or resume a run, kill it some time after it made so many further shards, and return how many it
    left."""
    folder = root / "datasets" / config.name

    def count() -> int:
        return sum(1 for _ in folder.rglob("shard-*.parquet"))

    wanted = count() + num_shards
    process = start(root, config)
    while process.poll() is None and count() < wanted:
        time.sleep(0.005)
    time.sleep(delay_s)
    process.kill()
    process.communicate()
    return count()


def contents(folder: Path) -> dict[str, str]:
    """Return the hash of every file of a dataset, hidden ones too."""
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths
    }


def write_lines(path: Path, rows: list[Mapping[str, Any] | str]) -> Path:
    """Write a .jsonl file; texts go in as they are."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows))
    return path


def news(number: int) -> dict[str, str]:
    """Return a row that is unlike any other."""
    return {
        "id": f"n{number}",
        "document": f"Event number {number} took place in hall {number * 7}.",
        "summary": f"Event {number}.",
    }
