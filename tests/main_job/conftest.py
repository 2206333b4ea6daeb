"""Both services over one workspace, with tokens and a stand-in Hub, started once for the tests of the whole
job."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.hub.stand_in import StandInHub
from tests.papers import write_papers
from tests.services import Service

API_TOKEN = "canary-of-the-service-5c1f"


@dataclass(frozen=True, slots=True)
class World:
    """What the whole job needs: a workspace, the service that makes datasets, the one that trains, and a Hub
    to publish on."""

    workspace: Path
    hub: StandInHub
    datasets: Service
    trainings: Service


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    workspace = tmp_path_factory.mktemp("main") / "work space"
    workspace.mkdir()
    services = [Service(role=role, workspace=workspace, token=API_TOKEN) for role in ("cpu", "gpu")]
    try:
        with StandInHub(workspace.parent / "hub") as hub, pytest.MonkeyPatch.context() as patch:
            for name, value in hub.environment(DEEPSYNTH_API_TOKEN=API_TOKEN).items():
                patch.setenv(name, value)
            for service in services:
                service.start()
            yield World(workspace, hub, *services)
    finally:
        for service in services:
            service.stop()


@pytest.fixture(scope="module")
def papers(world: World) -> Path:
    """Real papers inside the workspace: requests may name files there only."""
    return write_papers(world.workspace / "papers")
