"""The demo of `./start-all.sh --demo`: make a dataset, train on it, score the model, print three summaries.

It uses only the public API of the two running services, so it is also an example of a client.
"""

import argparse
import hashlib
import json
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from data.errors import DeepSynthError
from web_ui.api.demo import DATASET, TRAINING
from web_ui.settings import Settings

POLL_S = 0.5
ENDED_STATES = {"succeeded", "failed", "cancelled"}
# The same training on white pages only: its score is possible without reading.
CONTROL: dict[str, Any] = TRAINING | {
    "output": "blank_pages_control",
    "blank_pages": True,
    "eval_steps": 400,
    "save_steps": 400,
    "num_eval_samples": 0,
    "num_test_samples": None,
}
EVALUATION: dict[str, Any] = {
    "model": TRAINING["output"],
    "dataset": DATASET["name"],
    "split": "test",
    "max_length": 64,
}

TRAINED_NAME, CONTROL_NAME = "trained model", "same training, blank pages"


class DemoError(Exception):
    """A service failed, a job failed, or the model did not learn."""


@dataclass(frozen=True, slots=True)
class ApiClient:
    """One running DeepSynth service."""

    url: str

    def call(self, method: str, path: str, body: object = None, key: str | None = None) -> Any:
        """Send one JSON request and return the JSON answer.

        Raises:
            DemoError: the service does not answer, or answers with an error.
        """
        headers = {"Content-Type": "application/json"} | ({"Idempotency-Key": key} if key else {})
        if token := Settings.from_environment().api_token:
            headers["Authorization"] = f"Bearer {token.get_secret_value()}"
        content = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data=content, headers=headers, method=method)  # noqa: S310 - a fixed http address
        # The services run on this machine: do not use a proxy of the environment.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=30) as answer:
                return json.loads(answer.read() or b"null")  # a deletion has an empty answer
        except urllib.error.HTTPError as error:
            raise DemoError(f"{method} {path}: {_refusal(error)}") from error
        except OSError as error:
            raise DemoError(f"{self.url} does not answer: {error}") from error
        except (ValueError, HTTPException) as error:
            raise DemoError(
                f"{self.url} is not a DeepSynth service. Does another program use its port?"
            ) from error


def _refusal(error: urllib.error.HTTPError) -> str:
    try:
        return format_api_error(json.load(error)["error"])
    except (ValueError, LookupError, TypeError):  # not from DeepSynth, for example from a proxy
        return f"HTTP {error.code} {error.reason}"


def run_job(service: ApiClient, path: str, body: dict[str, Any], title: str, console: Console) -> Any:
    """Start a job, or find the job of an earlier demo, and show its progress until it ends. Returns the job.

    Raises:
        DemoError: the job did not succeed.
    """
    key = "demo-" + hashlib.sha256(json.dumps([path, body], sort_keys=True).encode()).hexdigest()[:16]
    job = service.call("POST", path, body, key)
    if job["state"] in {"failed", "cancelled"}:
        service.call("DELETE", f"/api/jobs/{job['id']}")
        job = service.call("POST", path, body, key)
    if job["state"] == "paused":
        service.call("POST", f"/api/jobs/{job['id']}/resume", {})
    with Progress(
        TextColumn("{task.description:<28}"),
        BarColumn(),
        TaskProgressColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
    ) as bar:
        task = bar.add_task(title, total=None)
        while True:
            progress = job["progress"] or {"done": 0, "total": None}
            bar.update(task, completed=progress["done"], total=progress["total"])
            if job["state"] in ENDED_STATES:
                break
            time.sleep(POLL_S)
            job = service.call("GET", f"/api/jobs/{job['id']}")
    if job["state"] != "succeeded":
        why = f": {format_api_error(job['error'])}" if job["error"] else "."
        raise DemoError(f"{title}: the job {job['id']} has ended ({job['state']}){why}")
    return job


def format_api_error(error: dict[str, str]) -> str:
    """Return message and hint of an error of the API."""
    return f"{error['message']} {error['hint']}".strip()


