"""The documentation says what the code does."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from data import errors

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("script", ["write_reference.py", "write_js_types.py", "write_pictures.py"])
def test_a_file_made_from_the_code_is_up_to_date(script: str) -> None:
    answer = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / script), "--check"], capture_output=True, check=False
    )
    assert answer.returncode == 0, f"run: python scripts/{script}"


@pytest.mark.parametrize(
    "kind", [k for k in vars(errors).values() if isinstance(k, type) and issubclass(k, errors.DeepSynthError)]
)
def test_every_error_code_is_explained(kind: type[errors.DeepSynthError]) -> None:
    row = next(
        line
        for line in (ROOT / "docs" / "reference.md").read_text().splitlines()
        if line.startswith(f"| `{kind.code}` |")
    )
    assert row.split("|")[4].strip()


def test_every_place_that_contributing_names_exists() -> None:
    table = (ROOT / "CONTRIBUTING.md").read_text()
    rows = [line for line in table.splitlines() if line.startswith("| ")]
    places = {place for row in rows for place in re.findall(r"`((?:[\w-]+/)+[\w.-]*)`", row)}
    assert len(places) > 20
    assert sorted(place for place in places if not (ROOT / place).exists()) == []
