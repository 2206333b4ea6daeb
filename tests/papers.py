"""Real input: 250 papers with human summaries, out of the PyPI package aclsum, converted when a test asks for
them.

The texts are read from the downloaded package and never kept in the project: their licences differ from paper
to paper.
"""

import json
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from tests.machine import require

PACKAGE = "aclsum==0.1.2"
SPLIT_FILES = {"train": "train.jsonl", "validation": "val.jsonl", "test": "test.jsonl"}
SECTIONS = ("abstract", "introduction", "conclusion")


def write_papers(folder: Path) -> Path:
    """Write train.jsonl, validation.jsonl and test.jsonl (paper_id, article, highlights) into a folder and
    return it."""
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(_wheel()) as wheel:
        for split, name in SPLIT_FILES.items():
            rows = [json.loads(line) for line in wheel.read(f"aclsum/dataset/{name}").decode().splitlines()]
            (folder / f"{split}.jsonl").write_text("".join(json.dumps(_convert(row)) + "\n" for row in rows))
    return folder


def _convert(row: dict[str, Any]) -> dict[str, object]:
    sections = (
        f"{name.capitalize()}\n\n" + " ".join(row["sentences"][name])
        for name in SECTIONS
        if row["sentences"].get(name)
    )
    return {
        "paper_id": row["id"],
        "article": "\n\n".join(sections),
        "highlights": "\n".join(row["summary"].values()),
    }


def _wheel() -> Path:
    cache = Path(os.environ.get("DEEPSYNTH_TEST_CACHE", tempfile.gettempdir())) / "deepsynth-papers"
    found = sorted(cache.glob("aclsum-*.whl"))
    if not found:
        command = [
            sys.executable,
            "-m",
            "pip",
            "download",
            "--quiet",
            "--no-deps",
            "--dest",
            str(cache),
            PACKAGE,
        ]
        answer = subprocess.run(command, capture_output=True, text=True, check=False)
        require(answer.returncode == 0, f"the package {PACKAGE} cannot be downloaded: {answer.stderr[-300:]}")
        found = sorted(cache.glob("aclsum-*.whl"))
    return found[0]
