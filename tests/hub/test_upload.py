"""What pushing is made of: bounded commits, bounded waits, calls in the background."""

import os
import time
from pathlib import Path

import pytest

from data.errors import HubError, Stopped
from data.hub import LocalFile, Patience
from data.progress import Silent
from data.upload import MAX_COMMIT_BYTES, MAX_COMMIT_FILES, Background, Pusher, batches


def test_commits_are_bounded_in_files_and_bytes(tmp_path: Path) -> None:
    small, large = tmp_path / "small", tmp_path / "large"
    small.touch()
    large.touch()
    os.truncate(large, MAX_COMMIT_BYTES // 2 + 1)
    many = [LocalFile(small, str(number)) for number in range(MAX_COMMIT_FILES + 1)]
    assert [len(group) for group in batches(many)] == [MAX_COMMIT_FILES, 1]
    assert [len(group) for group in batches([LocalFile(large, "a"), LocalFile(large, "b"), LocalFile(small, "c")])] == [1, 2]
    assert list(batches([])) == []


def test_waits_double_up_to_a_limit_and_differ_between_clients() -> None:
    patience = Patience(first_wait_s=1, max_wait_s=60)
    waits = [patience.wait_s(attempt) for attempt in range(1, 11)]
    assert all(0.5 * min(60, 2**number) <= wait <= min(60, 2**number) for number, wait in enumerate(waits))
    assert len({patience.wait_s(5) for _ in range(5)}) > 1


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_call_that_ends_unexpectedly_is_no_success() -> None:
    with pytest.raises(HubError, match="ended unexpectedly"):
        Background(lambda: 1 // 0).result()


def test_a_stop_does_not_wait_for_a_call_in_progress() -> None:
    class Stopping(Silent):
        def should_stop(self) -> bool:
            return True

    start_s = time.monotonic()
    with pytest.raises(Stopped):
        Pusher("me/news", "dataset", Stopping()).call(lambda: time.sleep(30))
    assert time.monotonic() - start_s < 5
