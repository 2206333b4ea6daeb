"""The stand-in Hub as a fixture, and programs run against it in their own process, as its address is read at
import."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from data.config import DatasetConfig, RenderingConfig, SampleSource
from data.generate import generate
from data.progress import Silent
from data.store.workspace import Workspace
from tests.hub.stand_in import StandInHub

ROOT = Path(__file__).resolve().parents[2]
Program = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[StandInHub]:
    with StandInHub(tmp_path / "hub") as running:
        yield running


@pytest.fixture
def program() -> Iterator[Program]:
    with programs() as start:
        yield start


@contextmanager
def programs() -> Iterator[Program]:
    """Give a function that starts `python -c code arguments...` with a stand-in's environment; at the end,
    kill what still runs."""
    started: list[subprocess.Popen[str]] = []

    def start(
        hub: StandInHub, code: str, *arguments: object, **environment: str | None
    ) -> "subprocess.Popen[str]":
        variables = {**os.environ, **hub.environment(), "PYTHONPATH": str(ROOT), **environment}
        process = subprocess.Popen(
            [sys.executable, "-c", code, *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={name: value for name, value in variables.items() if value is not None},
        )
        started.append(process)
        return process

    try:
        yield start
    finally:
        for process in started:
            process.kill()
            process.wait()


@pytest.fixture(scope="session")
def finished_dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dataset of 6 train shards and one shard for each other split; copy it before changing it."""
    workspace = Workspace.create(tmp_path_factory.mktemp("datasets"))
    config = DatasetConfig(
        name="news",
        source=SampleSource(length="brief"),
        rendering=RenderingConfig(mode="micro"),
        max_samples=60,
        shard_rows=10,
        num_workers=1,
    )
    return generate(config, workspace, Silent()).folder


@pytest.fixture
def dataset(finished_dataset: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(finished_dataset, tmp_path / "news"))
