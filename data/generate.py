"""The stage that makes a dataset: source -> dedup -> pages -> shards -> manifest -> Hub. A run that was
killed can be resumed.

A shard depends only on its rows and the configuration, and gets its final name when it is complete. A resumed
run keeps the complete shards, reads from them which texts were seen, and renders the missing ones.
"""

from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any, Final

import pyarrow.parquet as pq

from data.config import DatasetConfig, FilesSource
from data.dataset.findings import findings
from data.dataset.folder import (
    begin_dataset,
    complete_dataset,
    discard_if_empty,
    load_matching_manifest,
    remove_partial_files,
    reopen_if_damaged,
    require_unchanged,
    write_rejected,
)
from data.dataset.losses import MAX_REASONS, losses
from data.dataset.manifest import CARD, REJECTED, Manifest, RejectedRow, ShardDone, ShardEntry, shard_path
from data.dataset.shards import read_footer, reading_parquet
from data.errors import SourceError, Unavailable
from data.hub.publish import Publisher, open_publisher
from data.hub.repository import resolve_repo_id
from data.hub.upload import Publication
from data.progress import Progress
from data.records import Document, Rejected
from data.rendering.varied_style import resolve_base_style
from data.sharding.dedup import SeenTexts, text_digest
from data.sharding.engines import Engine, open_engine
from data.sharding.plan import SplitPlan, lacks_validation, plan_splits
from data.sharding.progress_reporter import ProgressReporter
from data.sharding.render_shard import ShardProgress, ShardTask
from data.sources.open import open_source
from data.sources.reader import SourceReader
from data.store.workspace import Workspace
from data.store.writer import hold_writer_lock

_DRAWN: Final = 0.98
"""Share of the work that is done when all pages are drawn; the rest is checking and publishing."""
SOURCE_CHANGED_HINT: Final = (
    "The files changed while they were read. Delete the dataset and start again; do not change the files "
    "meanwhile."
)
NO_VALIDATION_WARNING: Final = (
    "The dataset gets no validation documents, and a training needs some. To train on it, raise "
    "validation_fraction (for a source with one split), read the source's validation split too (for a source "
    "with several), or add documents."
)


@dataclass(frozen=True, slots=True)
class DatasetResult:
    """A finished dataset."""

    folder: Path
    manifest: Manifest
    publication: Publication | None = None

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
            "losses": [asdict(loss) for loss in losses(self.manifest)],
            "publication": self.publication.as_dict() if self.publication else None,
        } | ({"rejected_path": str(self.folder / REJECTED)} if totals.num_rejected else {})


def generate(config: DatasetConfig, workspace: Workspace, progress: Progress) -> DatasetResult:
    """Make the configured dataset: start it, resume it, or return at once if it is finished.

    Raises:
        Conflict: a dataset of this name has another configuration, or another process writes it.
        SourceError: the source cannot be read, or more rows were rejected than `max_rejected` allows.
        StorageError: the disk is full or not writable.
        HubError: the dataset is finished, but could not be published.
        Stopped: the listener requested a stop; finished shards stay.
    """
    folder = workspace.dataset(config.name)
    with hold_writer_lock(workspace, "dataset", config.name):
        earlier = load_matching_manifest(folder, config)
        if earlier is not None and earlier.complete:
            _refuse_changed_files(config, workspace, earlier)
            if not reopen_if_damaged(folder, earlier, progress):
                _report_findings(earlier, progress)
                return _ensure_published(config, folder, earlier, progress)
        return _make_dataset(config, workspace, progress, earlier)


