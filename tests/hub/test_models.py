"""Models on the Hub, by the real client: an export is pushed, and read back at its commit; what cannot be
read is explained."""

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from data.store.workspace import Workspace
from tests.hub.conftest import programs
from tests.hub.stand_in import StandInHub
from training.models.export import export_model
from training.models.loading import load_model
from training.models.tiny import untrained_tiny

PUSH_THEN_LOAD = """
import json, sys
from pathlib import Path
import torch
from huggingface_hub import HfApi
from data.errors import DeepSynthError
from data.progress import Silent
from data.store.workspace import Workspace
from data.hub.upload import push_folder
from training.models.loading import load_model

workspace, folder, asked = Workspace.create(Path(sys.argv[1])), Path(sys.argv[2]), json.loads(sys.argv[3])
push_folder(folder, "reader", "model", Silent())
commit = HfApi().model_info("tester/reader").sha
found = {}
for name, revision in [["tester/reader", commit], *asked]:
    try:
        loaded = load_model(name, revision, workspace)
        local = load_model(str(folder), None, workspace).model.state_dict()
        same = all(torch.equal(tensor, local[key]) for key, tensor in loaded.model.state_dict().items())
        found[name] = {"kind": loaded.kind, "commit": loaded.revision == commit, "same": same}
    except DeepSynthError as error:
        found[name] = {"code": error.code, "words": f"{error.message} {error.hint}"}
print(json.dumps(found))
"""
SOME_COMMIT = "0123456789abcdef0123456789abcdef01234567"
ASKED = [
    ["news/gated", SOME_COMMIT],
    ["news/gone", SOME_COMMIT],
    ["news/other", SOME_COMMIT],
    ["news/unpinned", None],
    ["news/unknown", "main"],
]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, dict[str, object]]]:
    folder = tmp_path_factory.mktemp("models")
    workspace = Workspace.create(folder / "workspace")
    model, _ = untrained_tiny(3)
    export_model(model, replace(load_model("tiny", None, workspace), model=model), folder / "reader")
    with StandInHub(folder / "hub") as hub, programs() as program:
        hub.repository("news/gated", kind="models", gated=True).put({"config.json": b"{}"})
        hub.repository("news/other", kind="models").put({"config.json": b"{}"})
        published = {"model_type": "deepseek_vl_v2", "architectures": ["DeepseekOCR2ForCausalLM"]}
        files = {"config.json": json.dumps(published).encode(), "model.safetensors": b"gigabytes"}
        hub.repository("news/unknown", kind="models").put(files)
        output, _ = program(
            hub, PUSH_THEN_LOAD, workspace.root, folder / "reader", json.dumps(ASKED)
        ).communicate(timeout=300)
        asked_for = ("config.json", "model.safetensors")
        downloads = {name: hub.count("HEAD", f"news/unknown/resolve/.*{name}") for name in asked_for}
        yield json.loads(output.splitlines()[-1]) | {"downloads": downloads}


def test_a_pushed_export_loads_at_its_commit_with_the_same_weights(
    found: dict[str, dict[str, object]],
) -> None:
    assert found["tester/reader"] == {"kind": "tiny", "commit": True, "same": True}


@pytest.mark.parametrize(
    ("name", "code", "words"),
    [
        ("news/gated", "model_failed", "is gated"),
        ("news/gone", "unknown_name", "no model news/gone"),
        ("news/other", "model_failed", "has no revision"),
        ("news/unknown", "model_failed", "layout of the authors of DeepSeek-OCR-2"),
        ("news/unpinned", "model_failed", "No revision of news/unpinned is pinned"),
    ],
)
def test_what_cannot_be_read_is_explained(
    name: str, code: str, words: str, found: dict[str, dict[str, object]]
) -> None:
    assert found[name]["code"] == code
    assert words in str(found[name]["words"])


def test_a_model_that_is_not_known_is_refused_before_its_weights_are_downloaded(
    found: dict[str, dict[str, object]],
) -> None:
    assert found["downloads"] == {"config.json": 1, "model.safetensors": 0}
