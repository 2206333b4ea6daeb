"""The stage: source -> dedup -> pages -> shards -> manifest, and on to the Hub. Killed at any point, it goes on from there.

A shard is a pure function of its rows and the configuration and is whole once it has its name; so whoever starts again
takes the shards that are there as done, reads from them which texts were seen, and makes the others.
"""

import io
import time
from array import array
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any, Final

import pyarrow.parquet as pq
from PIL import Image

from data.config import DatasetConfig
from data.dataset_folder import begin, complete, existing_manifest, only_writer, remove_partial_files, write_rejected
from data.dedup import SeenTexts, text_digest
from data.engines import Engine, open_engine
from data.errors import SourceError, Stopped
from data.plan import SplitPlan, plan_splits
from data.progress import Progress
from data.records import Document, Rejected
from data.render_shard import ShardDone, ShardTask, Working
from data.rendering.style import PageStyle, resolve_style
from data.shards import Counts, Manifest, RejectedRow, ShardEntry, read_footer, shard_path
from data.sources.open import open_source
from data.sources.reader import SourceReader
from data.store.files import write_bytes
from data.store.workspace import Workspace

REPORT_EVERY_S: Final = 0.5
PREVIEW_SIZE_PX: Final = 384


@dataclass(frozen=True, slots=True)
class DatasetResult:
    """A finished dataset."""

    folder: Path
    manifest: Manifest

    def as_dict(self) -> dict[str, Any]:
        totals = self.manifest.totals
        return {
            "dataset": self.manifest.name,
            "path": str(self.folder),
            "splits": {split: entry.counts.num_kept for split, entry in self.manifest.splits.items()},
            "num_read": totals.num_read,
            "num_kept": totals.num_kept,
            "num_duplicate": totals.num_duplicate,
            "num_rejected": totals.num_rejected,
            "num_pages": totals.num_pages,
            "num_text_tokens": totals.num_text_tokens,
            "num_vision_tokens": totals.num_vision_tokens,
            "size_bytes": self.manifest.size_bytes,
        }


def generate(config: DatasetConfig, workspace: Workspace, progress: Progress) -> DatasetResult:
    """Make the configured dataset, or go on with it, or return at once when it is finished.

    Raises:
        Conflict: the name is taken by a dataset with another configuration, or is being written.
        SourceError: the source cannot be read, or more rows were rejected than `max_rejected` allows.
        StorageError: the disk is full or not writable.
        Stopped: the listener asked to stop; finished shards stay.
    """
    folder = workspace.dataset(config.name)
    with only_writer(workspace, config.name):
        manifest = existing_manifest(folder, config)
        if manifest is None or not manifest.complete:
            style = resolve_style(config.rendering)
            reader = open_source(config, workspace, manifest.source if manifest else None)
            plans = plan_splits(reader, config)
            manifest = begin(folder, config, reader.identity(), style)
            remove_partial_files(folder)
            run = _Run(config, folder, reader, plans, style, progress, workspace.cache / f"{config.name}.preview.png")
            manifest = complete(folder, manifest, run.make_shards(open_engine(config, run.num_missing_shards)))
    return DatasetResult(folder, manifest)


