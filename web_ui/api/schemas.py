"""Requests and answers of the API, besides the configurations of the stages. The OpenAPI document is made of
them."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from data.config import Config
from data.dataset.losses import Loss
from data.dataset.manifest import Counts
from data.page_modes import PageMode
from training.options.memory import MemoryEstimate
from training.options.optimal_configs import StartingValues
from web_ui.api.verdict_schemas import ModelVerdict
from web_ui.jobs.job import ID_PATTERN, KINDS, Job, JobProgress, State
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
    """The form of every error."""

    error: ErrorBody


class Health(Answer):
    status: Literal["ok", "degraded", "failing"]
    role: Role
    version: str | None = Field(description="null: the caller did not send the token")
    problems: list[str]


class JobsQuery(Config):
    kind: str | None = Field(None, max_length=32, description=f"{', '.join(KINDS[:-1])} or {KINDS[-1]}")
    state: State | None = None
    search: str | None = Field(
        None, max_length=256, description="text in the title, the id, the dataset or the model"
    )
    offset: int = Field(0, ge=0, le=10**9)
    limit: int = Field(50, ge=1, le=MAX_JOBS_PER_PAGE)


class SubmitQuery(Config):
    after: str = Field(
        "",
        max_length=1024,
        pattern=rf"^({ID_PATTERN.pattern}(,{ID_PATTERN.pattern})*)?$",
        description="ids of jobs, with commas between them: this job starts when all of them have succeeded",
    )

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self.after.split(","))) if self.after else ()


class OffsetQuery(Config):
    offset: int = Field(
        0, ge=0, le=2**62, description="next_offset of the previous answer; 0: from the beginning"
    )


class LogQuery(Config):
    offset: int = Field(
        0,
        ge=-(2**62),
        le=2**62,
        description="next_offset of the previous answer; 0: from the beginning; -N: from N bytes before "
        "the end",
    )


class AwaitedJob(Answer):
    id: str
    title: str
    state: State
    progress: JobProgress | None


class QueueAnswer(Answer):
    place: int = Field(description="among the jobs that wait for the same runner; 1: the next one")
    starts_in_s: float | None = Field(
        description="expected time until the job starts, by the time left of running jobs and the durations "
        "of earlier jobs like those before it; null: not known"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class JobAnswer(Job):
    """A job, and the addresses of its parts. It only describes the JSON: `job_answer` makes that of a Job."""

    progress: JobProgress | None  # type: ignore[assignment]
    error: ErrorBody | None  # type: ignore[assignment]
    links: dict[str, str]
    waits_for: Annotated[
        list[AwaitedJob],
        Field(description="the jobs of `after` that have still to succeed before this one starts"),
    ]
    queue: Annotated[
        QueueAnswer | None,
        Field(description="null: the job does not wait for a runner, or this answers a request to change it"),
    ]
    verdict: Annotated[
        ModelVerdict | None,
        Field(description="of a training or evaluation that succeeded; null: no report, or a list of jobs"),
    ]


class DemoAnswer(Answer):
    dataset: JobAnswer
    training: JobAnswer


class JobList(Answer):
    jobs: list[JobAnswer]
    total: int
    offset: int
    limit: int


class Artifact(Answer):
    path: str
    size_bytes: int
    url: str
    role: Literal["predictions", "first_batch", "watched_sample"] | None = Field(
        description="the file's content: texts that the model wrote, the first batch of a training, or the "
        "texts of one validation sample by step"
    )


class ArtifactList(Answer):
    artifacts: list[Artifact]


class Upload(Answer):
    path: str = Field(
        description="path of the source in a configuration: upload:<name>, or upload:<folder> for one of "
        "several files"
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
        description="null: not reported by the device, as in the next two fields"
    )
    memory_used_gb: float | None
    load_percent: float | None


class DeviceHolder(Answer):
    """A running job that keeps its device until it is paused, cancelled or idle for long."""

    id: str
    title: str


class Runner(Answer):
    role: Role
    is_alive: bool
    heartbeat_age_s: float | None
    started: str | None
    num_slots: int
    running: list[str] = Field(description="ids of the running jobs")
    running_titles: list[str] = Field(description="their titles, the oldest job first")
    holders: list[DeviceHolder] = Field(description="those that keep their device, such as warm models")
    num_waiting: int = Field(description="jobs that wait for this runner, resumed jobs included")
    num_active: int = Field(description="jobs of its role that wait or run")
    command: str = Field(description="command that starts this runner")


class Ending(Answer):
    """The end of a job."""

    id: str
    kind: str
    title: str
    state: Literal["succeeded", "failed"]
    ended: str = Field(description="when; a failed job can be resumed and end again")


class System(Answer):
    role: Role
    version: str
    workspace: str = Field(description="path of the workspace")
    uptime_s: float
    cpu: Cpu
    memory: Memory
    disk: Disk = Field(description="the disk of the workspace")
    gpus: list[Gpu]
    runners: list[Runner]
    endings: list[Ending] = Field(
        description="the last 10 jobs that succeeded or failed, the latest first: pages tell of new ones"
    )
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
    """One field of a configuration as a form shows it."""

    path: str = Field(description="names joined by dots: rendering.mode")
    label: str
    note: str = Field(description="its meaning, in one sentence")
    more: str = Field(description="what else there is to say of it, and its bounds; may be empty")
    kind: Literal["choice", "integer", "number", "boolean", "list", "text"]
    options: list[str] = Field(description="the values of a choice")
    nullable: bool = Field(description="whether it may be left empty")
    empty: str = Field(description="meaning of an empty field; may be unknown")
    initial: Any
    part: str | None = Field(
        description="optional or chosen object that holds the field: publish, source.hub; null: always "
        "present"
    )
    group: str | None = Field(description="title above the field in the form; null: no title")
    unused_in_mode: str | None = Field(
        description="the page mode that does not use the field; null: all use it"
    )


class Form(Answer):
    fields: list[FormField]
    address: str | None = Field(description="where such a job is queued, by POST; null: nowhere")
    output_setting: str = Field(description="the field that names the result of such a job")


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
    tiny: StartingValues = Field(description="values that model=tiny starts from, with every preset")


class DatasetSummary(Answer):
    """A dataset in the workspace. `error`: why a damaged dataset cannot be used."""

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
    """The content of a dataset's manifest, without its shards."""

    name: str
    complete: bool
    config: JsonObject
    source: JsonObject
    style: JsonObject
    versions: dict[str, str]
    size_bytes: int
    totals: Counts
    splits: dict[str, Counts]
    losses: list[Loss] = Field(
        description="what was rejected, merged as duplicates, cut, or lacks glyphs, by reason: one of each"
    )


class ModelSummary(Answer):
    """A training in the workspace. `error`: why a damaged training cannot be used."""

    name: str
    complete: bool = Field(description="whether its final model exists")
    size_bytes: int = Field(0, description="checkpoints included")
    base: str | None = Field(None, description="model that the training started from")
    dataset: str | None = None
    modes: list[PageMode] = Field([], description="page modes that it reads; empty: not known yet")
    metrics: dict[str, float | None] = Field(
        {}, description="latest values of the training; eval_loss and rouge* are of validation samples"
    )
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
    """The content of a training's folder."""

    name: str
    complete: bool
    config: JsonObject
    metrics: dict[str, float | None] = Field(
        description="latest values of the training; eval_loss and rouge* are of validation samples"
    )
    report: JsonObject | None = Field(description="the test scores; null: the model is not scored yet")
    verdict: ModelVerdict | None = Field(description="what they are worth; null: the model is not scored yet")
    checkpoints: list[str]
