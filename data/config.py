"""DatasetConfig: all settings that decide the bytes of a dataset. The API, the command line and configuration
files give the same checks."""

import re
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator
from pydantic.fields import FieldInfo

from data.page_modes import MODES, PageMode
from data.variation import EXAMPLE, parse_choices, write_choices

MAX_TEXT_CHARACTERS: Final = 4096
"""Of a text in a configuration, unless its field says another number."""
RESERVED_NAMES = {"presets"}
"""Names that a dataset cannot have: the API uses /api/datasets/<name> for something else."""
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,95}$")]
HUB_NAME: Final = r"[A-Za-z0-9_]([A-Za-z0-9._-]{0,94}[A-Za-z0-9_])?"
"""Of an owner or a repository on the Hub, with `hub_name_problem`."""
HUB_RULE: Final = (
    "owner/name: each at most 96 letters, digits, '.', '_' and '-', with no '.' or '-' at an end, no '--' or "
    "'..', and no '.git' at the end"
)
NO_HUB_NAME: Final = f"is no name on the Hub ({HUB_RULE}): choose another, or give"
ANSWER_CONFIG: Final = ConfigDict(
    use_attribute_docstrings=True, json_schema_serialization_defaults_required=True
)
"""`__pydantic_config__` of a dataclass that the API answers with: its docstrings become descriptions in the
OpenAPI document, and all its fields are always present."""
CHANGES_RESULT: Final[Any] = Field(json_schema_extra={"changes_result": True})
"""Marks a field that decides the result: earlier work with another value is a conflict."""
KEEPS_RESULT: Final[Any] = Field(json_schema_extra={"changes_result": False})
"""Marks a field that decides how or where the work is done: an interrupted run may resume with another
value."""

NOT_IN_MICRO: Final[Any] = Field(json_schema_extra={"unused_in_mode": "micro"})
"""Marks an option of the layout: a page of mode micro is a fixed grid of characters, which takes none."""

MAY_VARY: Final[Any] = Field(json_schema_extra={"may_vary": True})
"""Marks an option of the style that `rendering.vary` may name."""


def form_group(title: str) -> Any:
    """Return a mark for the fields that a form shows under `title`."""
    return Field(json_schema_extra={"group": title})


def mutable_fields(config_type: type[BaseModel]) -> set[str]:
    """Return the names of the fields marked `KEEPS_RESULT`."""
    return set(marked_fields(config_type, "changes_result", False))


def marked_fields(config_type: type[BaseModel], mark: str, value: object) -> list[str]:
    """Return the names of the fields whose mark has this value."""
    return [
        name
        for name, field in config_type.model_fields.items()
        if isinstance(field.json_schema_extra, dict) and field.json_schema_extra.get(mark) == value
    ]


def is_hub_id(text: str) -> bool:
    """Return whether a text is written as the Hub writes owner/name."""
    names = text.split("/")
    return len(names) == 2 and all(map(is_hub_name, names))


def is_hub_name(text: str) -> bool:
    """Return whether the Hub takes a text as the name of a repository."""
    is_split = "--" in text or ".." in text or text.endswith(".git")
    return re.fullmatch(HUB_NAME, text) is not None and not is_split


def _check_hub_id(text: str) -> str:
    if not all(map(is_hub_name, text.split("/"))):
        raise ValueError(f"must be {HUB_RULE}, not {text!r}")
    return text


HubId = Annotated[str, Field(pattern=f"^{HUB_NAME}/{HUB_NAME}$"), AfterValidator(_check_hub_id)]
"""A repository to publish to."""


class RuleError(ValueError):
    """Two or more fields have values that exclude each other; `fields` names them."""

    def __init__(self, message: str, *fields: str) -> None:
        super().__init__(message)
        self.fields = fields


