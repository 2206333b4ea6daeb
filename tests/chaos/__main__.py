"""Hundreds of rounds of faults and thousands of calls: `python -m tests.chaos [ROUNDS] [CALLS] [SEED]`.

Prints a table. Exit code 1 if a job was lost or is stuck, or a client got an undocumented answer.
"""

import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path

from tests.chaos.crowd import Crowd
from tests.chaos.many_jobs import NUM_JOBS, add_ended_jobs
from tests.chaos.small_disk import small_disk
from tests.chaos.storm import Storm, Tally
from tests.services import Service
from tests.web_ui.jobs.world import World

DISK_SIZE = "256m"
ROUNDS_PER_WEB_KILL = 30
CALLS_PER_WEB_KILL = 60


def main() -> int:
    given = [int(text) for text in sys.argv[1:]]
    rounds, calls, seed = (*given, *(300, 2000, 0)[len(given) :])
    started_s = time.monotonic()
    tallies = storm(rounds, seed)
    tallies["web server SIGKILL, under calls"] = web_kills(max(1, rounds // ROUNDS_PER_WEB_KILL), seed)
    tallies[f"{calls:,} concurrent API calls"] = crowd(calls, seed)
    tallies[f"{NUM_JOBS:,} jobs in the workspace"] = many_jobs()
    print(f"| {'fault':31} | rounds | lost | stuck |\n|{'-' * 33}|-------:|-----:|------:|")
    for name, tally in tallies.items():
        print(f"| {name:31} | {tally.rounds:6} | {len(tally.lost):4} | {len(tally.stuck):5} |")
    faults = [fault for tally in tallies.values() for fault in (*tally.lost, *tally.stuck)]
    print(f"seed {seed}, {time.monotonic() - started_s:.0f} s", *faults, sep="\n")
    return int(bool(faults))


def storm(rounds: int, seed: int) -> dict[str, Tally]:
    """Run rounds of faults on a workspace of tiny jobs; as root, the workspace has its own small disk."""
    is_root = os.geteuid() == 0
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "workspace"
        with (
            small_disk(place, DISK_SIZE) if is_root else nullcontext() as disk,
            closing(Storm(place, seed, disk)) as storm,
        ):
            return storm.run(rounds)


def web_kills(rounds: int, seed: int) -> Tally:
    """Kill the web server repeatedly while many clients call it."""
    chance = random.Random(seed)
    with _service() as service, ThreadPoolExecutor(1) as clients:
        crowd = Crowd(service, seed)
        calls = clients.submit(crowd.call, rounds * CALLS_PER_WEB_KILL)
        for _ in range(rounds):
            time.sleep(chance.uniform(0, 2))
            for process in service.processes("gunicorn"):
                process.kill()
            service.wait_until(lambda: service.call("GET", "/api/health"), "healthy again")
        calls.result()
        return _tally(crowd, rounds)


def crowd(calls: int, seed: int) -> Tally:
    """Let many clients use the real service at the same time."""
    with _service() as service:
        crowd = Crowd(service, seed)
        crowd.call(calls)
        return _tally(crowd, 1)


def many_jobs() -> Tally:
    """Check that a new job among NUM_JOBS old jobs is listed and run."""
    with tempfile.TemporaryDirectory() as folder, closing(World(Path(folder) / "workspace")) as world:
        add_ended_jobs(world)
        world.start_runner()
        job_id = world.submit("new")
        state = world.wait_for_end(job_id).state
        jobs, total = world.store.list(limit=1)
        is_listed = (jobs[0].id, total) == (job_id, NUM_JOBS + 1)
        return Tally(
            rounds=1,
            lost=[] if is_listed else [f"{total} jobs"],
            stuck=[] if state == "succeeded" else [f"{job_id}: {state}"],
        )


@contextmanager
def _service() -> Iterator[Service]:
    os.environ |= {"DEEPSYNTH_MAX_CHANGES_PER_MINUTE": "0", "DEEPSYNTH_MAX_UNFINISHED_JOBS": "100000"}
    with tempfile.TemporaryDirectory() as folder:
        workspace = Path(folder) / "workspace"
        workspace.mkdir()
        service = Service(role="cpu", workspace=workspace)
        service.start()
        try:
            yield service
        finally:
            service.stop()


def _tally(crowd: Crowd, rounds: int) -> Tally:
    crowd.cancel_all()
    unexpected = [f"{count} answers with status {status}" for status, count in crowd.unexpected().items()]
    return Tally(rounds=rounds, lost=unexpected, stuck=crowd.missing_or_stuck())


if __name__ == "__main__":
    sys.exit(main())
