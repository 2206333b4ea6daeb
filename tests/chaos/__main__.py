"""Hundreds of rounds, and the table: `python -m tests.chaos [ROUNDS] [SEED]`. Exit code 1 if a job was lost or is stuck."""

import sys
import tempfile
import time
from pathlib import Path

from tests.chaos.storm import Storm


def main() -> int:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    started_s = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        storm = Storm(Path(folder) / "workspace", seed)
        try:
            tallies = storm.run(rounds)
        finally:
            storm.close()
    print(f"| {'fault':30} | rounds | lost | stuck |\n|{'-' * 32}|-------:|-----:|------:|")
    for name, tally in tallies.items():
        print(f"| {name:30} | {tally.rounds:6} | {len(tally.lost):4} | {len(tally.stuck):5} |")
    faults = [fault for tally in tallies.values() for fault in (*tally.lost, *tally.stuck)]
    print(f"{rounds} rounds, seed {seed}, {time.monotonic() - started_s:.0f} s", *faults, sep="\n")
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main())
