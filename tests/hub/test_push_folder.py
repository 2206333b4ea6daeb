"""Pushing a folder (a model's export): the same care as for datasets, in LFS and Xet mode."""

from pathlib import Path
from typing import Any

import pytest

from tests.hub.conftest import Program
from tests.hub.stand_in import USER, StandInHub

PUSH = """
import sys
from pathlib import Path
from data.errors import DeepSynthError
from data.backoff import Backoff
from data.progress import Silent
from data.hub.upload import push_folder

class Printed(Silent):
    def message(self, text, level="info"):
        print(level, text, flush=True)

try:
    backoff = Backoff(num_attempts=4, first_wait_s=0.05, max_wait_s=0.2)
    print(push_folder(Path(sys.argv[1]), "summariser", "model", Printed(), backoff=backoff).as_dict())
except DeepSynthError as error:
    sys.exit(f"{error.code}: {error.message} {error.hint}")
"""


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    (folder / "assets").mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(bytes(range(256)) * 400)
    (folder / "config.json").write_text("{}")
    (folder / "README.md").write_text("---\nlicense: mit\n---\n# A model\n")
    (folder / "assets" / "page.png").write_bytes(b"png")
    (folder / ".config.json.1234.partial").write_text("half")
    return folder


def push(program: Program, hub: StandInHub, folder: Path) -> str:
    output, _ = program(hub, PUSH, folder).communicate(timeout=120)
    return output


@pytest.mark.parametrize("mode", ["lfs", "xet"])
def test_all_but_hidden_files_arrive_and_only_once(
    tmp_path: Path, program: Program, model: Path, mode: Any
) -> None:
    with StandInHub(tmp_path / "hub", mode) as hub:
        hub.fail("POST", "/commit/", status=503)
        assert "'num_uploaded': 4" in push(program, hub, model)
        repository = hub.repositories["models", f"{USER}/summariser"]
        assert set(repository.files) == {
            ".gitattributes",
            "README.md",
            "assets/page.png",
            "config.json",
            "model.safetensors",
        }
        assert len(repository.history) == 2
        assert "'num_uploaded': 0" in push(program, hub, model)
        assert len(repository.history) == 2


def test_a_changed_file_alone_is_sent_again(hub: StandInHub, program: Program, model: Path) -> None:
    push(program, hub, model)
    (model / "config.json").write_text('{"a": 1}')
    assert "'num_uploaded': 1" in push(program, hub, model)


def test_a_card_that_the_hub_refuses_is_said_in_its_words(
    hub: StandInHub, program: Program, model: Path
) -> None:
    hub.fail(
        "POST",
        "/validate-yaml",
        status=400,
        body={"error": "Invalid metadata in README.md.", "errors": [{"message": "license"}]},
    )
    output = push(program, hub, model)
    assert output.startswith("hub_failed: Uploading 4 files")
    assert "Invalid metadata in README.md" in output