class Config(BaseModel):
    """Base of every configuration: frozen, and unknown fields are refused."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", str_max_length=MAX_TEXT_CHARACTERS, allow_inf_nan=False
    )


class SampleSource(Config):
    """Documents that DeepSynth makes: news-like texts with facts and a one-sentence summary. The same seed
    gives the same documents."""

    kind: Literal["sample"] = "sample"
    length: Literal["brief", "article"] = Field(
        "article", description="brief: 59-99 characters, fits a micro page; article: several paragraphs"
    )


SplitName = Literal["train", "validation", "test", "skip", "none"]
SplitNames = Annotated[
    dict[Annotated[str, Field(min_length=1, max_length=256)], SplitName],
    Field(
        max_length=100,
        description="name of a split, file or folder, or a word in it -> train, validation, test; skip: not "
        "read; "
        "none: the name means no split",
    ),
]


class FilesSource(Config):
    """Documents in .jsonl, .json, .csv, .tsv, .parquet or .txt files."""

    kind: Literal["files"] = "files"
    path: str = Field(description="a file or a folder; or upload:<name> for an uploaded file", min_length=1)
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] | None = Field(
        None, description="character between the fields of .csv and .tsv; null: found by looking at the file"
    )
    quote: Literal['"', "'", "none"] | None = Field(
        None,
        description="character around fields that hold delimiters or line ends; none: quotes are literal; "
        "null: found by looking at the file",
    )
    escape: Literal["double", "backslash"] | None = Field(
        None, description="how a quote inside of a field is written; null: found by looking at the file"
    )
    encoding: str | None = Field(
        None, max_length=32, description="of .csv and .tsv, such as cp1252 or utf-16; null: UTF-8"
    )
    split_names: SplitNames = {}


class HubSource(Config):
    """Documents in a dataset on the Hugging Face Hub."""

    kind: Literal["hub"] = "hub"
    id: Annotated[str, AfterValidator(_check_hub_id)] = Field(
        description="owner/name", pattern=f"^{HUB_NAME}(/{HUB_NAME})?$"
    )
    config: str | None = Field(None, description="configuration (subset) name; null: the only one")
    revision: str | None = Field(
        None, description="commit, tag or branch, looked up once for each dataset; null: main as it is now"
    )
    streaming: bool = Field(
        True, description="read over the network row by row instead of downloading the whole set first"
    )
    split_names: SplitNames = {}


Source = Annotated[SampleSource | FilesSource | HubSource, Field(discriminator="kind")]


class Columns(Config):
    """Names of the source columns. None: a column with a usual name is taken; if there is none, the error
    lists the columns that exist."""

    document: str | None = Field(None, description="column with the document text")
    summary: str | None = Field(None, description="column with the reference summary")
    id: str | None = Field(None, description="column with the document id; default <split>-<row>")


class Degradation(Config):
    """Scan-like damage for robustness training, seeded by the document. All values 0 or null: no damage."""

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
    font_family: Annotated[str, NOT_IN_MICRO, MAY_VARY] = Field(
        "DejaVu Sans", description="preferred family; other families draw the characters that it lacks"
    )
    font_size_px: Annotated[float | None, NOT_IN_MICRO, MAY_VARY] = Field(
        None, ge=6, le=96, description="null: the mode's own size"
    )
    line_height: Annotated[float, NOT_IN_MICRO, MAY_VARY] = Field(
        1.25, ge=1.0, le=3.0, description="line height as a multiple of the font size"
    )
    margin_px: Annotated[int | None, NOT_IN_MICRO, MAY_VARY] = Field(
        None, ge=0, le=256, description="white on each side; null: the mode's own margin"
    )
    alignment: Annotated[Literal["left", "justify"], NOT_IN_MICRO, MAY_VARY] = Field(
        "left", description="justify: lines stretch to both margins"
    )
    num_columns: Annotated[int, NOT_IN_MICRO, MAY_VARY] = Field(
        1, ge=1, le=3, description="columns of text on a page"
    )
    overflow: Literal["paginate", "shrink", "truncate"] = Field(
        "paginate",
        description="text beyond one page: paginate gives it more pages, shrink a smaller type, truncate "
        "leaves it out",
    )
    min_font_size_px: Annotated[float, NOT_IN_MICRO] = Field(
        10.0, ge=4, le=96, description="the smallest size that overflow=shrink may choose"
    )
    max_pages: int = Field(
        32, ge=1, le=256, description="longer documents are rejected with their page count"
    )
    degradation: Degradation = Field(Degradation(), description="scan-like damage")
    vary: str | None = Field(
        None,
        exclude_if=lambda text: text is None,  # a dataset of one style has the bytes of earlier versions
        description="values of other fields of which each document gets one, chosen by the seed; such as "
        f"{EXAMPLE}; null: all documents look alike",
    )

    @field_validator("vary")
    @classmethod
    def _check_vary(cls, text: str | None) -> str | None:
        written = write_choices(parse_choices(text, varying_fields())) if text is not None else ""
        if len(written) > MAX_TEXT_CHARACTERS:
            raise ValueError(f"must not be longer than {MAX_TEXT_CHARACTERS} characters: name fewer values")
        return written or None


def varying_fields() -> dict[str, FieldInfo]:
    """Return the fields that `rendering.vary` may name: those marked `MAY_VARY`, and all of the damage."""
    marked = marked_fields(RenderingConfig, "may_vary", True)
    return {name: RenderingConfig.model_fields[name] for name in marked} | Degradation.model_fields


class PublishConfig(Config):
    """How the dataset is published on the Hugging Face Hub."""

    repo_id: HubId | None = Field(None, description="owner/name; null: HF_USERNAME/<dataset name>")
    private: bool = Field(True, description="whether a newly created repository is private")
    commit_every_num_samples: int = Field(
        100,
        ge=1,
        le=1_000_000,
        description="finished shards are uploaded when together they hold this many samples",
    )


class PublishDatasetConfig(PublishConfig):
    """Publish a finished dataset on the Hugging Face Hub, with HF_TOKEN of the service that runs the job."""

    dataset: Name = Field(description="folder below workspace/datasets")


class DatasetConfig(Config):
    """One dataset: its source, the rendering of its pages, and which documents are kept."""

    name: Annotated[Name, CHANGES_RESULT] = Field(description="folder below workspace/datasets")
    source: Annotated[Source, CHANGES_RESULT] = Field(description="where the documents come from")
    columns: Annotated[Columns, CHANGES_RESULT] = Field(
        Columns(), description="which columns of the source are document and summary"
    )
    splits: Annotated[tuple[str, ...] | None, CHANGES_RESULT] = Field(
        None, min_length=1, description="splits to read; null: all that the source has"
    )
    max_samples: Annotated[int | None, CHANGES_RESULT] = Field(
        None,
        ge=1,
        le=100_000_000,
        description="largest number of documents per split, chosen by seed; null: all",
    )
    validation_fraction: Annotated[float, CHANGES_RESULT] = Field(
        0.05, ge=0, lt=0.5, description="when the source has one split: part held out by a hash of the id"
    )
    test_fraction: Annotated[float, CHANGES_RESULT] = Field(
        0.05, ge=0, lt=0.5, description="the same for the test split"
    )
    seed: Annotated[int, CHANGES_RESULT] = Field(
        0,
        ge=0,
        lt=2**31,
        description="chooses the documents, where not all are taken, and the style and damage of their pages",
    )
    rendering: Annotated[RenderingConfig, CHANGES_RESULT] = Field(
        RenderingConfig(), description="how documents become pages"
    )
    deduplicate: Annotated[bool, CHANGES_RESULT] = Field(
        True, description="drop repeats within a split, and from train what validation or test holds"
    )
    shard_rows: Annotated[int | None, CHANGES_RESULT] = Field(
        None,
        ge=1,
        le=100_000,
        description="source rows per shard, the unit of resume; null: 100 for small splits, up to 2000 for "
        "huge ones",
    )
    max_rejected: Annotated[int, KEEPS_RESULT] = Field(
        1000, ge=0, description="the job fails when more rows than this are rejected"
    )
    publish: Annotated[PublishConfig | None, KEEPS_RESULT] = Field(
        None, description="publishing on the Hugging Face Hub; null: the dataset stays here"
    )
    engine: Annotated[Literal["local", "ray"], KEEPS_RESULT] = Field(
        "local", description="where pages are rendered: all cores of this machine, or a Ray cluster"
    )
    num_workers: Annotated[int | None, KEEPS_RESULT] = Field(
        None, ge=1, le=4096, description="render processes; null: one per core"
    )

    @field_validator("name")
    @classmethod
    def _check_name(cls, name: str) -> str:
        if name in RESERVED_NAMES:
            raise ValueError(f"cannot be {name}: this name is reserved. Choose another name")
        return name

    @model_validator(mode="after")
    def _check_repository(self) -> Self:
        if self.publish and self.publish.repo_id is None and not is_hub_name(self.name):
            raise RuleError(f"name {self.name!r} {NO_HUB_NAME} publish.repo_id", "name", "publish.repo_id")
        return self
