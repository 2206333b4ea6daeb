"""Keeps tokens out of everything that a child process writes or need not know: log, events, errors, answers."""

import io
import os
from typing import TextIO

SECRET_VARIABLES = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN")
SERVICE_SECRETS = ("DEEPSYNTH_API_TOKEN",)
BLACK = "***"


def child_environment() -> dict[str, str]:
    """Return this process's environment without what only the web service needs to know."""
    return {name: value for name, value in os.environ.items() if name not in SERVICE_SECRETS}


def without_secrets(text: str) -> str:
    """Black out the tokens of this process's environment."""
    for name in SECRET_VARIABLES:
        if secret := os.environ.get(name):
            text = text.replace(secret, BLACK)
    return text


class CleanStream(io.TextIOBase):
    """A text stream that passes everything on but tokens."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        self._stream.write(without_secrets(text))
        return len(text)

    def flush(self) -> None:
        self._stream.flush()

    def fileno(self) -> int:
        return self._stream.fileno()

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return "utf-8"

    def isatty(self) -> bool:
        return False
