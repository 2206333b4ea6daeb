"""One small page dataset for all training tests."""

import pytest

from data.config import DatasetConfig, RenderingConfig, SampleSource
from data.generate import generate
from data.progress import Silent
from data.store.workspace import Workspace

NUM_SAMPLES = 16


@pytest.fixture(scope="session")
def brief_workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Return a workspace with the dataset `brief`: micro pages of brief sample documents."""
    workspace = Workspace.create(tmp_path_factory.mktemp("brief"))
    source, rendering = SampleSource(length="brief"), RenderingConfig(mode="micro")
    generate(
        DatasetConfig(name="brief", source=source, max_samples=NUM_SAMPLES, rendering=rendering),
        workspace,
        Silent(),
    )
    return workspace
