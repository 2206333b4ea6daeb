"""Kill a dataset run many times at random moments and compare the dataset with that of an undisturbed run.

`python -m tests.chaos.kill_generation [--kills 50] [--seed N]` kills the run and sometimes one of its render
workers. The shards are small, so that kills hit start, rendering, renames and the writing of the manifest.
"""

import argparse
import random
import sys
import tempfile
import time
from pathlib import Path

import psutil

from data.config import DatasetConfig
from tests.data.generation.runs import brief_config, contents, run, start

MAX_RUN_S = 4.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    rng = random.Random(asked.seed)
    config = brief_config(max_samples=60 * asked.kills, shard_rows=10, num_workers=2)
    with tempfile.TemporaryDirectory() as folder:
        undisturbed = contents(run(Path(folder) / "undisturbed", config).folder)
        num_killed, num_finished = 0, 0
        while num_killed < asked.kills:
            num_finished += kill_once(Path(folder) / f"killed-{num_finished}", config, rng)
            num_killed += 1
        compared = [
            contents(run(Path(folder) / f"killed-{number}", config).folder) == undisturbed
            for number in range(num_finished + 1)
        ]
    print(
        f"{num_killed} kills, {len(compared)} datasets, {sum(compared)} byte-identical to an undisturbed run"
    )
    sys.exit(0 if all(compared) else 1)


def kill_once(root: Path, config: DatasetConfig, rng: random.Random) -> bool:
    """Start or resume a run and kill it at a random moment. Returns whether it had finished before."""
    process = start(root, config)
    deadline = time.monotonic() + rng.uniform(0.2, MAX_RUN_S)
    while process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
        if rng.random() < 0.002:
            for worker in psutil.Process(process.pid).children()[:1]:
                worker.kill()
    has_finished = process.poll() == 0
    process.kill()
    process.communicate()
    return has_finished


if __name__ == "__main__":
    main()
