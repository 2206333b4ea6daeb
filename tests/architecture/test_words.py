"""What may stand nowhere in the project: secrets, paths of one machine, unfinished business."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SUFFIXES = {".py", ".sh", ".md", ".js", ".css", ".html", ".toml", ".yml", ".json", ".txt", ""}
FORBIDDEN = {
    "a Hugging Face token": re.compile(r"\bhf_[A-Za-z0-9]{30,}\b"),
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    "unfinished business": re.compile(r"\b(TODO|FIXME|XXX|HACK)\b"),
    "a path of one machine": re.compile(r"/(work|root|home/[a-z]+)/(main|shared|brief)\b"),
}


def texts() -> list[tuple[str, str]]:
    listing = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files"], capture_output=True, text=True, check=True
    ).stdout
    found = []
    for line in listing.splitlines():
        path = ROOT / line
        own = "vendor" not in path.parts and path.name != "test_words.py"
        if own and path.suffix in SUFFIXES and path.is_file():
            found.append((line, path.read_text(encoding="utf-8", errors="replace")))
    return found


@pytest.mark.parametrize("what", FORBIDDEN)
def test_nothing_forbidden_stands_in_a_tracked_file(what: str) -> None:
    faults = [
        f"{name}: {match.group()[:40]}"
        for name, text in texts()
        for match in [FORBIDDEN[what].search(text)]
        if match
    ]
    assert faults == []
