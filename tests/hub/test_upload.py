"""What pushing is made of: bounded commits, bounded waits, calls in the background."""

import os
import time
from email.utils import formatdate
from pathlib import Path
from typing import ClassVar

import httpx2
import pytest
from huggingface_hub.errors import HfHubHTTPError

from data.backoff import Backoff
from data.errors import HubError, Stopped
from data.hub import upload
from data.hub.repository import LocalFile
from data.hub.upload import MAX_COMMIT_BYTES, MAX_COMMIT_FILES, BackgroundCall, Pusher, split_into_commits
from data.progress import Silent
from data.retry import _retry_after_s


def test_commits_are_bounded_in_files_and_bytes(tmp_path: Path) -> None:
    small, large = tmp_path / "small", tmp_path / "large"
    small.touch()
    large.touch()
    os.truncate(large, MAX_COMMIT_BYTES // 2 + 1)
    many = [LocalFile(small, str(number)) for number in range(MAX_COMMIT_FILES + 1)]
    assert [len(group) for group in split_into_commits(many)] == [MAX_COMMIT_FILES, 1]
    assert [
        len(group)
        for group in split_into_commits([LocalFile(large, "a"), LocalFile(large, "b"), LocalFile(small, "c")])
    ] == [1, 2]
    assert list(split_into_commits([])) == []


def test_waits_double_up_to_a_limit_and_differ_between_clients() -> None:
    backoff = Backoff(first_wait_s=1, max_wait_s=60)
    waits = [backoff.wait_s(attempt) for attempt in range(1, 11)]
    assert all(0.5 * min(60, 2**number) <= wait <= min(60, 2**number) for number, wait in enumerate(waits))
    assert len({backoff.wait_s(5) for _ in range(5)}) > 1


@pytest.mark.parametrize(
    ("headers", "waits_s"),
    [
        ({"Retry-After": "7"}, (7, 7)),
        ({"Retry-After": "0.5"}, (0.5, 0.5)),
        ({"Retry-After": formatdate(time.time() + 3600, usegmt=True)}, (1, 3601)),
        ({"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}, (0, 0)),
        ({"RateLimit": '"api";r=0;t=9', "Retry-After": "7"}, (9, 9)),
        ({"Retry-After": "soon"}, None),
        ({}, None),
    ],
    ids=["seconds", "decimal", "date", "past", "rate limit", "words", "nothing"],
)
def test_the_hub_says_how_long_to_wait(headers: dict[str, str], waits_s: tuple[float, float] | None) -> None:
    request = httpx2.Request("POST", "http://hub/commit")
    wait_s = _retry_after_s(
        HfHubHTTPError("busy", response=httpx2.Response(429, headers=headers, request=request))
    )
    assert wait_s is None if waits_s is None else waits_s[0] <= (wait_s or 0) <= waits_s[1]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_call_that_ends_unexpectedly_is_no_success() -> None:
    with pytest.raises(HubError, match="ended unexpectedly"):
        BackgroundCall(lambda: 1 // 0).result()


def test_a_push_waits_until_it_may_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Repository:
        committed: ClassVar[list[str]] = []

        def missing(self, files: list[LocalFile]) -> list[LocalFile]:
            return files

        def commit(self, files: list[LocalFile], summary: str, delete: object) -> None:
            assert not list(answers), "asked until the answer was yes"
            self.committed.append(summary)

        def verify(self, files: list[LocalFile]) -> None:
            return

    monkeypatch.setattr(upload, "POLL_INTERVAL_S", 0.0)
    (tmp_path / "one").touch()
    pusher, answers = Pusher("me/news", "dataset", Silent()), iter([False, False, True])
    pusher.repository = Repository()  # type: ignore[assignment]
    assert pusher.push([LocalFile(tmp_path / "one", "one")], may_commit=lambda: next(answers)) == 1
    assert Repository.committed == ["Add one"]


def test_a_stop_does_not_wait_for_a_call_in_progress() -> None:
    class Stopping(Silent):
        def should_stop(self) -> bool:
            return True

    start_s = time.monotonic()
    with pytest.raises(Stopped):
        Pusher("me/news", "dataset", Stopping()).call(lambda: time.sleep(30))
    assert time.monotonic() - start_s < 5
