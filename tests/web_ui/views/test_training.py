"""Training over HTTP: presets, estimates, cheap refusals before a job exists, models and metrics."""

from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from data.store.files import file_sha256, read_json, write_json
from data.store.workspace import Workspace
from evaluation.training_metrics import KEYS, TrainingMetrics
from tests.web_ui.conftest import TINY_CONFIG
from tests.web_ui.views.test_datasets import refused
from training.options.optimal_configs import training_config
from training.options.run_folder import RunFolder, RunState, run_digest


def test_the_presets_say_why_and_what_they_need(client: FlaskClient) -> None:
    answer = client.get("/api/training/presets").get_json()
    presets = {preset["name"]: preset for preset in answer["presets"]}
    assert answer["tiny"]["values"].keys() == answer["tiny"]["reasons"].keys() >= {"train", "learning_rate"}
    assert list(presets) == ["default", "low_memory", "high_memory", "quick_test"]
    assert all(preset["effective_batch_size"] == 16 for preset in presets.values())
    assert all(preset["estimate"]["total_gb"] <= preset["memory_gb"] for preset in presets.values())
    assert client.get("/api/training/optimal-config/low_memory").get_json() == presets["low_memory"]


def test_an_unknown_preset_is_not_found(client: FlaskClient) -> None:
    assert client.get("/api/training/optimal-config/huge").get_json()["error"]["fields"] == {
        "preset": "must be one of default, low_memory, high_memory, quick_test"
    }


def test_a_training_is_its_preset_with_the_changes(client: FlaskClient, dataset: Path) -> None:
    body = {"preset": "low_memory", "dataset": "demo", "learning_rate": 1e-4}
    answer = client.post("/api/model/train", json=body)
    job = answer.get_json()
    assert (answer.status_code, job["kind"], job["role"], job["title"]) == (
        202,
        "training",
        "gpu",
        "trained_model",
    )
    config = job["config"]
    assert (config["gradient_accumulation_steps"], config["learning_rate"], config["preset"]) == (
        16,
        1e-4,
        "low_memory",
    )


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"dataset": "none"}, "dataset"),
        ({"dataset": "../demo"}, "dataset"),
        ({"model": "no-such-training"}, "model"),
        ({"model": "someone/unpinned"}, "revision"),
        ({"model": "deepseek-ai/DeepSeek-OCR"}, "model"),  # which reads no micro pages
        ({"model": "deepseek-ai/DeepSeek-OCR-2", "revision": "0" * 40}, "model"),
        ({"preset": "huge"}, "preset"),
        ({"preset": ["default"]}, "preset"),
        ({"output": "../out"}, "output"),
        ({"learning_rate": -1}, "learning_rate"),
        ({"num_train_epochs": 10**9}, "num_train_epochs"),
        ({"batch_size": 4}, "batch_size"),
    ],
)
def test_what_cannot_work_is_refused_by_field(
    client: FlaskClient, dataset: Path, change: dict[str, Any], field: str
) -> None:
    assert list(refused(client, "/api/model/train", {"dataset": "demo", **change})["fields"]) == [field]


def test_an_output_that_holds_another_training_is_refused_and_the_same_one_goes_on(
    client: FlaskClient, dataset: Path, workspace: Workspace
) -> None:
    config = training_config("default", dataset="demo")
    folder = RunFolder(workspace.model("trained_model"))
    folder.path.mkdir()
    fingerprint = file_sha256(dataset / "manifest.json")
    write_json(folder.path / "training_config.json", {"dataset_fingerprint": fingerprint})
    folder.write_state(RunState(run=run_digest(config, fingerprint), phase="finished"))
    other = {"dataset": "demo", "learning_rate": 1e-4}
    assert refused(client, "/api/model/train", other, status=409)["fields"] == {"output": "already in use"}
    for body in ({"dataset": "demo"}, {**other, "overwrite": True}, {**other, "output": "another"}):
        assert client.post("/api/model/train", json=body).status_code == 202


def test_a_dataset_in_the_making_is_a_conflict(client: FlaskClient, dataset: Path) -> None:
    manifest = (dataset / "manifest.json").read_text()
    (dataset / "manifest.json").write_text(manifest.replace('"complete": true', '"complete": false'))
    assert refused(client, "/api/model/train", {"dataset": "demo"}, status=409)["fields"] == {
        "dataset": "not finished"
    }


def test_a_dataset_without_a_split_that_the_work_needs_is_refused(client: FlaskClient, dataset: Path) -> None:
    manifest = read_json(dataset / "manifest.json")
    del manifest["splits"]["validation"]
    write_json(dataset / "manifest.json", manifest)
    error = refused(client, "/api/model/train", {"dataset": "demo"})
    assert error["fields"] == {"dataset": "its split validation is empty"}
    assert "larger validation and test fractions" in error["hint"]
    evaluation = {"dataset": "demo", "model": "tiny", "split": "validation"}
    assert refused(client, "/api/model/evaluate", evaluation)["fields"] == error["fields"]
    assert client.post("/api/model/evaluate", json={**evaluation, "split": "test"}).status_code == 202
    assert client.post("/api/model/find-lr", json={"dataset": "demo"}).status_code == 202


def test_an_unknown_dataset_is_answered_with_those_that_exist(client: FlaskClient, dataset: Path) -> None:
    assert refused(client, "/api/model/train", {"dataset": "none"})["hint"] == "Those that exist: demo."


