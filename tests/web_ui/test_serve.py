"""Stopping a service: its jobs save, then its own processes end, then the container does."""

import re
from pathlib import Path

import pytest

from web_ui.jobs.stages import Role
from web_ui.server.serve import CONTAINER_STOP_S, SAVE_S, STOP_GRACE_S
from web_ui.settings import ROLE_PORTS

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("role", ROLE_PORTS)
def test_jobs_save_within_the_time_that_the_container_gets_to_stop(role: Role) -> None:
    given = re.search(r"stop_grace_period: (\d+)s\n", (ROOT / f"docker-compose.{role}.yml").read_text())
    assert given
    assert float(given[1]) == CONTAINER_STOP_S[role]
    assert 0 < SAVE_S[role] < STOP_GRACE_S[role] < CONTAINER_STOP_S[role]


def test_a_full_size_checkpoint_gets_minutes() -> None:
    assert SAVE_S["gpu"] >= 120
