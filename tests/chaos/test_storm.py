"""One round of each fault. `python -m tests.chaos` runs hundreds."""

from pathlib import Path

import pytest

from tests.chaos.storm import FAULTS, Storm


@pytest.mark.slow
def test_no_fault_loses_a_job_or_leaves_a_job_stuck(tmp_path: Path) -> None:
    storm = Storm(tmp_path / "workspace", seed=7)
    try:
        tallies = storm.run(len(FAULTS))
    finally:
        storm.close()
    assert {name: (tally.rounds, tally.lost, tally.stuck) for name, tally in tallies.items()} == {
        name: (1, [], []) for name in FAULTS
    }
