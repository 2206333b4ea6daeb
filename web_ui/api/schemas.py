"""What the API takes and answers beside the stages' own configurations. The OpenAPI document is made from
these."""

from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from data.config import Columns, Config, Name, PublishConfig, RenderingConfig
from data.dataset.manifest import Counts
from data.inspection.estimate import DatasetEstimate
from data.page_modes import PageMode
from training.options.optimal_configs import StartingValues
from web_ui.jobs.job import KINDS, Job, JobProgress, State
from web_ui.jobs.stages import Role

MAX_JOBS_PER_PAGE = 1000
JsonObject = dict[str, Any]


class Answer(BaseModel):
    """Base of every answer."""

    model_config = ConfigDict(frozen=True, json_schema_serialization_defaults_required=True)


class ErrorBody(Answer):
    code: str
    message: str
    hint: str
    fields: dict[str, str]


class Error(Answer):
    """The one shape of every refusal and failure."""

    error: ErrorBody


class Health(Answer):
    status: Literal["ok", "degraded", "failing"]
    role: Role
    version: str | None = Field(description="null for a caller without the token")
    problems: list[str]


class JobsQuery(Config):
    kind: str | None = Field(None, max_length=32, description=f"{', '.join(KINDS[:-1])} or {KINDS[-1]}")
    state: State | None = None
    search: str | None = Field(
        None, max_length=256, description="text in the title, the id, the dataset or the model"
    )
    offset: int = Field(0, ge=0, le=10**9)
    limit: int = Field(50, ge=1, le=MAX_JOBS_PER_PAGE)


class OffsetQuery(Config):
    offset: int = Field(
        0, ge=0, le=2**62, description="next_offset of the answer before; 0: from the beginning"
    )


