"""Requests and answers about the benchmark datasets."""

from pydantic import Field

from data.config import Columns, Config, Name, PublishConfig, RenderingConfig
from data.inspection.estimate import DatasetEstimate
from data.presets import LicenseAllows
from web_ui.api.schemas import Answer, JsonObject


class BenchmarkRequest(Config):
    """A benchmark preset, and changes to its configuration."""

    preset: str = Field(description="name of a benchmark preset", max_length=64)
    name: Name | None = Field(None, description="folder below workspace/datasets; null: <preset>-benchmark")
    splits: tuple[str, ...] | None = Field(None, description="null: train, validation and test")
    max_samples: int | None = Field(
        None,
        ge=1,
        le=100_000_000,
        description="maximum number of documents per split, chosen by the seed; null: all",
    )
    seed: int = Field(0, ge=0, lt=2**31)
    rendering: RenderingConfig = RenderingConfig()
    columns: Columns = Columns()
    deduplicate: bool = True
    publish: PublishConfig | None = None


class BenchmarkPreset(Answer):
    """A preset for a benchmark dataset."""

    name: str
    title: str
    picture: str = Field(description="address of a page of the shape of its documents")
    description: str
    source: str
    licence: str
    licence_allows: LicenseAllows
    warning: str | None = Field(description="uses that the licence or the owners of the texts may forbid")
    splits: dict[str, int] = Field(description="split -> number of documents")
    mean_document_words: int
    config: JsonObject = Field(description="the whole configuration")
    estimate: DatasetEstimate = Field(description="for all splits, on this machine")


class BenchmarkPresetList(Answer):
    presets: list[BenchmarkPreset]
