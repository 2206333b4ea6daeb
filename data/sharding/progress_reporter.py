"""Report position, counts and the latest page of a run, and check whether the listener requests a stop."""

import io
import time
from pathlib import Path
from typing import Final

from PIL import Image

from data.dataset.manifest import Counts
from data.errors import Stopped
from data.progress import Progress
from data.sharding.render_shard import ShardProgress
from data.store.files import write_bytes

REPORT_EVERY_S: Final = 0.5
PREVIEW_EVERY_S: Final = 1.0
PREVIEW_SIZE_PX: Final = 384


class ProgressReporter:
    """Counts of finished shards and of shards in progress, reported to the listener twice a second."""

    def __init__(self, progress: Progress, num_rows: int, preview_path: Path) -> None:
        self.counts = Counts()
        self.num_uploaded: int | None = None
        """Samples on the Hub; None: the dataset is not published."""
        self._progress = progress
        self._num_rows = num_rows
        self._preview_path = preview_path
        self._shards_in_progress: dict[tuple[str, int], ShardProgress] = {}
        self._reported_s = self._checked_s = self._previewed_s = -REPORT_EVERY_S

    def update_shard(self, shard_progress: ShardProgress) -> None:
        """Record a worker's progress, and show its latest page at most once a second."""
        self._shards_in_progress[shard_progress.split, shard_progress.index] = shard_progress
        if shard_progress.png and time.monotonic() - self._previewed_s >= PREVIEW_EVERY_S:
            self._previewed_s = time.monotonic()
            write_bytes(self._preview_path, _thumbnail(shard_progress.png))
            self._progress.preview(self._preview_path)

    def add_finished_shard(self, split: str, index: int, counts: Counts) -> None:
        """Add the counts of a finished shard."""
        self._shards_in_progress.pop((split, index), None)
        self.counts += counts

    def report(self, *, force: bool = False) -> None:
        """Report position and counts, at most twice a second unless forced. Raises Stopped on request."""
        self.stop_if_requested()
        if force or time.monotonic() - self._reported_s >= REPORT_EVERY_S:
            self._reported_s = time.monotonic()
            self._advance()

    def _advance(self) -> None:
        shards = self._shards_in_progress.values()
        num_rendered = sum(shard.num_done for shard in shards)
        num_read = self.counts.num_read + num_rendered
        uploaded = {} if self.num_uploaded is None else {"uploaded": self.num_uploaded}
        self._progress.advance(
            num_read,
            self._num_rows,
            "samples",
            read=num_read,
            kept=self.counts.num_kept + num_rendered,
            duplicate=self.counts.num_duplicate,
            rejected=self.counts.num_rejected,
            pages=self.counts.num_pages + sum(shard.num_pages for shard in shards),
            **uploaded,
        )

    def stop_if_requested(self) -> None:
        """Ask the listener, at most twice a second, whether to stop.

        Raises:
            Stopped: the listener requests a stop.
        """
        if time.monotonic() - self._checked_s >= REPORT_EVERY_S:
            self._checked_s = time.monotonic()
            if self._progress.should_stop():
                raise Stopped


def _thumbnail(png: bytes) -> bytes:
    with Image.open(io.BytesIO(png)) as page:
        page.thumbnail((PREVIEW_SIZE_PX, PREVIEW_SIZE_PX))
        target = io.BytesIO()
        page.convert("L").save(target, "PNG")
    return target.getvalue()
