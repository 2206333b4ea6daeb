"""The pace of commits to the Hub, kept on the disk: a worker that is killed and started again goes on with
it."""

import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from data.errors import NotFound, StorageError
from data.store.files import write_json
from data.validation import read_record

# The Hub accepts 128 commits per hour. Small datasets use the burst; large ones are limited to the hourly
# rate.
BURST_COMMITS: Final = 30
COMMITS_PER_HOUR: Final = 90


@dataclass(frozen=True, slots=True)
class _Pace:
    num_left: float
    time_s: float
    """Seconds since 1970, when `num_left` were left."""


class CommitRateLimiter:
    """A token bucket that keeps datasets of any size below the Hub's limit of commits per hour.

    A damaged file counts as an empty bucket: it may have been written just now.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._pace = read_record(path, _Pace)
        except NotFound:
            self._pace = _Pace(BURST_COMMITS, time.time())
        except StorageError:
            self._pace = _Pace(0, time.time())

    def try_acquire(self) -> bool:
        """Take one commit from the bucket, and keep that on the disk; return False if it is empty."""
        now_s = time.time()
        # A clock that was set back gives nothing, and nothing is owed to it.
        refill = max(0.0, now_s - self._pace.time_s) * COMMITS_PER_HOUR / 3600
        num_left = min(float(BURST_COMMITS), self._pace.num_left + refill)
        is_free = num_left >= 1
        self._pace = _Pace(num_left - is_free, now_s)
        if is_free:
            write_json(self._path, asdict(self._pace))
        return is_free
