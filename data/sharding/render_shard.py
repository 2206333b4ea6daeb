"""Render one shard: documents -> pages -> Parquet file. The file depends only on the task. Runs in the
workers of an engine."""

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from data.config import RenderingConfig
from data.dataset.manifest import Counts, RejectedRow, ShardDone, ShardEntry, ShardFooter, shard_path
from data.dataset.shards import FOOTER_KEY, shard_schema
from data.errors import RenderError
from data.records import STYLE, Document
from data.rendering.missing import missing_glyph_reasons
from data.rendering.render import RenderedDocument, render
from data.rendering.style import PageStyle
from data.rendering.varied_style import choose_style, varying_kinds
from data.sharding.dedup import text_digest
from data.store.files import new_file

MAX_GROUP_ROWS: Final = 100
MAX_GROUP_BYTES: Final = 32 << 20  # a reader holds one row group in memory


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardProgress:
    """Progress of a worker on one shard, and perhaps the last page that it rendered."""

    split: str
    index: int
    num_done: int
    num_pages: int
    png: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardTask:
    """All values that decide a shard's bytes and its path."""

    folder: Path
    """The dataset's folder."""
    split: str
    index: int
    documents: tuple[tuple[Document, bytes], ...]
    """The documents that are kept, each with the digest of its text."""
    rejected: tuple[RejectedRow, ...]
    num_read: int
    duplicates: Mapping[str, int]
    """What a duplicate repeats -> duplicates that are left out."""
    also_in: Mapping[str, int]
    rendering: RenderingConfig
    seed: int
    """Of the dataset."""

    @property
    def path(self) -> Path:
        return shard_path(self.folder, self.split, self.index)

    def progress(self, num_done: int, num_pages: int) -> ShardProgress:
        """Return the progress after `num_done` documents, without a page."""
        return ShardProgress(
            split=self.split, index=self.index, num_done=num_done, num_pages=num_pages, png=None
        )

    def with_rejected(self, number: int, reason: str, kind: str) -> "ShardTask":
        """Return the task with document `number` (from 0) rejected."""
        document, digest = self.documents[number]
        rejected = _rejected_row(document, digest, reason, kind)
        others = (*self.documents[:number], *self.documents[number + 1 :])
        return replace(self, documents=others, rejected=(*self.rejected, rejected))


def render_shard(task: ShardTask, on_document: Callable[[ShardProgress, bytes], None]) -> ShardDone:
    """Render the task's documents and write the shard; on an error there is no file.

    Args:
        on_document: called after each document with the progress and the PNG of its last page.

    Raises:
        StorageError: the shard cannot be written.
    """
    rows = _ShardBuffer(task)
    with (
        new_file(task.path) as temporary,
        pq.ParquetWriter(temporary, rows.schema, **_WRITER_OPTIONS) as writer,
    ):
        for number, (document, digest) in enumerate(task.documents, 1):
            png = rows.add(document, digest)
            if rows.is_full():
                writer.write_table(rows.flush())
            on_document(task.progress(number, rows.counts.num_pages), png)
        if rows.held or not task.documents:
            writer.write_table(rows.flush())
        footer = rows.footer()
        writer.add_key_value_metadata({FOOTER_KEY: footer.to_json()})
    entry = ShardEntry.from_file(task.folder, task.path, footer.counts)
    return ShardDone(split=task.split, index=task.index, footer=footer, entry=entry)


# Pages are compressed already; texts shrink to a third. Statistics of both would only enlarge the footer.
_WRITER_OPTIONS: Final[dict[str, Any]] = {
    "compression": {"images.list.element.bytes": "none", "text": "zstd", "summary": "zstd"},
    "use_dictionary": ["source", "split"],
    "write_statistics": ["num_pages", "num_text_tokens", "num_vision_tokens"],
}


