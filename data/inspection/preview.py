"""Preview a dataset: render a few documents as the dataset would hold them. Writes no file."""

import base64
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from data.config import DatasetConfig
from data.errors import RenderError
from data.inspection.compression import CompressionReport, compression_report, rendered_pages
from data.inspection.legibility import LegibilityReport, RenderedText, check_legibility
from data.inspection.smaller_mode import smaller_mode
from data.page_modes import MODES, PageMode
from data.records import TRAIN, Document, Page, Rejected
from data.rendering.missing import missing_glyph_warnings
from data.rendering.render import RenderedDocument, render
from data.rendering.varied_style import choose_style, resolve_base_style
from data.sharding.plan import SplitPlan, plan_splits
from data.sharding.render_shard import document_seed
from data.sources.open import open_source
from data.store.workspace import Workspace
from data.variation import StyleValue


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewedDocument:
    """One document and its rendered pages."""

    document: Document
    rendered: RenderedDocument
    mode: PageMode
    budget_tokens: int
    style: Mapping[str, StyleValue]
    """The values that the dataset chooses for it; empty: all documents look alike."""
    smaller_mode: PageMode | None
    """The smallest mode whose page would hold the whole document, in every style that it may have; None:
    there is no smaller one."""

    @property
    def warnings(self) -> Iterator[str]:
        """Yield a sentence for each fact that a user should check."""
        dense = [page.number for page in self.rendered.pages if page.num_text_tokens > self.budget_tokens]
        if dense:
            yield (
                f"Page {dense[0]} holds more text than the model reads reliably "
                f"({self.budget_tokens} tokens)."
            )
        yield from missing_glyph_warnings(self.rendered.missing_glyphs, self.mode)

    @property
    def num_vision_tokens(self) -> int:
        return sum(page.num_vision_tokens for page in self.rendered.pages)

    def as_dict(self) -> dict[str, Any]:
        return {
            "document_id": self.document.id,
            "split": self.document.split,
            "row": self.document.row,
            "text": self.document.text,
            "summary": self.document.summary,
            "num_text_tokens": self.rendered.num_text_tokens,
            "num_vision_tokens": self.num_vision_tokens,
            "compression": round(self.rendered.num_text_tokens / self.num_vision_tokens, 3),
            "truncated": self.rendered.truncated,
            "warnings": list(self.warnings),
            "missing_glyphs": dict(self.rendered.missing_glyphs),
            "font_size_px": self.rendered.font_size_px,
            "style": dict(self.style),
            "smaller_mode": _mode_values(self.smaller_mode) if self.smaller_mode else None,
            "pages": [_page_values(page) for page in self.rendered.pages],
        }


def _mode_values(mode: PageMode) -> dict[str, Any]:
    return {"mode": mode, "size_px": MODES[mode].size_px, "num_vision_tokens": MODES[mode].num_vision_tokens}


def _page_values(page: Page) -> dict[str, Any]:
    return {
        "number": page.number,
        "size_px": page.size_px,
        "num_text_tokens": page.num_text_tokens,
        "num_vision_tokens": page.num_vision_tokens,
        "png_base64": base64.b64encode(page.png).decode(),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetPreview:
    """Some documents of a planned dataset, and those of them that would be rejected."""

    documents: tuple[PreviewedDocument, ...]
    rejected: tuple[Rejected, ...]
    compression: CompressionReport
    num_rows: dict[str, int]
    """Split -> number of rows that a run would read."""
    legibility: LegibilityReport | None
    """None: not requested."""

    def as_dict(self) -> dict[str, Any]:
        return {
            "documents": [document.as_dict() for document in self.documents],
            "rejected": [
                {"document_id": row.id, "split": row.split, "row": row.row, "reason": row.reason}
                for row in self.rejected
            ],
            "compression": self.compression.as_dict(),
            "num_rows": self.num_rows,
            "legibility": self.legibility.as_dict() if self.legibility else None,
        }


def preview_dataset(
    config: DatasetConfig,
    workspace: Workspace,
    num_documents: int = 3,
    random_seed: int | None = None,
    language: str | None = None,
) -> DatasetPreview:
    """Render the first documents of train (or of the first split with rows), or documents chosen by a seed.

    Args:
        config: of the planned dataset.
        workspace: holds the uploaded files.
        num_documents: number of documents to render.
        random_seed: chooses the documents; None: the first ones.
        language: tesseract's name of the texts' language, to measure legibility; None: do not measure it.

    Raises:
        Unavailable: tesseract or its data for the language is not installed.
        SourceError: the source cannot be read.
        UnknownName: a column, split, font or mode does not exist.
    """
    style = resolve_base_style(config.rendering)
    reader = open_source(config, workspace)
    plans = plan_splits(reader, config)
    split, rows = _choose_rows(plans, num_documents, random_seed)
    outcomes = [
        item if isinstance(item, Rejected) else _render_document(item, config)
        for item in reader.documents(split, rows)
    ]
    documents = tuple(each for each in outcomes if isinstance(each, PreviewedDocument))
    pages = (page for one in documents for page in rendered_pages(one.document.id, one.rendered))
    return DatasetPreview(
        documents=documents,
        rejected=tuple(each for each in outcomes if isinstance(each, Rejected)),
        compression=compression_report(pages, style),
        num_rows={plan.split: len(plan.rows) for plan in plans},
        legibility=_check_legibility(documents, language) if language else None,
    )


def _choose_rows(
    plans: Sequence[SplitPlan], num_documents: int, random_seed: int | None
) -> tuple[str, Sequence[int]]:
    by_split = {plan.split: plan for plan in plans}
    plan = by_split.get(TRAIN) or next(plan for plan in plans if len(plan.rows))
    if random_seed is None:
        return plan.split, plan.rows[:num_documents]
    rng = random.Random(random_seed)  # noqa: S311 - a reproducible choice, not a secret one
    return plan.split, sorted(rng.sample(plan.rows, min(num_documents, len(plan.rows))))


def _check_legibility(documents: Sequence[PreviewedDocument], language: str) -> LegibilityReport:
    texts = (
        RenderedText(
            document_id=one.document.id,
            text=one.document.text,
            pages=one.rendered.pages,
            truncated=one.rendered.truncated,
        )
        for one in documents
    )
    return check_legibility(texts, language)


def _render_document(document: Document, config: DatasetConfig) -> PreviewedDocument | Rejected:
    seed = document_seed(config.seed, document)
    values, style = choose_style(config.rendering, seed)
    try:
        return PreviewedDocument(
            document=document,
            rendered=render(document.text, style, seed),
            mode=style.mode,
            budget_tokens=style.budget_tokens,
            style=values,
            smaller_mode=smaller_mode(document.text, config.rendering),
        )
    except RenderError as error:
        return Rejected(
            id=document.id, split=document.split, row=document.row, reason=error.message, kind=error.kind
        )