class _Run:
    """One run of the stage: what is finished, what is being worked on, what was counted."""

    def __init__(
        self,
        config: DatasetConfig,
        folder: Path,
        reader: SourceReader,
        plans: Sequence[SplitPlan],
        style: PageStyle,
        progress: Progress,
        preview_path: Path,
    ) -> None:
        self._config = config
        self._folder = folder
        self._reader = reader
        self._plans = plans
        self._style = style
        self._progress = progress
        self._preview_path = preview_path
        self._seen = SeenTexts()
        self._done: dict[str, list[ShardDone]] = {plan.split: [] for plan in plans}
        self._counts = Counts()
        self._working: dict[tuple[str, int], Working] = {}
        self._reported_s = self._checked_s = self._previewed_s = 0.0
        for plan in plans:
            (folder / plan.split).mkdir(exist_ok=True)

    @property
    def num_missing_shards(self) -> int:
        return sum(not shard_path(self._folder, plan.split, index).exists() for plan in self._plans for index in range(plan.num_shards))

    def make_shards(self, engine: Engine) -> dict[str, list[ShardDone]]:
        """Render every shard that is missing; return all, by split."""
        self._report(force=True)
        with closing(engine.run(self._tasks())) as events:
            for event in events:
                if isinstance(event, Working):
                    self._take_position(event)
                elif isinstance(event, ShardDone):
                    self._finish(event)
                self._report()
                self._stop_if_asked()
        self._report(force=True)
        if not self._counts.num_kept:
            raise SourceError(
                f"None of the {self._counts.num_read} rows became a sample.{self._reasons()}", hint="Check the column mapping."
            )
        return self._done

    def _tasks(self) -> Iterator[ShardTask]:
        for plan in self._plans:
            paths = [shard_path(self._folder, plan.split, index) for index in range(plan.num_shards)]
            missing = [not path.exists() for path in paths]
            rows = plan.rows if all(missing) else array("q", chain.from_iterable(plan.shard(i) for i in range(len(paths)) if missing[i]))
            documents = iter(self._reader.documents(plan.split, rows))
            for index, path in enumerate(paths):
                if missing[index]:
                    yield self._task(plan, index, islice(documents, len(plan.shard(index))))
                else:
                    self._take_finished(plan.split, index, path)

    def _task(self, plan: SplitPlan, index: int, items: Iterator[Document | Rejected]) -> ShardTask:
        kept: list[tuple[Document, bytes]] = []
        rejected: list[RejectedRow] = []
        also_in: dict[str, int] = {}
        num_read = 0
        for item in items:
            num_read += 1
            self._stop_if_asked()
            if isinstance(item, Rejected):
                rejected.append(RejectedRow.of(item))
                continue
            digest = text_digest(item.text)
            if self._config.deduplicate:
                for other in self._seen.elsewhere(plan.split, digest):
                    also_in[other] = also_in.get(other, 0) + 1
                if not self._seen.admit(plan.split, digest):
                    continue
            kept.append((item, digest))
        num_duplicate = num_read - len(kept) - len(rejected)
        return ShardTask(
            self._folder, plan.split, index, tuple(kept), tuple(rejected), num_read, num_duplicate, also_in, self._style, self._config.seed
        )

    def _take_finished(self, split: str, index: int, path: Path) -> None:
        """Count a shard that an earlier run finished, and remember its texts."""
        footer = read_footer(path)
        digests = pq.read_table(path, columns=["text_sha256"])["text_sha256"].to_pylist()
        digests += [row.text_sha256 for row in footer.rejected if row.text_sha256]
        self._seen.remember(split, map(bytes.fromhex, digests))
        self._finish(ShardDone(split, index, footer, ShardEntry.of(self._folder, path, footer.counts)))
        self._report()
        self._stop_if_asked()

    def _finish(self, shard: ShardDone) -> None:
        self._working.pop((shard.split, shard.index), None)
        self._done[shard.split].append(shard)
        self._counts += shard.footer.counts
        if self._counts.num_rejected > self._config.max_rejected:
            raise SourceError(
                f"{self._counts.num_rejected} rows were rejected, more than max_rejected={self._config.max_rejected}.{self._reasons()}",
                hint=f"Mend the source, or raise max_rejected and start again. All reasons: {self._folder / 'rejected.jsonl'}.",
                fields={"max_rejected": f"{self._counts.num_rejected} rows were rejected"},
            )

    def _reasons(self) -> str:
        rows = write_rejected(self._folder, self._done)[:3]
        return "".join(f" {row.split} row {row.row}: {row.reason}" for row in rows)

    def _take_position(self, working: Working) -> None:
        self._working[working.split, working.index] = working
        if working.png and time.monotonic() - self._previewed_s >= 1:
            self._previewed_s = time.monotonic()
            write_bytes(self._preview_path, _thumbnail(working.png))
            self._progress.preview(self._preview_path)

    def _report(self, *, force: bool = False) -> None:
        if not force and time.monotonic() - self._reported_s < REPORT_EVERY_S:
            return
        self._reported_s = time.monotonic()
        drawn = sum(working.num_done for working in self._working.values())
        self._progress.advance(
            self._counts.num_read + drawn,
            sum(len(plan.rows) for plan in self._plans),
            "samples",
            read=self._counts.num_read + drawn,
            kept=self._counts.num_kept + drawn,
            duplicate=self._counts.num_duplicate,
            rejected=self._counts.num_rejected,
            pages=self._counts.num_pages + sum(working.num_pages for working in self._working.values()),
        )

    def _stop_if_asked(self) -> None:
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
