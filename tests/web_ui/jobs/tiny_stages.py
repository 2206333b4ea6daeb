"""Stages that take milliseconds, for tests of store, runner and worker."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from data.config import Config, Name
from data.errors import InvalidInput, Stopped
from data.progress import Progress
from data.store.files import read_json, storage_error
from data.store.workspace import Workspace
from web_ui.jobs.stages import Stage


class CountConfig(Config):
    """Count to `num_steps`, save after each step, and misbehave as configured."""

    name: Name
    num_steps: int = 5
    step_s: float = 0.01
    misbehaviour: Literal["none", "refuse", "crash", "vanish", "deaf", "orphan", "print"] = "none"


@dataclass(frozen=True, slots=True)
class CountResult:
    path: str
    total: int

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


def count(config: CountConfig, workspace: Workspace, progress: Progress) -> CountResult:
    """Write the sum of 0..num_steps-1 to a file. A resumed attempt continues from the saved step."""
    path = workspace.dataset(config.name) / "sum.json"
    try:
        return _count(config, path, progress)
    except OSError as error:
        raise storage_error(path, error) from error


def _count(config: CountConfig, path: Path, progress: Progress) -> CountResult:
    path.parent.mkdir(parents=True, exist_ok=True)
    saved = read_json(path) if path.exists() else {"step": 0, "total": 0}
    misbehave(config.misbehaviour)
    trace = (path.parent / "trace.txt").open("a")
    for step in range(saved["step"], config.num_steps):
        if config.misbehaviour != "deaf" and progress.should_stop():
            raise Stopped
        time.sleep(config.step_s)
        saved = {"step": step + 1, "total": saved["total"] + step}
        trace.write(f"{os.getpid()} {step}\n")
        trace.flush()
        save(path, saved)
        progress.advance(step + 1, config.num_steps, "steps", odd=step % 2)
        progress.metric(step, {"loss": 1 / (step + 1), "broken": float("nan")})
    return CountResult(str(path), saved["total"])


def save(path: Path, value: dict[str, int]) -> None:
    """Replace a file atomically, as the product does, but without fsync."""
    path.with_suffix(".new").write_text(json.dumps(value))
    path.with_suffix(".new").replace(path)


def misbehave(how: str) -> None:
    if how == "refuse":
        raise InvalidInput("The number is wrong.", hint="Take another.", fields={"num_steps": "is wrong"})
    if how == "crash":
        raise RuntimeError(f"boom with {os.environ.get('HF_TOKEN', 'no token')}")
    if how == "vanish":
        os.kill(os.getpid(), signal.SIGKILL)
    if how == "deaf":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if how == "orphan":
        subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
        os.kill(os.getpid(), signal.SIGKILL)
    if how == "print":
        print(
            "ä line for the log",
            json.dumps(sorted(name for name in os.environ if "TOKEN" in name or "WEBHOOK" in name)),
        )


STAGES = {
    "count": Stage(
        config="tests.web_ui.jobs.tiny_stages:CountConfig",
        function="tests.web_ui.jobs.tiny_stages:count",
        role="cpu",
        title="{name}",
        label="Count",
        plural="Counts",
    )
}
STAGES_NAME = "tests.web_ui.jobs.tiny_stages:STAGES"