def score_table(rows: list[dict[str, Any]]) -> Table:
    """Return a table of ROUGE scores with one row per system."""
    table = Table(
        title="Test scores: documents with names that no training document has (ROUGE F-measure x 100)"
    )
    table.add_column("system")
    for name in ("ROUGE-1", "ROUGE-2", "ROUGE-L"):
        table.add_column(name, justify="right")
    for row in rows:
        table.add_row(row["name"], *(f"{100 * row[key]:.1f}" for key in ("rouge1", "rouge2", "rougeL")))
    return table


def require_learning(rows: list[dict[str, Any]]) -> None:
    """Compare the trained model's ROUGE-L with two baselines that read no pages: lead-3 (the first three
    sentences of the text) and the model trained on blank pages.

    Args:
        rows: the rows of `score_table`.

    Raises:
        DemoError: the trained model's score is not above both.
    """
    scores = {row["name"]: row["rougeL"] for row in rows}
    faults = [
        f"{name} has {100 * scores[name]:.1f}"
        for name in ("lead-3", CONTROL_NAME)
        if scores[TRAINED_NAME] <= scores[name]
    ]
    if faults:
        trained = f"The trained model's test ROUGE-L is {100 * scores[TRAINED_NAME]:.1f}"
        raise DemoError(
            f"{trained}, but {' and '.join(faults)}: this does not show that the model reads pages. Read the "
            "log of the training."
        )


def run(datasets: ApiClient, trainings: ApiClient, workspace: Path, console: Console) -> None:
    """Run the jobs one after another, then print the scores, three summaries and the places of the results.

    Raises:
        DemoError: a job failed, or the trained model is not better than the baselines.
    """
    started_s = time.monotonic()
    console.print(
        "Making page images of 6,000 short news items, then teaching a tiny DeepSeek-OCR to summarise them.\n"
    )
    dataset = run_job(datasets, "/api/dataset/generate", DATASET, "Drawing pages", console)
    training = run_job(trainings, "/api/model/train", TRAINING, "Training", console)
    scored = run_job(trainings, "/api/model/evaluate", EVALUATION, "Scoring", console)
    control = run_job(trainings, "/api/model/train", CONTROL, "Training on blank pages", console)
    trained, *baselines = scored["result"]["table"]
    guessed = control["result"]["table"][0]
    rows = [trained | {"name": TRAINED_NAME}, *baselines, guessed | {"name": CONTROL_NAME}]
    console.print()
    console.print(score_table(rows))
    console.print(
        "Blank pages show the score that is possible without reading; lead-1 and lead-3 copy the first "
        "sentences of the true text."
    )
    console.print("Three of the summaries:\n")
    for example in scored["result"]["examples"][:3]:
        console.print(
            f"  reference  {example['reference']}\n  written    {example['prediction']}\n",
            markup=False,
            highlight=False,
        )
    console.print(f"Done in {(time.monotonic() - started_s) / 60:.1f} minutes. Look at:", highlight=False)
    places = {
        "dataset": f"{datasets.url}{dataset['links']['page']}",
        "training": f"{trainings.url}{training['links']['page']}",
        "metrics": str(workspace / "models" / TRAINING["output"] / "metrics.json"),
        "pages": str(workspace / "datasets" / DATASET["name"]),
    }
    for name, place in places.items():
        console.print(f"  {name:<9} {place}", markup=False, highlight=False, soft_wrap=True)
    require_learning(rows)


def main() -> int:
    parser = argparse.ArgumentParser(description="Run the DeepSynth demo over REST.")
    parser.add_argument("--dataset-service", default="http://127.0.0.1:5000")
    parser.add_argument("--training-service", default="http://127.0.0.1:5001")
    parser.add_argument("--workspace", type=Path, required=True, help="workspace of both services")
    arguments = parser.parse_args()
    console = Console()
    try:
        services = ApiClient(arguments.dataset_service), ApiClient(arguments.training_service)
        run(*services, arguments.workspace, console)
    except (DemoError, DeepSynthError) as error:
        console.print(f"The demo failed. {error}", style="bold red", markup=False)
        return 1
    except KeyboardInterrupt:
        console.print("Stopped watching. Services and job keep running; the same command shows them again.")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
