"""The `Progress` of a job: reports of the stage become events, and a request of the user becomes
`should_stop`."""

import math
import os
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from time import monotonic

from data.errors import StorageError
from data.progress import Level
from data.store.events import EVENTS, EventLog
from data.store.workspace import Workspace
from web_ui.jobs.job import CONTROL, Control, read_json_file
from web_ui.jobs.redaction import redact_text
from web_ui.jobs.snapshot import last_progress
from web_ui.jobs.usage import UsageMeter

EVENT_INTERVAL_S = 0.5
CONTROL_INTERVAL_S = 0.2
RATE_WINDOW_S = 30.0
SMOOTHING_S = 10.0
"""Time in which a countdown takes over about two thirds of a new estimate."""


class RateMeter:
    """Units per second over the last RATE_WINDOW_S, or over the later half of the activity if that is longer,
    so that a validation now and then does not change the rate. On the monotonic clock."""

    def __init__(self) -> None:
        self._unit = ""
        self._start_s = 0.0
        self._positions: deque[tuple[float, int]] = deque()

    def update(self, done: int, unit: str, time_s: float) -> float | None:
        """Add a position and return the rate in units per second. None while the rate is unknown."""
        if unit != self._unit or (self._positions and done < self._positions[-1][1]):
            self._unit = unit
            self._positions.clear()
        if not self._positions:
            self._start_s = time_s
        self._positions.append((time_s, done))
        window_s = max(RATE_WINDOW_S, (time_s - self._start_s) / 2)
        while len(self._positions) > 2 and time_s - self._positions[0][0] > window_s:
            self._positions.popleft()
        first_s, first_done = self._positions[0]
        return (done - first_done) / (time_s - first_s) if time_s > first_s and done > first_done else None


class Countdown:
    """The time left, smoothed: it runs down with the clock and follows new estimates slowly."""

    def __init__(self) -> None:
        self._end_s: float | None = None
        self._updated_s = 0.0

    def update(self, estimate_s: float | None, time_s: float) -> float | None:
        """Add an estimate of the time left (None: there is none now), and return the time left in seconds."""
        if estimate_s is not None:
            end_s = time_s + estimate_s
            smoothing_s = min(SMOOTHING_S, 0.5 + estimate_s / 4)  # near the end it follows at once
            weight = 1 - math.exp((self._updated_s - time_s) / smoothing_s)
            self._end_s = end_s if self._end_s is None else self._end_s + weight * (end_s - self._end_s)
            self._updated_s = time_s
        return None if self._end_s is None else max(0.0, self._end_s - time_s)


class EventProgress:
    """Appends to a job's event log, at most two positions per second; `close` writes the last position. The
    share of the work that is done never falls, also not below that of an earlier attempt."""

    def __init__(self, folder: Path) -> None:
        self._log = EventLog(folder / EVENTS)
        self._workspace = Workspace(folder.parents[1])
        self._control = folder / CONTROL
        self._rate, self._countdown = RateMeter(), Countdown()
        self._usage = UsageMeter(os.environ.get("CUDA_VISIBLE_DEVICES"))
        self._activity: str | None = None
        self._start, self._end = 0.0, 1.0
        self._is_counted = False
        """Whether the position is one of the current activity."""
        self._share = (last_progress(folder / EVENTS) or {}).get("share")
        self._position: tuple[int, int | None, str, dict[str, int]] = (0, None, "", {})
        self._is_pending = False
        self._written_s = self._control_read_s = -math.inf
        self._is_stopping = False

    def begin(self, activity: str, start: float | None = None, end: float | None = None) -> None:
        self.flush()
        self._activity = activity
        if start is not None and end is not None:
            self._start, self._end, self._is_counted = start, end, False
            self._raise_share(0.0)
        self._is_pending = True
        self.flush()

    def advance(self, done: int, total: int | None, unit: str, **counts: int) -> None:
        self._position = (done, total, unit, counts)
        self._is_counted = self._is_pending = True
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
        """Write the position that was held back, and now and then what the job uses of the machine."""
        if usage := self._usage.measure_if_due():
            self._log.append("usage", values=usage)
        if not self._is_pending:
            return
        (done, total, unit, counts), self._is_pending = self._position, False
        self._written_s = monotonic()
        rate = self._rate.update(done, unit, self._written_s)
        left_s = None
        if total and self._is_counted:
            self._raise_share(done / total)
            left_s = self._time_left_s(done, total, rate)
        self._log.append(
            "progress",
            done=done,
            total=total,
            unit=unit,
            counts=counts,
            rate=rate,
            eta_s=self._countdown.update(left_s, self._written_s),
            activity=self._activity,
            share=self._share,
        )

    def _raise_share(self, part: float) -> None:
        """Set the share of the whole work, `part` of the activity done."""
        self._share = max(self._share or 0.0, min(1.0, self._start + part * (self._end - self._start)))

    def _time_left_s(self, done: int, total: int, rate: float | None) -> float | None:
        """Return the time left of the activity and of all later ones, which take time as their shares say."""
        if not rate or self._end <= self._start:
            return None
        later_s = total / rate * (1 - self._end) / (self._end - self._start)
        return (total - done) / rate + later_s

    def close(self) -> None:
        self.flush()
        self._log.close()

    def _is_stop_requested(self) -> bool:
        try:
            control = read_json_file(self._control, Control)
        except StorageError:
            return False  # the job's snapshot reports the damage; the next request replaces the file
        return control is not None and control.desired != "run"
