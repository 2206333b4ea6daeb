"""Both services over one workspace, started once for the tests of the whole job."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.papers import write_papers
from tests.services import Service


@dataclass(frozen=True, slots=True)
class World:
    """What the whole job needs: a workspace, the service that makes datasets and the one that trains."""

    workspace: Path
    datasets: Service
    trainings: Service


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    workspace = tmp_path_factory.mktemp("main") / "work space"
    workspace.mkdir()
    services = [Service(role=role, workspace=workspace) for role in ("cpu", "gpu")]
    try:
        for service in services:
            service.start()
        yield World(workspace, *services)
    finally:
        for service in services:
            service.stop()


@pytest.fixture(scope="module")
def papers(world: World) -> Path:
    """Real papers inside the workspace: requests may name files there only."""
    return write_papers(world.workspace / "papers")
