"""Continues each part of the stored workspace with the present version, and says what came out.

    python -m tests.earlier_workspace.continuation

prints all results as JSON. Two versions of the product that print the same results on one machine compute the
same bytes.
"""

import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any

from tests.earlier_workspace.archive import ARCHIVE, file_digest, unpack
from tests.earlier_workspace.commands import ENVIRONMENT, HALF, PAUSED, WHOLE, run_deepsynth, train_command
from tests.services import Service

LOSSES = ("train_loss", "eval_loss")
EXACT = ("checkpoints/*/*.safetensors", "checkpoints/*/*.pt*", "model/*.safetensors", "predictions.jsonl")
"""Files of a training without times in them: on one machine they are equal to the last byte."""


def make_whole_again(folder: Path) -> dict[str, str]:
    """Make the dataset `whole` in a workspace of its own; return the digests of its files."""
    run_deepsynth(folder / "again", WHOLE)
    return dataset_digests(folder / "again" / "datasets" / "whole")


def complete_half(workspace: Path, installed_fonts: str) -> dict[str, str]:
    """Complete the dataset `half`; return the digests of its files.

    Args:
        installed_fonts: what a manifest made on this machine says of its fonts. The product refuses to
            complete a dataset begun with other fonts. The pages of `half` use only the fonts that come with
            the product.
    """
    manifest = workspace / "datasets" / "half" / "manifest.json"
    begun = json.loads(manifest.read_text())
    begun["versions"]["installed fonts"] = installed_fonts
    manifest.write_text(json.dumps(begun))
    run_deepsynth(workspace, HALF)
    return dataset_digests(manifest.parent)


def continue_paused_and_predict(workspace: Path) -> dict[str, str]:
    """Train `paused` to its end; return the summaries of `finished` for the test split of `whole`, by
    document."""
    output = workspace.parent / "predictions.jsonl"
    predict = (
        "predict",
        "--model",
        "finished",
        "--dataset",
        "whole",
        "--set",
        "split=test",
        "--output",
        str(output),
    )
    run_deepsynth(workspace, train_command(PAUSED), predict)
    records = [json.loads(line) for line in output.read_text().splitlines()]
    return {record["input"]: record["summary"] for record in records}


def resume_job(service: Service) -> dict[str, Any]:
    """Resume the paused job by a running service; return the job once it has ended."""
    (job,) = service.call("GET", "/api/jobs?state=paused")["jobs"]
    service.call("POST", f"/api/jobs/{job['id']}/resume")
    ended: dict[str, Any] = service.wait_job(job["id"])
    return ended


def dataset_digests(folder: Path) -> dict[str, str]:
    """Return the digest of each Parquet file, and of the manifest without the versions of the libraries."""
    digests = {
        str(path.relative_to(folder)): file_digest(path) for path in sorted(folder.glob("*/*.parquet"))
    }
    manifest = json.loads((folder / "manifest.json").read_text())
    del manifest["versions"]
    return digests | {"manifest.json": hashlib.sha256(json.dumps(manifest).encode()).hexdigest()}


def installed_fonts_of(dataset: Path) -> str:
    """Return what the manifest of a dataset says of the machine's fonts."""
    return str(json.loads((dataset / "manifest.json").read_text())["versions"]["installed fonts"])


def training_history(workspace: Path, name: str) -> list[dict[str, Any]]:
    """Return all metrics of a training, in order."""
    history: list[dict[str, Any]] = json.loads(
        (workspace / "models" / name / "metrics_history.json").read_text()
    )
    return history


def select_losses(history: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the part of the metrics that every machine computes alike, but for rounding."""
    rows = [
        {name: record[name] for name in ("step", *LOSSES) if record[name] is not None} for record in history
    ]
    return [row for row in rows if len(row) > 1]


def exact_digests(workspace: Path, name: str) -> dict[str, str]:
    """Return the digests of a training's files that hold no times."""
    folder = workspace / "models" / name
    return {
        str(path.relative_to(folder)): file_digest(path)
        for pattern in EXACT
        for path in sorted(folder.glob(pattern))
    }


def continue_all(workspace: Path) -> dict[str, Any]:
    """Continue everything in the workspace and return what came out."""
    whole = make_whole_again(workspace.parent)
    fonts = installed_fonts_of(workspace.parent / "again" / "datasets" / "whole")
    half = complete_half(workspace, fonts)
    predictions = continue_paused_and_predict(workspace)
    service = Service(role="gpu", workspace=workspace)
    service.start()
    try:
        job = resume_job(service)
    finally:
        service.stop()
    assert job["state"] == "succeeded", job["error"]
    return {
        "whole": whole,
        "half": half,
        "paused": select_losses(training_history(workspace, "paused")),
        "predictions": predictions,
        "paused_job": select_losses(training_history(workspace, "paused_job")),
        "exact": {name: exact_digests(workspace, name) for name in ("paused", "paused_job")},
    }


def continue_copy(archive: Path, folder: Path) -> dict[str, Any]:
    """Unpack an archive into an empty folder and continue everything in it."""
    folder.mkdir()
    return continue_all(unpack(archive, folder))


if __name__ == "__main__":
    os.environ.update(ENVIRONMENT)
    with tempfile.TemporaryDirectory() as temporary:
        print(json.dumps(continue_copy(ARCHIVE, Path(temporary) / "copy"), indent=1))