class _ShardBuffer:
    """The rows of the current row group, and the counts of the shard so far."""

    def __init__(self, task: ShardTask) -> None:
        self.schema = shard_schema(varying_kinds(task.rendering))
        self.held: list[dict[str, Any]] = []
        self.counts = Counts(
            num_read=task.num_read,
            num_kept=0,
            num_duplicate=sum(task.duplicates.values()),
            num_rejected=len(task.rejected),
            also_in=task.also_in,
            rejected_by_reason=dict(Counter(row.kind for row in task.rejected)),
            duplicates_by_reason=dict(task.duplicates),
        )
        self._rejected = list(task.rejected)
        self._task = task
        self._held_bytes = 0

    def add(self, document: Document, digest: bytes) -> bytes:
        """Render one document and add its row; or reject it. Return the PNG of its last page, or b""."""
        seed = document_seed(self._task.seed, document)
        values, style = choose_style(self._task.rendering, seed)
        try:
            drawn = render(document.text, style, seed)
        except RenderError as error:
            row = _rejected_row(document, digest, error.message.rstrip("."), error.kind)
            self._rejected.append(row)
            self.counts += Counts(num_rejected=1, rejected_by_reason={row.kind: 1})
            return b""
        self.held.append(_row(document, digest, drawn) | ({STYLE: values} if values else {}))
        self._held_bytes += sum(len(page.png) for page in drawn.pages)
        self.counts += _counts(drawn, style)
        return drawn.pages[-1].png

    def is_full(self) -> bool:
        return len(self.held) >= MAX_GROUP_ROWS or self._held_bytes >= MAX_GROUP_BYTES

    def flush(self) -> pa.Table:
        """Return the row group as a table, and start a new one."""
        table = pa.Table.from_pylist(self.held, self.schema)
        self.held, self._held_bytes = [], 0
        return table

    def footer(self) -> ShardFooter:
        return ShardFooter(self.counts, tuple(sorted(self._rejected, key=lambda row: row.row)))


def _row(document: Document, digest: bytes, drawn: RenderedDocument) -> dict[str, Any]:
    return {
        "images": [{"bytes": page.png, "path": None} for page in drawn.pages],
        "summary": document.summary,
        "text": document.text,
        "document_id": document.id,
        "source": document.source,
        "split": document.split,
        "num_pages": len(drawn.pages),
        "num_text_tokens": drawn.num_text_tokens,
        "num_vision_tokens": sum(page.num_vision_tokens for page in drawn.pages),
        "page_text_tokens": [page.num_text_tokens for page in drawn.pages],
        "truncated": drawn.truncated,
        "font_size_px": drawn.font_size_px,
        "text_sha256": digest.hex(),
    }


def _rejected_row(document: Document, digest: bytes, reason: str, kind: str) -> RejectedRow:
    return RejectedRow(
        split=document.split,
        row=document.row,
        document_id=document.id,
        reason=reason,
        kind=kind,
        text_sha256=digest.hex(),
        summary_sha256=text_digest(document.summary).hex(),
    )


def _counts(drawn: RenderedDocument, style: PageStyle) -> Counts:
    return Counts(
        num_kept=1,
        num_pages=len(drawn.pages),
        num_text_tokens=drawn.num_text_tokens,
        num_vision_tokens=sum(page.num_vision_tokens for page in drawn.pages),
        num_truncated=int(drawn.truncated),
        num_pages_over_budget=sum(page.num_text_tokens > style.budget_tokens for page in drawn.pages),
        pages_by_compression=Counter(
            str(page.num_text_tokens // page.num_vision_tokens) for page in drawn.pages
        ),
        missing_glyphs=drawn.missing_glyphs,
        num_with_missing_glyphs=int(bool(drawn.missing_glyphs)),
        missing_glyphs_by_reason=dict.fromkeys(missing_glyph_reasons(drawn.missing_glyphs, style.mode), 1),
    )


def document_seed(seed: int, document: Document) -> int:
    """Return the seed for the style and the damage of one document's pages."""
    name = f"{seed}/{document.split}/{document.row}"
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")
