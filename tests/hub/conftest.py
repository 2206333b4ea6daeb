"""The stand-in Hub as a fixture, and programs run against it in their own process, as its address is read at import."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hub.stand_in import StandInHub


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[StandInHub]:
    with StandInHub(tmp_path / "hub") as running:
        yield running
