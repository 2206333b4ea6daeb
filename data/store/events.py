"""events.jsonl: one JSON object per line, one writer, many readers from any byte offset."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from data.store.files import json_bytes, storage_error

EVENTS = "events.jsonl"
"""The event log of a job, in its folder."""
READ_LIMIT_BYTES = 1 << 20
TAIL_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class EventSlice:
    """Events from a byte offset on, and the byte offset at which the next read continues."""

    events: list[dict[str, Any]]
    next_offset: int


class EventLog:
    """The writer of an event log. It first removes an incomplete last line that a crash left."""

    def __init__(self, path: Path) -> None:
        try:
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        except OSError as error:
            raise storage_error(path, error) from error
        self._path = path
        size = _whole_lines_bytes(path)
        os.ftruncate(self._descriptor, size)
        self._next_seq = _last_seq(path, size) + 1

    def append(self, kind: str, **payload: Any) -> None:
        """Append an event of a kind (progress, metric, usage, message, checkpoint, preview)."""
        event = {
            "seq": self._next_seq,
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "kind": kind,
            **payload,
        }
        line = json_bytes(event)
        try:
            while line:
                line = line[os.write(self._descriptor, line) :]
        except OSError as error:
            raise storage_error(self._path, error) from error
        self._next_seq += 1

    def close(self) -> None:
        os.close(self._descriptor)


def read_events(path: Path, offset_bytes: int = 0, limit_bytes: int = READ_LIMIT_BYTES) -> EventSlice:
    """Read the complete lines from a byte offset on; the offset is 0 or one that an earlier call returned.

    Reads at most `limit_bytes`, but at least one complete line if there is one. A line that is not JSON
    becomes an event of kind `damaged`.
    """
    if not path.exists():
        return EventSlice([], 0)
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(min(max(offset_bytes, 0), size))
        chunk = file.read(limit_bytes)
        if b"\n" not in chunk:
            chunk += file.readline()
    end = chunk.rfind(b"\n") + 1
    return EventSlice(list(_parse(chunk[:end])), min(max(offset_bytes, 0), size) + end)


def last_event(path: Path, kind: str, tail_bytes: int = TAIL_BYTES) -> dict[str, Any] | None:
    """Return the last event of a kind within the last `tail_bytes` of a log; None without such an event."""
    if not path.exists():
        return None
    with path.open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - tail_bytes))
        lines = file.read().splitlines()
    marked = (line for line in reversed(lines) if f'"{kind}"'.encode() in line)
    return next((event for line in marked for event in _parse(line) if event.get("kind") == kind), None)


def _parse(chunk: bytes) -> Iterator[dict[str, Any]]:
    for line in chunk.splitlines():
        try:
            event = json.loads(line)
        except (ValueError, RecursionError):
            event = None
        yield (
            event
            if isinstance(event, dict)
            else {"kind": "damaged", "text": line.decode(errors="replace")[:200]}
        )


def _whole_lines_bytes(path: Path) -> int:
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        while size:
            start = max(0, size - 4096)
            file.seek(start)
            newline = file.read(size - start).rfind(b"\n")
            if newline >= 0:
                return start + newline + 1
            size = start
    return 0


def _last_seq(path: Path, size: int) -> int:
    with path.open("rb") as file:
        start = max(0, size - 65536)
        file.seek(start)
        for event in reversed(list(_parse(file.read(size - start)))):
            if isinstance(event.get("seq"), int):
                return int(event["seq"])
    return 0