def _make_dataset(
    config: DatasetConfig, workspace: Workspace, progress: Progress, earlier: Manifest | None
) -> DatasetResult:
    folder = workspace.dataset(config.name)
    progress.begin("Reading the source")
    style = resolve_base_style(config.rendering)
    if config.publish is not None:  # without a token, do not read the source
        resolve_repo_id(config.publish.repo_id, config.name)
    reader = open_source(config, workspace, earlier.source if earlier else None, progress)
    plans = plan_splits(reader, config)
    if earlier is None and lacks_validation(plans):
        progress.message(NO_VALIDATION_WARNING, "warning")
    with closing(open_publisher(config, folder, progress)) as publisher:
        progress.begin("Drawing pages", 0.0, _DRAWN)
        manifest = begin_dataset(folder, config, reader.identity(), style)
        num_rows = sum(len(plan.rows) for plan in plans)
        reporter = ProgressReporter(progress, num_rows, workspace.latest_page(config.name))
        run = _Run(config, folder, reader, plans=plans, publisher=publisher, reporter=reporter)
        shards = run.render_missing_shards()
        progress.begin("Checking the dataset", _DRAWN, 1.0)
        require_unchanged(config.name, "source", manifest.source, reader.identity(), SOURCE_CHANGED_HINT)
        manifest = complete_dataset(folder, manifest, shards)
        _report_findings(manifest, progress)
        return DatasetResult(folder, manifest, publisher.finish(manifest))


def _report_findings(manifest: Manifest, progress: Progress) -> None:
    for level, text in findings(manifest):
        progress.message(text, level)


def _ensure_published(
    config: DatasetConfig, folder: Path, manifest: Manifest, progress: Progress
) -> DatasetResult:
    """Write the card of a finished dataset and publish it, if an earlier run did not."""
    if config.publish is None and (folder / CARD).exists():
        return DatasetResult(folder, manifest)
    with closing(open_publisher(config, folder, progress)) as publisher:
        return DatasetResult(folder, manifest, publisher.finish(manifest))


def _refuse_changed_files(config: DatasetConfig, workspace: Workspace, manifest: Manifest) -> None:
    """Raise Conflict if the source files changed after the dataset was made. Deleted files are accepted."""
    if not isinstance(config.source, FilesSource):
        return
    try:
        now = open_source(config, workspace).identity()
    except SourceError:
        return
    require_unchanged(manifest.name, "source", manifest.source, now)


