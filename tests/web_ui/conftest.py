"""A service over an empty workspace, and a client that calls it by its own name."""

import logging
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from data.config import DatasetConfig
from data.generate import generate
from data.progress import Silent
from data.store.workspace import Workspace
from web_ui.app import create_app
from web_ui.server.logs import JsonLines
from web_ui.settings import Settings

HOST = "localhost:5000"
SAMPLE = {
    "name": "demo",
    "source": {"kind": "sample", "length": "brief"},
    "rendering": {"mode": "micro"},
    "max_samples": 4,
}
TINY_CONFIG = {"model_type": "unlimited_ocr", "vision_config": {"sam_config": {"image_size": 320}}}
"""What tells of a model that it is a tiny one."""


class LocalClient(FlaskClient):
    """A client whose requests name the host that the service answers to, as a browser on the same machine
    does."""

    def open(self, *args: Any, **kwargs: Any) -> Any:
        return super().open(*args, **{"base_url": f"http://{HOST}", **kwargs})


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.create(tmp_path / "workspace")


@pytest.fixture
def make_client(workspace: Workspace) -> Callable[..., FlaskClient]:
    """Return a maker of clients of a service with the given settings."""

    def make(**settings: Any) -> FlaskClient:
        app: Flask = create_app(Settings(workspace=workspace.root, **settings))
        app.test_client_class = LocalClient
        return app.test_client()

    return make


@pytest.fixture
def client(make_client: Callable[..., FlaskClient]) -> FlaskClient:
    return make_client()


@pytest.fixture
def log_lines() -> Iterator[list[str]]:
    """Return the list that collects every line logged under `deepsynth`, as it would be printed."""
    lines: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(JsonLines().format(record))  # type: ignore[method-assign]
    logger = logging.getLogger("deepsynth")
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    yield lines
    logger.removeHandler(handler)
    logger.setLevel(level)


@pytest.fixture(scope="session")
def made_dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a small finished dataset, made once."""
    workspace = Workspace.create(tmp_path_factory.mktemp("made"))
    return generate(DatasetConfig.model_validate({**SAMPLE, "num_workers": 1}), workspace, Silent()).folder


@pytest.fixture
def dataset(made_dataset: Path, workspace: Workspace) -> Path:
    """Put the finished dataset into the service's workspace."""
    return Path(shutil.copytree(made_dataset, workspace.dataset("demo")))
