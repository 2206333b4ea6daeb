"""The progress of a job: one share over all activities that never falls, and a time left without jumps."""

from pathlib import Path

import pytest

from data.progress import PartialProgress
from data.store.events import EVENTS
from data.store.workspace import Workspace
from web_ui.jobs.progress import Countdown, EventProgress, RateMeter
from web_ui.jobs.snapshot import last_progress


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = Workspace.create(tmp_path).jobs / "20260101-000000-abcd"
    folder.mkdir()
    return folder


def share(folder: Path) -> float | None:
    position = last_progress(folder / EVENTS)
    assert position is not None
    found: float | None = position["share"]
    return found


def test_the_share_goes_over_all_activities(folder: Path) -> None:
    progress = EventProgress(folder)
    shares = []
    progress.begin("Loading", 0.0, 0.1)
    shares.append(share(folder))
    progress.begin("Training", 0.1, 0.8)
    progress.advance(200, 400, "steps")
    progress.flush()
    shares.append(share(folder))
    progress.begin("Validating")  # within the training
    shares.append(share(folder))
    progress.advance(400, 400, "steps")
    shares.append(share(folder))
    progress.begin("Exporting", 0.8, 0.9)  # the position is still that of the training
    shares.append(share(folder))
    scoring = PartialProgress(progress, 0.9, 1.0)
    scoring.begin("Writing summaries", 0.0, 0.5)
    scoring.advance(10, 10, "samples")
    shares.append(share(folder))
    assert shares == pytest.approx([0.0, 0.45, 0.45, 0.8, 0.8, 0.95])


def test_the_share_does_not_fall_in_a_later_attempt(folder: Path) -> None:
    first = EventProgress(folder)
    first.begin("Training", 0.1, 0.9)
    first.advance(10, 10, "steps")
    first.close()
    second = EventProgress(folder)
    second.begin("Loading", 0.0, 0.1)
    assert share(folder) == pytest.approx(0.9)
    second.close()


def test_a_activity_is_written_at_once_with_the_position_before_it(folder: Path) -> None:
    progress = EventProgress(folder)
    progress.begin("Starting")
    position = last_progress(folder / EVENTS)
    assert position is not None
    assert (position["activity"], position["done"], position["total"], position["share"]) == (
        "Starting", 0, None, None,
    )  # fmt: skip


def test_a_countdown_runs_down_with_the_clock_and_takes_over_new_estimates_slowly() -> None:
    countdown = Countdown()
    assert countdown.update(None, 0.0) is None
    assert countdown.update(100.0, 0.0) == 100
    assert countdown.update(None, 10.0) == pytest.approx(90)
    # one second later an estimate five times as long moves it by less than a tenth of the difference
    steady = Countdown()
    steady.update(100.0, 0.0)
    left_s = steady.update(500.0, 1.0)
    assert left_s is not None
    assert 100 < left_s < 140
    for second in range(2, 60):
        left_s = steady.update(500.0 - second, float(second))
    assert left_s == pytest.approx(441, abs=3)


def test_regular_validations_do_not_change_the_rate() -> None:
    meter, time_s, rates = RateMeter(), 0.0, []
    for step in range(1, 2001):
        time_s += 0.5 + (30.0 if step % 100 == 0 else 0.0)  # 50 s of steps, then 30 s of validation
        rate = meter.update(step, "steps", time_s)
        if step > 400 and rate:
            rates.append(rate)
    assert max(rates) / min(rates) < 1.5


def test_the_time_left_counts_later_activities(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(float(second) for second in range(0, 1000, 10))
    monkeypatch.setattr("web_ui.jobs.progress.monotonic", lambda: next(clock))
    progress = EventProgress(folder)
    progress.begin("Training", 0.0, 0.5)
    for step in range(1, 6):
        progress.advance(step, 10, "steps")
    position = last_progress(folder / EVENTS)
    assert position is not None
    whole_activity_s = 10 / position["rate"]
    assert position["eta_s"] == pytest.approx(whole_activity_s / 2 + whole_activity_s, rel=0.2)
