"""The documentation says what the code does."""

import subprocess
import sys
from pathlib import Path

import pytest

from data import errors

ROOT = Path(__file__).resolve().parents[2]


def test_reference_is_up_to_date() -> None:
    answer = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "write_reference.py"), "--check"],
        capture_output=True,
        check=False,
    )
    assert answer.returncode == 0, "run: python scripts/write_reference.py"


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
