"""Publishing what is stored, afterwards, by command: a dataset with its shards verified, a model without its
checkpoints; a token from the environment only."""

import shutil
from pathlib import Path

import pytest

from data.store.files import write_json
from data.store.workspace import Workspace
from tests.hub.conftest import Program
from tests.hub.stand_in import USER, StandInHub

COMMAND = "import sys; from web_ui.cli import main; sys.exit(main(sys.argv[1:]))"


@pytest.fixture
def workspace(tmp_path: Path, finished_dataset: Path) -> Workspace:
    workspace = Workspace.create(tmp_path / "workspace")
    shutil.copytree(finished_dataset, workspace.dataset("news"))
    model = workspace.model("mine")
    for folder in ("model", "checkpoints"):
        (model / folder).mkdir(parents=True)
        write_json(model / folder / "config.json", {})
        (model / folder / "weights.safetensors").write_bytes(bytes(1000))
    return workspace


def publish(
    program: Program, hub: StandInHub, workspace: Workspace, *arguments: str, **environment: str | None
) -> str:
    command = ("publish", *arguments, "--workspace", workspace.root, "--quiet")
    output, _ = program(hub, COMMAND, *command, **environment).communicate(timeout=120)
    return output


def test_a_dataset_arrives_whole_and_only_once(
    hub: StandInHub, program: Program, workspace: Workspace
) -> None:
    publish(program, hub, workspace, "dataset", "news")
    stored = hub.repositories["datasets", f"{USER}/news"]
    local = {
        path.relative_to(workspace.dataset("news")).as_posix()
        for path in workspace.datasets.rglob("*.parquet")
    }
    assert {path for path in stored.files if path.endswith(".parquet")} == local
    assert "README.md" in stored.files
    commits = len(stored.history)
    assert '"num_uploaded": 0' in publish(program, hub, workspace, "dataset", "news", "--json")
    assert len(stored.history) == commits


def test_a_model_arrives_without_its_checkpoints(
    hub: StandInHub, program: Program, workspace: Workspace
) -> None:
    publish(program, hub, workspace, "model", "mine", "--repo-id", f"{USER}/reader")
    files = hub.repositories["models", f"{USER}/reader"].files
    assert set(files) == {".gitattributes", "config.json", "weights.safetensors"}


def test_without_a_token_the_command_says_so(hub: StandInHub, program: Program, workspace: Workspace) -> None:
    output = publish(program, hub, workspace, "model", "mine", HF_TOKEN=None)
    assert output.startswith("error: Publishing needs a Hugging Face token")
    assert not hub.repositories


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("dataset", "nothing"), "nothing"),
        (("model", "nothing"), "There is no finished model 'nothing'."),
        (("model", "mine", "--repo-id", "no name"), "--repo-id"),
    ],
)
def test_what_cannot_be_published_is_refused(
    hub: StandInHub, program: Program, workspace: Workspace, arguments: tuple[str, ...], words: str
) -> None:
    output = publish(program, hub, workspace, *arguments)
    assert output.startswith("error:")
    assert words in output
    assert not hub.repositories
