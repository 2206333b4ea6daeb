"""A service over an empty workspace, and a client that calls it by its own name."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from data.store.workspace import Workspace
from web_ui.app import create_app
from web_ui.settings import Settings

HOST = "localhost:5000"
SAMPLE = {"name": "demo", "source": {"kind": "sample", "length": "brief"}, "rendering": {"mode": "micro"}, "max_samples": 4}


class LocalClient(FlaskClient):
    """A client whose requests name the host that the service answers to, as a browser on the same machine does."""

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
