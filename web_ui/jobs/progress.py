"""The `Progress` of a job: reports of the stage become events, and a request of the user becomes
`should_stop`."""

import math
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from time import monotonic

from data.errors import StorageError
from data.progress import Level
from data.store.events import EventLog
from data.store.workspace import Workspace
from web_ui.jobs.job import CONTROL, EVENTS, Control, read_json_file
from web_ui.jobs.redaction import redact_text

EVENT_INTERVAL_S = 0.5
CONTROL_INTERVAL_S = 0.2
RATE_WINDOW_S = 30.0


class RateMeter:
    """Units per second over the last RATE_WINDOW_S, on the monotonic clock."""

    def __init__(self) -> None:
        self._unit = ""
        self._positions: deque[tuple[float, int]] = deque()

    def update(self, done: int, unit: str, time_s: float) -> float | None:
        """Add a position and return the rate in units per second. None while the rate is unknown."""
        if unit != self._unit or (self._positions and done < self._positions[-1][1]):
            self._unit = unit
            self._positions.clear()
        self._positions.append((time_s, done))
        while len(self._positions) > 2 and time_s - self._positions[0][0] > RATE_WINDOW_S:
            self._positions.popleft()
        first_s, first_done = self._positions[0]
        return (done - first_done) / (time_s - first_s) if time_s > first_s and done > first_done else None


class EventProgress:
    """Appends to a job's event log, at most two positions per second; `close` writes the last position."""

    def __init__(self, folder: Path) -> None:
        self._log = EventLog(folder / EVENTS)
        self._workspace = Workspace(folder.parents[1])
        self._control = folder / CONTROL
        self._rate = RateMeter()
        self._pending: tuple[int, int | None, str, dict[str, int]] | None = None
        self._written_s = self._control_read_s = -math.inf
        self._is_stopping = False

    def advance(self, done: int, total: int | None, unit: str, **counts: int) -> None:
        self._pending = (done, total, unit, counts)
        if done == total or monotonic() - self._written_s >= EVENT_INTERVAL_S:
            self.flush()

    def metric(self, step: int, values: Mapping[str, float | None]) -> None:
        finite = {
            name: value if value is not None and math.isfinite(value) else None
            for name, value in values.items()
        }
        self._log.append("metric", step=step, values=finite)

    def message(self, text: str, level: Level = "info") -> None:
        self._log.append("message", text=redact_text(text), level=level)

    def checkpoint(self, step: int, path: Path) -> None:
        self._log.append("checkpoint", step=step, path=self._workspace.portable(path))

    def preview(self, path: Path) -> None:
        self._log.append("preview", path=self._workspace.portable(path))

    def should_stop(self) -> bool:
        if not self._is_stopping and monotonic() - self._control_read_s >= CONTROL_INTERVAL_S:
            self._control_read_s = monotonic()
            self._is_stopping = self._is_stop_requested()
        return self._is_stopping

    def stop(self) -> None:
        """Make `should_stop` true from now on."""
        self._is_stopping = True

    def flush(self) -> None:
        """Write the position that was held back."""
        if self._pending is None:
            return
        (done, total, unit, counts), self._pending = self._pending, None
        self._written_s = monotonic()
        rate = self._rate.update(done, unit, self._written_s)
        eta_s = (total - done) / rate if rate and total is not None else None
        self._log.append("progress", done=done, total=total, unit=unit, counts=counts, rate=rate, eta_s=eta_s)

    def close(self) -> None:
        self.flush()
        self._log.close()

    def _is_stop_requested(self) -> bool:
        try:
            control = read_json_file(self._control, Control)
        except StorageError:
            return False  # the job's snapshot reports the damage; the next request replaces the file
        return control is not None and control.desired != "run"
