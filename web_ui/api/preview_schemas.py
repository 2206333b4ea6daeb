"""Requests and answers of the previews: of pages and sources before a job, and of finished datasets."""

from typing import Annotated

from pydantic import Field

from data.config import Columns, Config, DatasetConfig, FilesSource, HubSource
from data.page_modes import PageMode
from web_ui.api.schemas import Answer, JsonObject

Language = Annotated[
    str,
    Field(
        max_length=64,
        pattern=r"^[A-Za-z_]+(\+[A-Za-z_]+)*$",
        description="language of the texts, as tesseract names it; several: eng+deu",
    ),
]


class PreviewRequest(Config):
    """The configuration of a dataset, and the documents to render as a preview."""

    config: DatasetConfig
    num_documents: int = Field(3, ge=1, le=8)
    random_seed: int | None = Field(
        None, ge=0, lt=2**31, description="chooses the documents; null: the first documents"
    )
    legibility: bool = Field(
        False,
        description="read the pages with tesseract and count the character errors; takes seconds per page",
    )
    language: Language = "eng"


class PreviewedPage(Answer):
    number: int
    size_px: int
    num_text_tokens: int
    num_vision_tokens: int
    png_base64: str


class SmallerMode(Answer):
    mode: PageMode
    size_px: int
    num_vision_tokens: int


class PreviewedDocument(Answer):
    document_id: str
    split: str
    row: int
    text: str
    summary: str
    num_text_tokens: int
    num_vision_tokens: int
    compression: float = Field(description="text tokens per vision token")
    truncated: bool
    warnings: list[str]
    missing_glyphs: dict[str, int]
    font_size_px: float
    style: JsonObject = Field(
        description="the values that are chosen for its pages; empty: all documents look alike"
    )
    smaller_mode: SmallerMode | None = Field(
        description="the smallest page that would hold the whole document; null: there is no smaller one"
    )
    num_pages: int
    pages: list[PreviewedPage] = Field(description="the first pages of the document")


class RejectedDocument(Answer):
    document_id: str
    split: str
    row: int
    reason: str


class Preview(Answer):
    documents: list[PreviewedDocument]
    rejected: list[RejectedDocument]
    compression: JsonObject
    num_rows: dict[str, int] = Field(description="split -> number of rows that a run would read")
    legibility: JsonObject | None = Field(
        description="character_error_rate of all documents and of each; null: not requested"
    )


class ReportQuery(Config):
    num_documents: int = Field(
        8, ge=0, le=100, description="documents to read with tesseract; 0: compression only"
    )
    language: Language = "eng"


class ModelReading(Answer):
    """How well a model read pages of a dataset: the result of a reading check."""

    name: str = Field(description="folder below workspace/reading_checks")
    model: str
    split: str
    blank_pages: bool
    num_pages: int
    character_error_rate: float = Field(description="errors of all pages over their characters")
    low: float = Field(description="lower end of its 95% interval, over the documents")
    high: float
    created: str


class DatasetReport(Answer):
    """The compression of all pages of a finished dataset, the legibility of a sample of documents, and how
    well models read its pages."""

    name: str
    compression: JsonObject
    legibility: JsonObject | None = Field(
        description="character_error_rate of all documents and of each; null: not requested"
    )
    readings: list[ModelReading] = Field(description="its reading checks, the newest first")


class InspectRequest(Config):
    source: Annotated[FilesSource | HubSource, Field(discriminator="kind")]


class ColumnPreview(Answer):
    name: str
    kind: str
    mean_characters: int
    example: str


class Inspection(Answer):
    configs: list[str] = Field(
        description="configurations of a Hub dataset. If one must be chosen first, all other lists are empty"
    )
    splits: list[str]
    columns: list[str]
    column_looks: list[ColumnPreview]
    suggestion: Columns
    rows: list[dict[str, str]]
    problems: list[str] = Field(
        description="for each of the first rows that cannot be read: the row and the reason"
    )
