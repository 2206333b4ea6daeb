"""The records that flow through `data`, and the columns of the published dataset."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from data.variation import StyleValue

TRAIN: Final = "train"
VALIDATION: Final = "validation"
TEST: Final = "test"


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One source text and its reference summary, as read from a source."""

    id: str
    text: str
    summary: str
    source: str
    split: str
    row: int
    """Position in the source split, from 0. It names the row in rejected.jsonl and seeds the style and the
    damage of its pages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """A source row that cannot become a sample, and the reason. It is counted and listed in rejected.jsonl; a
    run goes on after it."""

    id: str
    split: str
    row: int
    reason: str
    """What is wrong, with the row's place or value."""
    kind: str
    """The same without them, so that rejected rows can be counted by it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One square image that shows a part of a document."""

    number: int
    """From 1."""
    png: bytes = field(repr=False)
    size_px: int
    num_text_tokens: int
    num_vision_tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A document and its rendered pages: one row of the published dataset."""

    document: Document
    pages: tuple[Page, ...]
    text_sha256: str
    truncated: bool
    """The pages show only the beginning of the text."""
    font_size_px: float
    style: Mapping[str, StyleValue] = field(default_factory=dict)
    """The values that were chosen for its pages; empty where all documents look alike."""


COLUMNS: Final[dict[str, str]] = {
    "images": "list of pages in reading order, each a square PNG of exactly the size that the model reads",
    "summary": "the reference summary",
    "text": "the source text; the pages show all of it, or its beginning where `truncated` is true",
    "document_id": "the source's own id, or <split>-<row>",
    "source": "where the document came from: sample, a file name, or a Hub dataset id",
    "split": "train, validation or test",
    "num_pages": "number of images",
    "num_text_tokens": "text tokens that the pages show, as counted by data.rendering.vision_tokens",
    "num_vision_tokens": "vision tokens of all pages together, as the model counts them (separators not "
    "included)",
    "page_text_tokens": "list of the text tokens that each page shows; their sum is num_text_tokens",
    "truncated": "whether the end of the text was cut off (rendering.overflow=truncate)",
    "font_size_px": "the size that the text was drawn at; rendering.overflow=shrink may choose a smaller one "
    "than the style's",
    "text_sha256": "SHA-256 of the normalised text, hexadecimal; equal texts have equal values",
}
STYLE: Final = "style"
STYLE_MEANING: Final = "the values of rendering.vary that were chosen for this document, by field"
"""Only datasets whose styles vary have this column."""
