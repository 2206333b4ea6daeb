"""How the web service and a warm model talk: one connection for each request, over a Unix socket in the job's
folder, one JSON object a line.

The client sends one `WarmRequest`. The model answers with events, each an object whose `event` is one of:

    waiting  num_before                        requests that are answered first; sent once, at once
    read     see `ReadEvent`                   the documents are pages now
    text     text                              the next part of the summary
    attention  words                           where the model looked for each word; only if it was asked for
    end      see `EndEvent`                    the summary is complete; the last event
    error    code, message, hint, fields, status, retry_after_s      no summary; the last event

A client that closes the connection takes its request back.
"""

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

SOCKET: Final = "model.sock"
MAX_REQUEST_BYTES: Final = 64 << 20
"""The longest line of a client; the pages of a request stand in it as base64."""
RETRY_S: Final = 0.02
PICTURE_SUFFIXES: Final = {
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/webp": ".webp",
    "image/bmp": ".bmp",
    "image/tiff": ".tiff",
}
"""Media type of a picture -> the file ending by which it is read."""
PartKind = Literal["text", "image", "pdf"]


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class DocumentPart(_Message):
    """A part of the document, in reading order: a text, a picture or a PDF."""

    kind: PartKind
    content: str
    """The text; of a picture or a PDF the bytes in base64."""
    suffix: str = ""
    """File ending of a picture, such as .png: tells its format."""


class WarmRequest(_Message):
    """One document to summarise."""

    parts: tuple[DocumentPart, ...]
    prompt: str | None = None
    """None: the prompt of the warm model."""
    max_new_tokens: int | None = Field(None, ge=1)
    """None: the most that the warm model generates."""
    with_pages: bool = False
    """Whether `ReadEvent` holds the pages."""
    with_attention: bool = False
    """Whether an event says where on the pages the model looked."""


class ReadEvent(_Message):
    """What the model reads."""

    event: Literal["read"] = "read"
    num_pages: int
    num_prompt_tokens: int
    """All tokens of the prompt: those of the pages, their newlines, and the text after them."""
    num_vision_tokens: int
    """Tokens of the pages alone, without their newlines."""
    num_text_tokens: int | None
    """Tokens of the document's text in the model's own vocabulary; None: pictures without a text."""
    text: str
    """The document's text, where its parts hold one."""
    notes: tuple[str, ...] = ()
    """Sentences for the user: what differs from the model's training, and what was left out."""
    pages: tuple[str, ...] = ()
    """PNG of each page as the model sees it, in base64; only if they were asked for."""


class WordAttention(_Message):
    """Where on the pages the model looked for a word of its summary."""

    start: int
    """Of the word in the summary, in characters."""
    end: int
    pages: tuple[str, ...]
    """Of each page one byte for each vision token, row by row, in base64; 255: the highest of the word."""


class EndEvent(_Message):
    """The complete summary."""

    event: Literal["end"] = "end"
    text: str
    num_tokens: int
    is_cut: bool
    """The summary reached the limit on its tokens before its end."""
    is_looping: bool
    queue_s: float
    """Time from the request to its turn."""
    first_token_s: float
    """Time from the request to its first token."""
    total_s: float


def as_line(message: BaseModel | dict[str, Any]) -> bytes:
    """Return a message as the connection carries it."""
    values = message.model_dump(mode="json") if isinstance(message, BaseModel) else message
    return json.dumps(values, separators=(",", ":")).encode() + b"\n"


@contextmanager
def socket_address(path: Path) -> Iterator[str]:
    """Yield a name for the path of a socket that is short enough for the kernel: it takes 107 bytes."""
    proc = Path("/proc/self/fd")
    if len(os.fsencode(path)) <= 107 or not proc.is_dir():
        yield str(path)
        return
    descriptor = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield str(proc / str(descriptor) / path.name)
    finally:
        os.close(descriptor)


def connect(folder: Path, timeout_s: float) -> socket.socket:
    """Connect to the warm model whose socket is in a folder.

    Raises:
        OSError: no process listens there.
    """
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(timeout_s)
    deadline_s = monotonic() + timeout_s
    try:
        with socket_address(folder / SOCKET) as address:
            while True:
                try:
                    connection.connect(address)
                except BlockingIOError:  # many connect at once; the kernel does not let them wait
                    if monotonic() > deadline_s:
                        raise
                    sleep(RETRY_S)
                else:
                    return connection
    except OSError:
        connection.close()
        raise
