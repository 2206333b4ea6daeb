"""Removes tokens from the environment of child processes and from logs, events, errors and answers."""

import io
import os
from functools import cache
from pathlib import Path
from typing import Any, TextIO

SECRET_VARIABLES = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "WANDB_API_KEY")
SERVICE_SECRETS = ("DEEPSYNTH_API_TOKEN", "DEEPSYNTH_WEBHOOK_URL", "DEEPSYNTH_WEBHOOK_SECRET")
REDACTED = "***"


def child_environment() -> dict[str, str]:
    """Return the environment of this process without the secrets of the web service."""
    return {name: value for name, value in os.environ.items() if name not in SERVICE_SECRETS}


def redact_text(text: str) -> str:
    """Replace the tokens in the environment of this process, and the one that `hf auth login` stored."""
    for secret in (*map(os.environ.get, SECRET_VARIABLES), _stored_token()):
        if secret:
            text = text.replace(secret, REDACTED)
    return text


def redact_json(value: Any) -> Any:
    """Replace the tokens in every text of a JSON value."""
    if isinstance(value, dict):
        return {name: redact_json(item) for name, item in value.items()}
    if isinstance(value, list):
        return [redact_json(item) for item in value]
    return redact_text(value) if isinstance(value, str) else value


@cache
def _stored_token() -> str:
    """Return the token in the file where the Hub's client looks when the environment holds no token."""
    cache_home = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    hub_home = os.environ.get("HF_HOME") or f"{cache_home}/huggingface"
    try:
        return Path(os.environ.get("HF_TOKEN_PATH") or f"{hub_home}/token").expanduser().read_text().strip()
    except (OSError, RuntimeError, UnicodeDecodeError):
        return ""  # no login, or this user has no home folder


class RedactedStream(io.TextIOBase):
    """A text stream that replaces tokens before it writes."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        self._stream.write(redact_text(text))
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
