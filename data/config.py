"""DatasetConfig: everything that decides the bytes of a dataset. Validated wherever it comes from (API, CLI,
file)."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from data.page_modes import MODES, PageMode

RESERVED_NAMES = {"presets"}
"""Addresses below /api/datasets that are no dataset."""
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,95}$")]


class RuleError(ValueError):
    """Values that are allowed one by one do not go together; `fields` are those that the rule is about."""

    def __init__(self, message: str, *fields: str) -> None:
        super().__init__(message)
        self.fields = fields


class Config(BaseModel):
    """Base of every configuration: frozen, and unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_max_length=4096, allow_inf_nan=False)


class SampleSource(Config):
    """Documents made here, the same for the same seed: news-like texts with facts and a one-sentence
    summary."""

    kind: Literal["sample"] = "sample"
    length: Literal["brief", "article"] = Field(
        "article", description="brief: 59-99 characters, fits a micro page; article: several paragraphs"
    )


class FilesSource(Config):
    """Documents in .jsonl, .json, .csv, .tsv, .parquet or .txt files."""

    kind: Literal["files"] = "files"
    path: str = Field(description="a file or a folder; or upload:<name> for an uploaded file", min_length=1)


class HubSource(Config):
    """Documents in a dataset on the Hugging Face Hub."""

    kind: Literal["hub"] = "hub"
    id: str = Field(
        description="owner/name", pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)?$"
    )
    config: str | None = Field(None, description="configuration (subset) name; null: the only one")
    revision: str | None = Field(
        None, description="commit, tag or branch, looked up once for each dataset; null: main as it is now"
    )
    streaming: bool = Field(
        True, description="read over the network row by row instead of downloading the whole set first"
    )


Source = Annotated[SampleSource | FilesSource | HubSource, Field(discriminator="kind")]


class Columns(Config):
    """Which source columns hold what. None: take the usual names, or refuse with the list of columns that
    exist."""

    document: str | None = Field(None, description="column with the document text")
    summary: str | None = Field(None, description="column with the reference summary")
    id: str | None = Field(None, description="column with the document id; default <split>-<row>")


class Degradation(Config):
    """Scan-like damage, seeded by the document, for robustness training. All zero: none."""

    blur_px: float = Field(0.0, ge=0, le=5, description="standard deviation of a Gaussian blur")
    noise: float = Field(
        0.0, ge=0, le=0.5, description="standard deviation of grey noise, 1 = black to white"
    )
    skew_degrees: float = Field(0.0, ge=0, le=5, description="largest rotation either way")
    jpeg_quality: int | None = Field(
        None, ge=5, le=95, description="JPEG round trip at this quality; null: none"
    )


class RenderingConfig(Config):
    """How a document becomes pages."""

    mode: PageMode = Field(
        "base",
        description="page size: "
        + ", ".join(f"{name} {mode.size_px}" for name, mode in MODES.items())
        + " pixels square",
    )
    font_family: str = Field(
        "DejaVu Sans", description="first family tried; others follow where it has no glyph"
    )
    font_size_px: float | None = Field(None, ge=6, le=96, description="null: the mode's own size")
    line_height: float = Field(1.25, ge=1.0, le=3.0, description="line height as a multiple of the font size")
    margin_px: int | None = Field(
        None, ge=0, le=256, description="white on each side; null: the mode's own margin"
    )
    alignment: Literal["left", "justify"] = Field(
        "left", description="justify: lines stretch to both margins"
    )
    num_columns: int = Field(1, ge=1, le=3, description="columns of text on a page")
    overflow: Literal["paginate", "shrink", "truncate"] = Field(
        "paginate",
        description="text beyond one page: paginate gives it more pages, shrink a smaller type, truncate "
        "leaves it out",
    )
    min_font_size_px: float = Field(
        10.0, ge=4, le=96, description="the smallest size that overflow=shrink may choose"
    )
    max_pages: int = Field(
        32, ge=1, le=256, description="longer documents are rejected with their page count"
    )
    degradation: Degradation = Field(Degradation(), description="damage as of a scan")


class PublishConfig(Config):
    """Where and how the dataset goes to the Hugging Face Hub."""

    repo_id: str | None = Field(
        None, description="owner/name; null: HF_USERNAME/<dataset name>", pattern=r"^[\w.-]+/[\w.-]+$"
    )
    private: bool = Field(True, description="whether a repository that has to be made is private")
    commit_every_num_samples: int = Field(
        100, ge=1, le=1_000_000, description="finished shards are sent once they hold so many"
    )


class DatasetConfig(Config):
    """One dataset: where the documents come from, how they are drawn, what is kept."""

    name: Name = Field(description="folder below workspace/datasets")
    source: Source = Field(description="where the documents come from")
    columns: Columns = Field(Columns(), description="which columns of the source are document and summary")
    splits: tuple[str, ...] | None = Field(
        None, min_length=1, description="splits to read; null: all that the source has"
    )
    max_samples: int | None = Field(
        None,
        ge=1,
        le=100_000_000,
        description="at most so many documents per split, chosen by seed; null: all",
    )
    validation_fraction: float = Field(
        0.05, ge=0, lt=0.5, description="when the source has one split: part held out by a hash of the id"
    )
    test_fraction: float = Field(0.05, ge=0, lt=0.5, description="likewise, for the test split")
    seed: int = Field(
        0,
        ge=0,
        lt=2**31,
        description="chooses documents, where not all are taken, and the damage of each page",
    )
    rendering: RenderingConfig = Field(RenderingConfig(), description="how documents become pages")
    deduplicate: bool = Field(
        True, description="drop repeats within a split, and from train what validation or test holds"
    )
    shard_rows: int | None = Field(
        None,
        ge=1,
        le=100_000,
        description="source rows per shard, the unit of resume; null: 100 for small splits, up to 2000 for "
        "huge ones",
    )
    max_rejected: int = Field(1000, ge=0, description="more rejected rows than this end the job")
    publish: PublishConfig | None = Field(
        None, description="publishing on the Hugging Face Hub; null: the dataset stays here"
    )
    engine: Literal["local", "ray"] = Field(
        "local", description="where pages are rendered: all cores of this machine, or a Ray cluster"
    )
    num_workers: int | None = Field(None, ge=1, le=4096, description="render processes; null: one per core")

    @field_validator("name")
    @classmethod
    def _check_name(cls, name: str) -> str:
        if name in RESERVED_NAMES:
            raise ValueError(f"cannot be {name}, which has a meaning of its own: choose another")
        return name
