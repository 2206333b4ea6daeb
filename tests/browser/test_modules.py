"""The browser modules on their own: their types, their format, and their tests in Node."""

import shutil
import subprocess

import pytest

from tests.browser.site import REPOSITORY
from tests.machine import require

pytestmark = pytest.mark.browser


def run(*command: str) -> None:
    answer = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_types() -> None:
    compiler = REPOSITORY / "node_modules" / ".bin" / "tsc"
    require(compiler.exists(), "no TypeScript: npm ci")
    run(str(compiler), "--project", "tsconfig.json")


def test_format() -> None:
    formatter = REPOSITORY / "node_modules" / ".bin" / "prettier"
    require(formatter.exists(), "no Prettier: npm ci")
    run(str(formatter), "--check", "web_ui/static/js", "web_ui/static/css", "tests/js")


def test_behaviour() -> None:
    node = shutil.which("node")
    require(node is not None, "no Node.js: apt-get install nodejs npm")
    tests = sorted(map(str, (REPOSITORY / "tests" / "js").glob("*.test.js")))
    run(str(node), "--test", *tests)


def test_the_vendored_library_is_named_with_version_and_licence() -> None:
    folder = REPOSITORY / "web_ui" / "static" / "vendor" / "uplot"
    version = (folder / "VERSION").read_text().split()[1].rstrip(",")
    assert (
        "MIT" in (folder / "LICENSE").read_text()
        or "Permission is hereby granted" in (folder / "LICENSE").read_text()
    )
    assert f"v{version}" in (folder / "uPlot.esm.js").read_text()[:400]
