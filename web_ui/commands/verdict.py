"""The verdict at the end of `deepsynth train` and `deepsynth evaluate`, and in `deepsynth jobs show`."""

import json
import shlex
from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.text import Text

from evaluation.verdicts.verdict import Verdict

_OPTIONS = ("model", "dataset", "split")
"""Fields of an evaluation that the command has options for."""


def print_verdict(verdict: Verdict, control_request: Mapping[str, Any]) -> None:
    """Print what a score is worth, and the command that tells reading from guessing, if it is needed."""
    console = Console(highlight=False, soft_wrap=True)
    console.print(Text(f"\n{verdict.metric}: {verdict.sentence}"))
    for note in verdict.notes:
        console.print(Text(f"  {note}"))
    if control_request:
        console.print(
            Text(f"Does it read or guess? Score it with blank pages:\n  {_command(control_request)}")
        )


def _command(request: Mapping[str, Any]) -> str:
    options = [part for name in _OPTIONS for part in (f"--{name}", request.get(name)) if name in request]
    settings = [
        f"--set={name}={value if isinstance(value, str) else json.dumps(value)}"
        for name, value in request.items()
        if name not in _OPTIONS
    ]
    return shlex.join(["deepsynth", "evaluate", *map(str, options), *settings])
