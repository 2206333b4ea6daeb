"""Keeps tokens out of everything that a job writes: log, events and errors."""

import io
import os
from typing import TextIO

SECRET_VARIABLES = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN")
BLACK = "***"


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
