"""Makes the stored workspace, continues two copies of it, and stores what came out.

    python -m tests.earlier_workspace.make_workspace [FOLDER]

FOLDER gets workspace.tar.xz, expected.json and expected.safetensors; without FOLDER they replace the stored
files. For a workspace of an earlier version, copy this folder and tests/services.py into a worktree of that
version, and run the command there.
"""

import argparse
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.earlier_workspace.archive import ARCHIVE, pack
from tests.earlier_workspace.commands import (
    ENVIRONMENT,
    FINISHED,
    HALF,
    PAUSED,
    PAUSED_JOB,
    PAUSED_STEP,
    ROOT,
    STOPPED_CODE,
    WHOLE_REQUEST,
    run_deepsynth,
    start_deepsynth,
    train_command,
)
from tests.earlier_workspace.continuation import continue_copy
from tests.services import Service

NUM_TRIES = 20
"""A signal may come too early or too late; the command is then run anew."""
PAUSED_JOB_STEP = 3
LAST_CHECKPOINT = f"workspace/models/paused/checkpoints/checkpoint-{PAUSED['max_steps']}"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", nargs="?", type=Path, default=ARCHIVE.parent)
    target: Path = parser.parse_args().folder
    os.environ.update(ENVIRONMENT)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        archive = folder / ARCHIVE.name
        (folder / "workspace").mkdir()
        make_workspace(folder / "workspace")
        pack(folder / "workspace", archive)
        expected, again = (continue_copy(archive, folder / name) for name in ("first", "second"))
        assert expected == again, "this version makes other bytes each time"
        target.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(archive, target / ARCHIVE.name)
        shutil.copyfile(
            folder / "first" / LAST_CHECKPOINT / "trained.safetensors", target / "expected.safetensors"
        )
        (target / "expected.json").write_text(
            json.dumps({"commit": product_commit()} | expected, indent=1) + "\n"
        )


def make_workspace(workspace: Path) -> None:
    """Fill an empty workspace."""
    services = [Service(role=role, workspace=workspace) for role in ("cpu", "gpu")]
    try:
        for service in services:
            service.start()
        services[0].run_job("/api/dataset/generate", WHOLE_REQUEST)
        run_deepsynth(workspace, train_command(FINISHED))
        pause_job(services[1], workspace)
    finally:
        for service in services:
            service.stop()
    stop_command(
        HALF, workspace, lambda: is_begun(workspace), lambda: is_half_made(workspace), "datasets/half"
    )
    stop_command(
        train_command(PAUSED),
        workspace,
        lambda: training_step(workspace, "paused") >= PAUSED_STEP,
        lambda: checkpoint_steps(workspace, "paused") == [PAUSED_STEP],
        "models/paused",
    )


def pause_job(service: Service, workspace: Path) -> None:
    """Start a training as a job and pause it after a few steps."""
    job_id = service.call("POST", "/api/model/train", PAUSED_JOB)["id"]
    service.wait_until(
        lambda: training_step(workspace, "paused_job") >= PAUSED_JOB_STEP, "trained a few steps"
    )
    service.call("POST", f"/api/jobs/{job_id}/pause")
    job = service.wait_job(job_id, lambda job: job["state"] in ("paused", "succeeded", "failed"))
    assert job["state"] == "paused", job


def stop_command(
    arguments: Sequence[str],
    workspace: Path,
    is_due: Callable[[], bool],
    is_right: Callable[[], bool],
    made: str,
) -> None:
    """Run a command and ask it to stop as soon as `is_due`; repeat this until the folder `made` is right."""
    for _ in range(NUM_TRIES):
        process = start_deepsynth(arguments, workspace)
        while process.poll() is None and not is_due():
            time.sleep(0.001)
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate()
        if process.returncode == STOPPED_CODE and is_right():
            return
        assert process.returncode in (0, STOPPED_CODE), errors
        shutil.rmtree(workspace / made)
    raise TimeoutError(f"{arguments} was never stopped at the right moment")


def is_begun(workspace: Path) -> bool:
    """Say whether two shards of `half` are there."""
    return len(list((workspace / "datasets" / "half").glob("train/shard-*.parquet"))) >= 2


def is_half_made(workspace: Path) -> bool:
    """Say whether `half` lacks train shards and is marked unfinished."""
    folder = workspace / "datasets" / "half"
    complete = json.loads((folder / "manifest.json").read_text())["complete"]
    return not complete and 2 <= len(list(folder.glob("train/shard-*.parquet"))) <= 8


def training_step(workspace: Path, name: str) -> int:
    """Return the last step that a training has written down; 0: none."""
    path = workspace / "models" / name / "metrics.json"
    return (json.loads(path.read_text())["step"] or 0) if path.exists() else 0


def checkpoint_steps(workspace: Path, name: str) -> list[int]:
    """Return the steps of which a training has checkpoints."""
    paths = (workspace / "models" / name / "checkpoints").glob("checkpoint-*")
    return sorted(int(path.name.removeprefix("checkpoint-")) for path in paths)


def product_commit() -> str:
    """Return the last commit that changed the product which makes the workspace."""
    command = [
        "git",
        "-C",
        str(ROOT),
        "log",
        "-1",
        "--format=%H",
        "--",
        "data",
        "evaluation",
        "training",
        "web_ui",
    ]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


if __name__ == "__main__":
    main()
