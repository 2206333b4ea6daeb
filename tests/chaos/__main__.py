"""Hundreds of rounds and thousands of calls, and the table: `python -m tests.chaos [ROUNDS] [CALLS] [SEED]`.

Exit code 1 if a job was lost or is stuck, or a client got an answer that the API does not document.
"""

import os
import sys
import tempfile
import time
from pathlib import Path

from tests.chaos.crowd import Crowd
from tests.chaos.storm import Storm, Tally
from tests.services import Service


def main() -> int:
    given = [int(text) for text in sys.argv[1:]]
    rounds, calls, seed = (*given, *(300, 2000, 0)[len(given) :])
    started_s = time.monotonic()
    tallies = storm(rounds, seed) | {f"{calls} concurrent API calls": crowd(calls, seed)}
    print(f"| {'fault':30} | rounds | lost | stuck |\n|{'-' * 32}|-------:|-----:|------:|")
    for name, tally in tallies.items():
        print(f"| {name:30} | {tally.rounds:6} | {len(tally.lost):4} | {len(tally.stuck):5} |")
    faults = [fault for tally in tallies.values() for fault in (*tally.lost, *tally.stuck)]
    print(f"{rounds} rounds, seed {seed}, {time.monotonic() - started_s:.0f} s", *faults, sep="\n")
    return int(bool(faults))


def storm(rounds: int, seed: int) -> dict[str, Tally]:
    """Let faults befall a workspace of tiny jobs."""
    with tempfile.TemporaryDirectory() as folder:
        storm = Storm(Path(folder) / "workspace", seed)
        try:
            return storm.run(rounds)
        finally:
            storm.close()


def crowd(calls: int, seed: int) -> Tally:
    """Let many clients at once use the real service."""
    os.environ |= {"DEEPSYNTH_MAX_CHANGES_PER_MINUTE": "0", "DEEPSYNTH_MAX_UNFINISHED_JOBS": "100000"}
    with tempfile.TemporaryDirectory() as folder:
        workspace = Path(folder) / "workspace"
        workspace.mkdir()
        service = Service(role="cpu", workspace=workspace)
        service.start()
        try:
            crowd = Crowd(service, seed)
            crowd.call(calls)
            crowd.cancel_all()
            unexpected = [f"{count} answers with status {status}" for status, count in crowd.unexpected().items()]
            return Tally(rounds=1, lost=unexpected, stuck=crowd.missing_or_stuck())
        finally:
            service.stop()


if __name__ == "__main__":
    sys.exit(main())