class _Run:
    """One run of the stage: it renders the missing shards, and knows the finished ones and the texts seen."""

    def __init__(
        self,
        config: DatasetConfig,
        folder: Path,
        reader: SourceReader,
        plans: Sequence[SplitPlan],
        publisher: Publisher,
        reporter: ProgressReporter,
    ) -> None:
        self._config = config
        self._folder = folder
        self._reader = reader
        self._plans = plans
        self._publisher = publisher
        self._reporter = reporter
        self._seen = SeenTexts()
        self._done: dict[str, list[ShardDone]] = {plan.split: [] for plan in plans}
        for plan in plans:
            (folder / plan.split).mkdir(exist_ok=True)

    @property
    def _num_missing_shards(self) -> int:
        return sum(
            not shard_path(self._folder, plan.split, index).exists()
            for plan in self._plans
            for index in range(plan.num_shards)
        )

    def render_missing_shards(self) -> dict[str, list[ShardDone]]:
        """Render the missing shards; return all shards by split. Without a sample, the name becomes free."""
        remove_partial_files(self._folder)
        try:
            self._render(open_engine(self._config, self._num_missing_shards))
        except (SourceError, Unavailable):
            discard_if_empty(self._folder)
            raise
        finally:
            remove_partial_files(self._folder)  # of workers that were ended during a shard
        return self._done

    def _render(self, engine: Engine) -> None:
        self._reporter.report(force=True)
        with closing(engine.run(self._tasks())) as events:
            for event in events:
                if isinstance(event, ShardProgress):
                    self._reporter.update_shard(event)
                elif isinstance(event, ShardDone):
                    self._record_shard(event)
                self._report()
        self._report(force=True)
        if not self._reporter.counts.num_kept:
            raise SourceError(
                f"None of the {self._reporter.counts.num_read} rows became a "
                f"sample.{self._rejection_reasons()}",
                hint="Check columns.document, columns.summary and columns.id, and start again: the name is "
                "free.",
            )

    def _tasks(self) -> Iterator[ShardTask]:
        for plan in self._plans:
            paths = [shard_path(self._folder, plan.split, index) for index in range(plan.num_shards)]
            missing = [not path.exists() for path in paths]
            rows = (
                plan.rows
                if all(missing)
                else array("q", chain.from_iterable(plan.shard(i) for i in range(len(paths)) if missing[i]))
            )
            documents = iter(self._reader.documents(plan.split, rows))
            for index, path in enumerate(paths):
                if missing[index]:
                    yield self._task(plan, index, islice(documents, len(plan.shard(index))))
                else:
                    self._reuse_shard(plan.split, index, path)

    def _task(self, plan: SplitPlan, index: int, items: Iterator[Document | Rejected]) -> ShardTask:
        kept: list[tuple[Document, bytes]] = []
        rejected: list[RejectedRow] = []
        also_in: Counter[str] = Counter()
        duplicates: Counter[str] = Counter()
        for item in items:
            self._reporter.stop_if_requested()
            if isinstance(item, Rejected):
                rejected.append(RejectedRow.from_rejected(item))
                continue
            digest = text_digest(item.text)
            also_in.update(self._seen.other_splits_with(plan.split, digest))
            repeated = self._seen.repeated(plan.split, digest, text_digest(item.summary))
            if repeated is None or not self._config.deduplicate:
                kept.append((item, digest))
            else:
                duplicates[repeated] += 1
        return ShardTask(
            folder=self._folder,
            split=plan.split,
            index=index,
            documents=tuple(kept),
            rejected=tuple(rejected),
            num_read=len(kept) + len(rejected) + duplicates.total(),
            duplicates=dict(duplicates),
            also_in=dict(also_in),
            rendering=self._config.rendering,
            seed=self._config.seed,
        )

    def _reuse_shard(self, split: str, index: int, path: Path) -> None:
        """Count a shard that an earlier run finished, and remember its texts; StorageError if it is
        damaged."""
        footer = read_footer(path)
        with reading_parquet(path):
            kept = pq.read_table(path, columns=["text_sha256", "summary"]).to_pylist()
        for row in kept:
            self._seen.remember(split, bytes.fromhex(row["text_sha256"]), text_digest(row["summary"]))
        for row in footer.rejected:
            if row.text_sha256:
                summary_digest = bytes.fromhex(row.summary_sha256 or "")
                self._seen.remember(split, bytes.fromhex(row.text_sha256), summary_digest)
        entry = ShardEntry.from_file(self._folder, path, footer.counts)
        self._record_shard(ShardDone(split=split, index=index, footer=footer, entry=entry))
        self._report()

    def _record_shard(self, shard: ShardDone) -> None:
        self._done[shard.split].append(shard)
        self._reporter.add_finished_shard(shard.split, shard.index, shard.footer.counts)
        self._publisher.add_shard(shard.entry)
        if self._reporter.counts.num_rejected > self._config.max_rejected:
            raise self._too_many_rejected()

    def _too_many_rejected(self) -> SourceError:
        num_rejected = self._reporter.counts.num_rejected
        start = "start again"
        if self._reporter.counts.num_kept:
            start += " under another name, or delete the incomplete dataset first"
        return SourceError(
            f"{num_rejected} rows were rejected, more than "
            f"max_rejected={self._config.max_rejected}.{self._rejection_reasons()}",
            hint=f"Raise max_rejected and resume. Or correct the source or the columns, and {start}. "
            f"All reasons: {self._folder / 'rejected.jsonl'}.",
            fields={"max_rejected": f"{num_rejected} rows were rejected"},
        )

    def _rejection_reasons(self) -> str:
        """Return the commonest reasons, each with the first row that was rejected for it."""
        rows = write_rejected(self._folder, self._done)
        first = {row.kind or row.reason: row for row in reversed(rows)}
        numbers = Counter(row.kind or row.reason for row in rows).most_common(MAX_REASONS)
        return "".join(
            f" {number:,} as {first[kind].split} row {first[kind].row}: {first[kind].reason}."
            for kind, number in numbers
        )

    def _report(self, *, force: bool = False) -> None:
        num_uploaded = self._publisher.poll()
        self._reporter.num_uploaded = None if self._config.publish is None else num_uploaded
        self._reporter.report(force=force)
