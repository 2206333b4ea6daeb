"""Real papers through the whole job, by REST alone and by the command line alone."""

import json
from pathlib import Path

import datasets
import pytest

from tests.hub.stand_in import TOKEN, USER
from tests.main_job.conftest import API_TOKEN, World
from tests.services import Service
from web_ui.cli import main

pytestmark = [pytest.mark.slow]

NUM_TRAIN = 24
RENDERING = {"mode": "micro", "overflow": "truncate"}
TRAINING = {
    "max_steps": 4,
    "per_device_train_batch_size": 4,
    "gradient_accumulation_steps": 1,
    "eval_steps": 4,
    "save_steps": 4,
}
COLUMNS = {"document": "article", "summary": "highlights", "id": "paper_id"}


def command(*arguments: str) -> None:
    """Run what `deepsynth` runs, here, where torch is loaded already; the guide's blocks run the program
    itself."""
    assert main(list(arguments)) == 0


def predictions(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_by_rest(world: World, papers: Path) -> None:
    body = {
        "name": "papers",
        "source": {"kind": "files", "path": str(papers)},
        "columns": COLUMNS,
        "max_samples": NUM_TRAIN,
        "rendering": RENDERING,
        "publish": {},
    }
    made = world.datasets.run_job("/api/dataset/generate", body)
    assert made["result"]["splits"] == {"train": NUM_TRAIN, "validation": NUM_TRAIN, "test": NUM_TRAIN}
    training = {
        "preset": "quick_test",
        "dataset": "papers",
        "model": "tiny",
        "output": "paper_reader",
        "num_eval_samples": 4,
        "num_test_samples": 4,
        "push_to_hub": True,
    }
    trained = world.trainings.run_job("/api/model/train", training | TRAINING)
    latest = world.trainings.call("GET", f"/api/metrics/{trained['id']}")["latest"]
    on_disk = json.loads((world.workspace / "models" / "paper_reader" / "metrics.json").read_text())
    assert latest == on_disk
    assert latest["step"] == latest["total_steps"] == TRAINING["max_steps"]
    assert latest["train_loss"] > 0
    assert latest["num_trainable_parameters"] > 1_000_000
    job = world.trainings.run_job(
        "/api/model/predict",
        {"model": "paper_reader", "dataset": "papers", "split": "test", "max_samples": 3},
    )
    assert job["state"] == "succeeded"
    assert job["result"]["path"] == str(world.workspace / "predictions" / f"{job['id']}.jsonl")
    assert len(predictions(world.workspace / "predictions" / f"{job['id']}.jsonl")) == 3


def test_by_command_line_makes_the_same_manifest(
    world: World, papers: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    by_rest = world.workspace / "datasets" / "papers" / "manifest.json"
    assert by_rest.exists(), "test_by_rest makes it first"
    workspace = ["--workspace", str(tmp_path / "own"), "--quiet"]
    columns = [
        "--document-column",
        "article",
        "--summary-column",
        "highlights",
        "--set",
        "columns.id=paper_id",
    ]
    size = [
        "--max-samples",
        str(NUM_TRAIN),
        "--mode",
        "micro",
        "--set",
        "rendering.overflow=truncate",
        "--seed",
        "0",
    ]
    command("generate", "--source", str(papers), "--name", "papers", *columns, *size, *workspace)
    assert (tmp_path / "own" / "datasets" / "papers" / "manifest.json").read_bytes() == by_rest.read_bytes()
    settings = [
        f"--set={key}={value}"
        for key, value in (TRAINING | {"num_eval_samples": 4, "num_test_samples": 4}).items()
    ]
    command(
        "train",
        "--dataset",
        "papers",
        "--model",
        "tiny",
        "--preset",
        "quick_test",
        "--output",
        "reader",
        *settings,
        *workspace,
    )
    command(
        "evaluate",
        "--model",
        "reader",
        "--dataset",
        "papers",
        "--split",
        "test",
        "--set",
        "max_samples=4",
        *workspace,
    )
    printed = capsys.readouterr().out
    assert "\nvalidation ROUGE-L: " in printed
    assert printed.count("4 test samples are too few to judge a model by.") == 2
    unseen = tmp_path / "unseen.txt"
    unseen.write_text("A new parser reads tables.")
    command(
        "predict",
        "--model",
        "reader",
        "--input",
        str(unseen),
        "--output",
        str(tmp_path / "out.jsonl"),
        *workspace,
    )
    assert len(predictions(tmp_path / "out.jsonl")) == 1


def test_no_token_is_in_a_file_log_answer_or_published_card(world: World) -> None:
    published = {repository.repo_id: repository for repository in world.hub.repositories.values()}
    assert {name: "README.md" in repository.files for name, repository in published.items()} == {
        f"{USER}/papers": True,
        f"{USER}/paper_reader": True,
    }
    told = [
        json.dumps([service.call("GET", path) for path in addresses(service)])
        for service in (world.datasets, world.trainings)
    ]
    told += [service.log.read_text() for service in (world.datasets, world.trainings)]
    told += [summary for repository in published.values() for summary in repository.summaries]
    stored = [file.content for repository in published.values() for file in repository.files.values()]
    kept = [path.read_bytes() for path in world.workspace.rglob("*") if path.is_file()]
    everything = [*(text.encode() for text in told), *stored, *world.hub.objects.values(), *kept]
    assert len(everything) > 50
    assert not [
        content[:200] for content in everything if TOKEN.encode() in content or API_TOKEN.encode() in content
    ]


def addresses(service: Service) -> list[str]:
    """Return what can be read without naming a thing, and everything about each job."""
    paths = service.call("GET", "/api/openapi.json")["paths"]
    whole = [
        path
        for path, methods in paths.items()
        if "get" in methods
        and path != "/metrics"
        and not any(parameter.get("required") for parameter in methods["get"].get("parameters", ()))
    ]
    jobs = [job["id"] for job in service.call("GET", "/api/jobs")["jobs"]]
    return whole + [
        f"/api/jobs/{job_id}{part}" for job_id in jobs for part in ("", "/events", "/log", "/artifacts")
    ]


def test_plain_datasets_library_reads_the_shards(world: World) -> None:
    folder = world.workspace / "datasets" / "papers" / "train"
    rows = datasets.load_dataset(
        "parquet", data_files=str(folder / "*.parquet"), split="train", cache_dir=str(world.workspace / "hf")
    )
    assert len(rows) == NUM_TRAIN
    assert {image.size for image in rows[0]["images"]} == {(320, 320)}
    assert rows[0]["summary"].strip()
