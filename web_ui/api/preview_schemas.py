"""What the looks of the API take and answer: at pages and sources before a job, and at finished datasets."""

from typing import Annotated

from pydantic import Field

from data.config import Columns, Config, DatasetConfig, FilesSource, HubSource
from web_ui.api.schemas import Answer, JsonObject

Language = Annotated[
    str,
    Field(
        max_length=64,
        pattern=r"^[A-Za-z_]+(\+[A-Za-z_]+)*$",
        description="tesseract's name of the texts' language; several: eng+deu",
    ),
]


class PreviewRequest(Config):
    """A dataset as it would be generated, and which documents to draw."""

    config: DatasetConfig
    num_documents: int = Field(3, ge=1, le=8)
    random_seed: int | None = Field(
        None, ge=0, lt=2**31, description="chooses the documents; null: the first ones"
    )
    legibility: bool = Field(
        False,
        description="read the pages back with tesseract and count the character errors; takes seconds a page",
    )
    language: Language = "eng"


class PreviewedPage(Answer):
    number: int
    size_px: int
    num_text_tokens: int
    num_vision_tokens: int
    png_base64: str


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
    num_pages: int
    pages: list[PreviewedPage] = Field(description="the first ones")


class RejectedDocument(Answer):
    document_id: str
    split: str
    row: int
    reason: str


class Preview(Answer):
    documents: list[PreviewedDocument]
    rejected: list[RejectedDocument]
    compression: JsonObject
    num_rows: dict[str, int] = Field(description="split -> rows that a run would read")
    legibility: JsonObject | None = Field(
        description="character_error_rate, in all and by document; null: not asked for"
    )


class ReportQuery(Config):
    num_documents: int = Field(
        8, ge=0, le=100, description="documents to read back; 0: none, compression only"
    )
    language: Language = "eng"


class DatasetReport(Answer):
    """A finished dataset's compression over all pages, and the legibility of a sample."""

    name: str
    compression: JsonObject
    legibility: JsonObject | None = Field(
        description="character_error_rate, in all and by document; null: no document was to be read"
    )


class InspectRequest(Config):
    source: Annotated[FilesSource | HubSource, Field(discriminator="kind")]


class ColumnPreview(Answer):
    name: str
    kind: str
    mean_characters: int
    example: str


class Inspection(Answer):
    configs: list[str] = Field(
        description="of a Hub dataset; where one must be chosen first, nothing else is known yet"
    )
    splits: list[str]
    columns: list[str]
    column_looks: list[ColumnPreview]
    suggestion: Columns
    rows: list[dict[str, str]]
    problems: list[str] = Field(description="rows among the first ones that cannot be read, and why")