def test_the_estimate_follows_what_trains(client: FlaskClient) -> None:
    totals = {
        train: client.post(
            "/api/model/estimate", json={"model": "deepseek-ai/DeepSeek-OCR", "train": train}
        ).get_json()["total_gb"]
        for train in ("lora", "dense", "decoder")
    }
    assert totals["lora"] < totals["dense"] < totals["decoder"]


def test_the_estimate_knows_the_dataset_s_pages_and_the_model_s_kind(
    client: FlaskClient, dataset: Path, workspace: Workspace
) -> None:
    def total(**body: Any) -> dict[str, Any]:
        return dict(client.post("/api/model/estimate", json=body).get_json())

    full = {"model": "deepseek-ai/DeepSeek-OCR", "train": "dense"}
    ours, assumed = total(**full, dataset="demo"), total(**full)
    assert ours["activations_gb"] < assumed["activations_gb"]
    assert [(found["mode"], found["num_pages"]) for found in (ours, assumed)] == [("micro", 1), ("base", 1)]
    (workspace.model("earlier") / "model").mkdir(parents=True)
    write_json(workspace.model("earlier") / "model" / "config.json", TINY_CONFIG)
    listed = client.get("/api/models").get_json()
    assert {found["name"]: found["modes"][0] for found in (*listed["models"], *listed["bases"])} == {
        "earlier": "micro",
        "tiny": "micro",
        "deepseek-ai/DeepSeek-OCR": "tiny",
    }
    assert (
        total(model="earlier", train="dense")["num_parameters"]
        == total(model="tiny", train="dense")["num_parameters"]
    )
    assert refused(client, "/api/model/estimate", {**full, "dataset": "none"})["fields"] == {
        "dataset": "no such dataset"
    }


def test_a_learning_rate_search_starts_from_a_preset_too(client: FlaskClient, dataset: Path) -> None:
    job = client.post(
        "/api/model/find-lr", json={"preset": "low_memory", "dataset": "demo", "num_steps": 20}
    ).get_json()
    assert (job["kind"], job["config"]["num_steps"], job["config"]["gradient_accumulation_steps"]) == (
        "find_lr",
        20,
        16,
    )


def test_an_evaluation_needs_a_model_and_a_finished_dataset(client: FlaskClient, dataset: Path) -> None:
    assert list(refused(client, "/api/model/evaluate", {"dataset": "demo", "model": "none"})["fields"]) == [
        "model"
    ]
    for text_model, field in {
        "/etc": "text_model",
        "none": "text_model",
        "owner/name": "text_model_revision",
    }.items():
        beside = {"dataset": "demo", "model": "tiny", "text_model": text_model}
        assert list(refused(client, "/api/model/evaluate", beside)["fields"]) == [field]
    assert (
        client.post("/api/model/evaluate", json={"dataset": "demo", "model": "tiny"}).get_json()["kind"]
        == "evaluation"
    )


def test_a_prediction_reads_only_what_was_uploaded(client: FlaskClient, workspace: Workspace) -> None:
    workspace.upload("page.png").write_bytes(b"png")
    assert list(
        refused(client, "/api/model/predict", {"model": "tiny", "inputs": ["upload:none.png"]})["fields"]
    ) == ["inputs.0"]
    assert (
        refused(client, "/api/model/predict", {"model": "tiny", "inputs": ["/etc/passwd"]})["code"]
        == "unsafe_path"
    )
    assert (
        client.post("/api/model/predict", json={"model": "tiny", "inputs": ["upload:page.png"]}).get_json()[
            "kind"
        ]
        == "prediction"
    )


def test_trainings_are_listed_with_their_metrics(client: FlaskClient, workspace: Workspace) -> None:
    folder = workspace.model("mine")
    (folder / "checkpoints" / "checkpoint-20").mkdir(parents=True)
    (folder / "checkpoints" / "checkpoint-100").mkdir()
    write_json(folder / "training_config.json", {"model": "tiny", "dataset": "demo"})
    TrainingMetrics(folder).record(3, {"train_loss": 1.5})
    (workspace.models / "damaged").mkdir()
    (workspace.models / "damaged" / "training_config.json").write_text("[]")
    listed = client.get("/api/models").get_json()
    damaged, mine = listed["models"]
    assert (mine["name"], mine["base"], mine["complete"], mine["metrics"]["train_loss"]) == (
        "mine",
        "tiny",
        False,
        1.5,
    )
    assert damaged["error"]["code"] == "storage_failed"
    assert "tiny" in [base["name"] for base in listed["bases"]]
    assert client.get("/api/models/mine").get_json()["checkpoints"] == ["checkpoint-20", "checkpoint-100"]
    assert client.get("/api/models/none").status_code == 404


def test_a_training_s_metrics_are_the_latest_and_all_before(
    client: FlaskClient, dataset: Path, workspace: Workspace
) -> None:
    job_id = client.post("/api/model/train", json={"dataset": "demo"}).get_json()["id"]
    assert client.get(f"/api/metrics/{job_id}").get_json() == {"latest": dict.fromkeys(KEYS), "history": []}
    workspace.model("trained_model").mkdir()
    metrics = TrainingMetrics(workspace.model("trained_model"))
    metrics.record(1, {"train_loss": 2.0})
    metrics.record(2, {"eval_loss": 1.0})
    metrics.flush()
    answer = client.get(f"/api/metrics/{job_id}").get_json()
    assert (answer["latest"]["train_loss"], answer["latest"]["step"]) == (2.0, 2)
    assert [record["step"] for record in answer["history"]] == [1, 2]
