"""Answers on a stored dataset or model as a thing of its own, and on what it was made from and for."""

from typing import Literal

from pydantic import Field

from data.config import Config
from web_ui.api.schemas import Answer

StoredCollection = Literal["datasets", "models"]
LinkedCollection = Literal[
    "datasets", "models", "evaluations", "predictions", "learning_rates", "reading_checks"
]


class StoredCard(Answer):
    """A stored dataset or model, without the job that made it."""

    name: str
    complete: bool = Field(description="whether it is finished and can be used")
    card: str = Field(description="its README.md as plain text, cut at 64 KiB; empty: it has none")
    size_bytes: int = Field(description="of all its files, a model's checkpoints included")
    archive_bytes: int = Field(description="of the download as one file; 0: there is nothing to download")
    modified: str = Field(description="when its newest file was written")


class StoredFile(Answer):
    path: str
    size_bytes: int
    url: str


class StoredFileList(Answer):
    files: list[StoredFile]


class LineageQuery(Config):
    """What to trace; the name of a base model may be an id of the Hub."""

    collection: LinkedCollection
    name: str = Field(min_length=1, max_length=512)


class LineageItem(Answer):
    """A result that another one was made from, or is used by."""

    collection: LinkedCollection
    name: str
    is_stored: bool = Field(description="whether its files exist; a base model counts as stored")
    job_id: str | None = Field(description="the newest job that made it; null: none is there")
    title: str = Field(description="title of that job, else the name")


class Lineage(Answer):
    """What something was made from, and what was made with it, one step each way."""

    result: LineageItem | None = Field(description="the thing itself; null: the job makes none")
    made_from: list[LineageItem]
    used_by: list[LineageItem] = Field(description="newest first")