class LogQuery(Config):
    offset: int = Field(
        0,
        ge=-(2**62),
        le=2**62,
        description="next_offset of the answer before; 0: from the beginning; -N: from N bytes before the "
        "end",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class JobAnswer(Job):
    """A job, and the addresses of its parts. It only describes the JSON: `job_answer` makes that of a Job."""

    progress: JobProgress | None  # type: ignore[assignment]
    error: ErrorBody | None  # type: ignore[assignment]
    links: dict[str, str]


class JobList(Answer):
    jobs: list[JobAnswer]
    total: int
    offset: int
    limit: int


class Artifact(Answer):
    path: str
    size_bytes: int
    url: str
    role: Literal["predictions", "first_batch"] | None = Field(
        description="the file's content: texts that the model wrote, or the first batch of a training"
    )


class ArtifactList(Answer):
    artifacts: list[Artifact]


class Upload(Answer):
    path: str = Field(
        description="what to give as the source's path: upload:<name>, for one of several files "
        "upload:<folder>"
    )
    name: str = Field(description="<name> or <folder>/<name>")
    size_bytes: int


class UploadList(Answer):
    uploads: list[Upload]


class Cpu(Answer):
    num_cores: int
    load_percent: float


class Memory(Answer):
    total_gb: float
    used_gb: float
    service_gb: float = Field(description="resident memory of this web process")


class Disk(Answer):
    total_gb: float
    free_gb: float


class Gpu(Answer):
    index: int
    name: str
    memory_total_gb: float | None = Field(
        description="null where the device does not report it, as the two below"
    )
    memory_used_gb: float | None
    load_percent: float | None


class Runner(Answer):
    role: Role
    is_alive: bool
    heartbeat_age_s: float | None
    started: str | None
    num_slots: int
    running: list[str] = Field(description="ids of the jobs that it runs")
    num_waiting: int = Field(description="jobs that wait for it, those that were resumed among them")
    num_active: int = Field(description="jobs of its role that wait or run")
    command: str = Field(description="what starts it")


class System(Answer):
    role: Role
    version: str
    workspace: str = Field(description="its folder")
    uptime_s: float
    cpu: Cpu
    memory: Memory
    disk: Disk = Field(description="of the workspace")
    gpus: list[Gpu]
    runners: list[Runner]
    has_hub_token: bool
    hub_username: str | None


class OpenApi(Answer):
    """The OpenAPI 3.1 document of this API."""

    model_config = ConfigDict(frozen=True, extra="allow")

    openapi: str
    info: JsonObject
    paths: JsonObject
    components: JsonObject


class FormField(Answer):
    """One setting as a form shows it."""

    path: str = Field(description="dotted: rendering.mode")
    label: str
    note: str = Field(description="what it means, and its bounds")
    kind: Literal["choice", "integer", "number", "boolean", "list", "text"]
    options: list[str] = Field(description="of a choice")
    nullable: bool = Field(description="whether it may be left empty")
    empty: str = Field(description="what it means when it is left empty, where that is known")
    initial: Any
    part: str | None = Field(
        description="what is given or chosen as a whole, and holds it: publish, source.hub; null: always "
        "there"
    )
    group: str | None = Field(description="title that the form shows it under; null: none is given")


class Form(Answer):
    fields: list[FormField]


class MemoryEstimate(Answer):
    """Expected GPU memory of one training process, by what it is for."""

    mode: PageMode
    num_pages: int = Field(description="of the longest sample")
    num_parameters: int
    num_trainable_parameters: int
    weights_gb: float
    gradients_gb: float
    optimizer_gb: float
    activations_gb: float
    encoder_gb: float
    runtime_gb: float
    total_gb: float
    fits: dict[str, bool] = Field(description="GPU memory in GB -> whether the training is expected to fit")


class TrainingPreset(Answer):
    name: str
    title: str
    memory_gb: int
    values: JsonObject
    reasons: dict[str, str]
    effective_batch_size: int
    estimate: MemoryEstimate


class TrainingPresetList(Answer):
    presets: list[TrainingPreset]
    tiny: StartingValues = Field(description="what model=tiny starts from instead, whichever the preset")


class DatasetSummary(Answer):
    """A dataset in the workspace. `error` says why a damaged one cannot be used."""

    name: str
    complete: bool
    mode: str | None = None
    source: str | None = Field(None, description="sample, files or hub")
    splits: dict[str, int] = Field({}, description="split -> samples")
    num_samples: int = 0
    num_pages: int = 0
    num_text_tokens: int = 0
    num_vision_tokens: int = 0
    size_bytes: int = 0
    error: ErrorBody | None = None


class DatasetList(Answer):
    datasets: list[DatasetSummary]


class Dataset(Answer):
    """Everything that a dataset's manifest says."""

    name: str
    complete: bool
    config: JsonObject
    source: JsonObject
    style: JsonObject
    versions: dict[str, str]
    size_bytes: int
    totals: Counts
    splits: dict[str, Counts]


class ModelSummary(Answer):
    """A training in the workspace. `error` says why a damaged one cannot be used."""

    name: str
    complete: bool = Field(description="whether its final model is there")
    size_bytes: int = Field(0, description="with its checkpoints")
    base: str | None = Field(None, description="the model that it started from")
    dataset: str | None = None
    modes: list[PageMode] = Field([], description="of the pages that it reads; empty while that is not known")
    metrics: dict[str, float | None] = {}
    error: ErrorBody | None = None


class BaseModelName(Answer):
    """A model that a training can start from."""

    name: str
    title: str
    modes: list[PageMode]


class ModelList(Answer):
    models: list[ModelSummary]
    bases: list[BaseModelName]


class Model(Answer):
    """Everything that a training's folder says."""

    name: str
    complete: bool
    config: JsonObject
    metrics: dict[str, float | None]
    report: JsonObject | None
    checkpoints: list[str]


class BenchmarkRequest(Config):
    """A benchmark dataset, and what to change of its preset's configuration."""

    preset: str = Field(description="name of a benchmark preset", max_length=64)
    name: Name | None = Field(None, description="folder below workspace/datasets; null: <preset>-benchmark")
    splits: tuple[str, ...] | None = Field(None, description="null: train, validation and test")
    max_samples: int | None = Field(
        None,
        ge=1,
        le=100_000_000,
        description="at most so many documents per split, chosen by seed; null: all",
    )
    seed: int = Field(0, ge=0, lt=2**31)
    rendering: RenderingConfig = RenderingConfig()
    columns: Columns = Columns()
    deduplicate: bool = True
    publish: PublishConfig | None = None


class BenchmarkPreset(Answer):
    """A benchmark dataset, ready to be made."""

    name: str
    title: str
    description: str
    source: str
    licence: str
    warning: str | None = Field(description="what the licence or the texts' owners may forbid")
    splits: dict[str, int] = Field(description="split -> documents")
    mean_document_words: int
    config: JsonObject = Field(description="the whole configuration")
    estimate: DatasetEstimate = Field(description="on this machine, all splits")


class BenchmarkPresetList(Answer):
    presets: list[BenchmarkPreset]
