"""scripts/audit.sh fails only on a finding, and reports no success if the database did not answer."""

import subprocess
from pathlib import Path

import pytest

from tests.scripts.conftest import ROOT, executable


@pytest.mark.parametrize(
    ("answer", "code", "words"),
    [
        ("echo 'No known vulnerabilities found' >&2", 0, "No known vulnerability in the "),
        (
            "echo 'Found 1 known vulnerability' >&2; echo 'idna 3.20 PYSEC-2026-1'; exit 1",
            1,
            "idna 3.20 PYSEC-2026-1",
        ),
        (
            "echo 'Traceback' >&2; echo 'ConnectionError: no route' >&2; exit 1",
            0,
            "not checked: ConnectionError: no route\n",
        ),
    ],
)
def test_the_answer_of_the_database_is_reported(tmp_path: Path, answer: str, code: int, words: str) -> None:
    executable(tmp_path / "pip-audit", f"#!/bin/bash\n{answer}\n")
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
    done = subprocess.run(
        [ROOT / "scripts" / "audit.sh"], env=environment, cwd="/", capture_output=True, text=True, check=False
    )
    assert done.returncode == code, done.stderr
    assert words in done.stdout
    assert ("No known" in done.stdout) == ("No known" in words)
