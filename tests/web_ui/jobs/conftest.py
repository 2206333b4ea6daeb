from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.web_ui.jobs.world import World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A workspace for one test, which may kill its runners."""
    world = World(tmp_path / "workspace")
    yield world
    world.close()


@pytest.fixture(scope="module")
def shared_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A workspace with a runner, shared by the tests of a module. Each test uses its own names."""
    world = World(tmp_path_factory.mktemp("shared") / "workspace")
    world.start_runner(
        HF_TOKEN="hf_canary12345",
        DEEPSYNTH_API_TOKEN="service-canary-1",
        DEEPSYNTH_WEBHOOK_SECRET="webhook-canary-1",
    )
    yield world
    world.close()
