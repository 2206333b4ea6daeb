"""Real input: the papers of the PyPI package aclsum, fetched and converted when a test asks for them. Nothing of them is kept here."""

import json
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from tests.machine import require

PACKAGE = "aclsum==0.1.2"
SPLITS = {"train": "train", "val": "validation", "test": "test"}


def aclsum_folder(folder: Path) -> Path:
    """Write train.jsonl, validation.jsonl and test.jsonl with the columns id, document and summary; skip the test if that is impossible."""
    wheel = _fetched_wheel()
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(wheel) as archive:
        for name, split in SPLITS.items():
            lines = archive.read(f"aclsum/dataset/{name}.jsonl").decode().splitlines()
            (folder / f"{split}.jsonl").write_text("".join(json.dumps(_row(json.loads(line))) + "\n" for line in lines))
    return folder


def _row(paper: dict[str, dict[str, list[str]] | dict[str, str] | str]) -> dict[str, object]:
    sections = paper["sentences"]
    summary = paper["summary"]
    assert isinstance(sections, dict)
    assert isinstance(summary, dict)
    document = "\n\n".join(" ".join(sections[name]) for name in ("abstract", "introduction", "conclusion"))
    return {
        "id": paper["id"],
        "document": document,
        "summary": " ".join(str(summary[name]) for name in ("challenge", "approach", "outcome")),
    }


def _fetched_wheel() -> Path:
    cache = Path(tempfile.gettempdir()) / "deepsynth-tests-aclsum"
    if not list(cache.glob("*.whl")):
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(cache), PACKAGE]
        answer = subprocess.run(command, capture_output=True, text=True, check=False)
        require(answer.returncode == 0, f"{PACKAGE} cannot be fetched: {answer.stderr.strip()[-200:]}")
    return next(cache.glob("*.whl"))
