"""A job: its states and legal moves, the files of its folder, and the record that users see."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from data.errors import StorageError
from data.store.files import storage_error
from web_ui.jobs.process import ProcessIdentity
from web_ui.jobs.stages import STAGES, Role

ID_PATTERN = re.compile(r"\d{8}-\d{6}-[0-9a-f]{4}")
REQUEST, CONTROL, QUEUE, STATE, OUTCOME, LOG, DELIVERY = (
    "request.json", "control.json", "queue.json", "state.json", "outcome.json", "log.txt", "webhook.json",
)  # fmt: skip
Desired = Literal["run", "pause", "cancel"]
KINDS = tuple(STAGES)


class State(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    PAUSING = "pausing"
    PAUSED = "paused"
    INTERRUPTED = "interrupted"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


ENDED_STATES = frozenset({State.SUCCEEDED, State.FAILED, State.CANCELLED})
STATES_AFTER_WORKER = ENDED_STATES | {State.PAUSED, State.INTERRUPTED}
LEGAL_MOVES: Mapping[State, frozenset[State]] = {
    State.QUEUED: frozenset({State.RUNNING, State.PAUSED, State.CANCELLED, State.FAILED}),
    State.RUNNING: STATES_AFTER_WORKER | {State.PAUSING},
    State.PAUSING: STATES_AFTER_WORKER | {State.RUNNING},
    State.PAUSED: frozenset({State.QUEUED, State.CANCELLED}),
    State.INTERRUPTED: frozenset({State.QUEUED, State.PAUSED, State.CANCELLED, State.FAILED}),
    State.FAILED: frozenset({State.QUEUED, State.PAUSED, State.CANCELLED}),
    State.SUCCEEDED: frozenset(),
    State.CANCELLED: frozenset(),
}
FINAL_STATES = frozenset(state for state, moves in LEGAL_MOVES.items() if not moves)
STATES_WITH_WORKER = frozenset({State.RUNNING, State.PAUSING})


def _check_time(text: str) -> str:
    if datetime.fromisoformat(text).tzinfo is None:
        raise ValueError("has no time zone")
    return text


Time = Annotated[str, AfterValidator(_check_time)]


class JsonFile(BaseModel):
    """One JSON file of a job's folder. Fields that a later version adds are ignored."""

    model_config = ConfigDict(frozen=True, allow_inf_nan=False)


class Request(JsonFile):
    """request.json: written once, when the job is created. Never holds a token.

    `after`: ids of the jobs that must have succeeded before the job starts.
    """

    schema_version: int = 1
    id: str
    kind: str
    role: Role
    created: Time
    config: dict[str, Any]
    idempotency_key: str | None = None
    title: str = ""
    after: tuple[str, ...] = ()


class Control(JsonFile):
    """control.json: the user's last request. Its id tells whether an ending of the job has already answered
    it."""

    desired: Desired = "run"
    request_id: str = ""
    time: str = ""


class QueuePlace(JsonFile):
    """queue.json: when the user moved the job to the front of the queue. The latest such job starts first."""

    moved: Time


class RestartDelay(JsonFile):
    """Earliest restart of a job, in seconds of the monotonic clock. Void after a reboot: other `boot_id`."""

    until_s: float
    boot_id: str


class JobState(JsonFile):
    """state.json: written only by the runner. No file: the job waits for its first attempt.

    `reached`: highest progress per unit. `stalled`: crashes in a row without new progress. `wait`: earliest
    restart. `run_s`: running time of the ended attempts. `answered`: id of the last control request that an
    ending has seen. `role`: role of the runner that started the job, used when request.json is damaged.
    """

    state: State = State.QUEUED
    attempts: int = 0
    worker: ProcessIdentity | None = None
    role: Role | None = None
    device: str | None = None
    started: Time | None = None
    ended: Time | None = None
    exit_code: int | None = None
    run_s: float = 0.0
    stalled: int = 0
    reached: dict[str, int] = Field(default_factory=dict)
    wait: RestartDelay | None = None
    answered: str = ""
    error: dict[str, Any] | None = None

    def moved(self, to: State, **values: Any) -> "JobState":
        """Return the state after a legal move."""
        if to not in LEGAL_MOVES[self.state]:
            raise ValueError(f"a job cannot move from {self.state} to {to}")
        return self.model_copy(update={"state": to, **values})

    def has_new_request(self, control: Control | None) -> bool:
        """Say whether `control` is newer than the end of the last attempt. None: control.json is damaged."""
        return control is not None and control.request_id != self.answered


class Outcome(JsonFile):
    """outcome.json: written by the worker as the last step of an attempt."""

    attempt: int
    status: Literal["succeeded", "failed", "stopped"]
    ended: Time
    result: dict[str, Any] | None = None
    error: dict[str, Any] | None = None


class JobProgress(JsonFile):
    """The last progress event of a job."""

    done: int
    total: int | None
    unit: str
    counts: dict[str, int]
    rate: float | None = Field(description="units per second")
    eta_s: float | None = Field(description="time left of the whole job, smoothed")
    activity: str | None = Field(None, description="what is done now; null: the job has no activities")
    share: float | None = Field(
        None, description="part of the whole work that is done, 0 to 1; never falls; null: unknown"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A job as the API, the command line and the web page show it, read from the files of its folder.

    `desired` is None if the job has ended and no newer request waits.
    """

    id: str
    kind: str
    role: Annotated[Role | None, Field(description="null: the job's request is damaged")]
    title: str
    after: Annotated[
        tuple[str, ...], Field(description="ids of the jobs that must have succeeded before this one starts")
    ]
    state: State
    desired: Annotated[Desired | None, Field(description="the user's last request; null: the job has ended")]
    created: str
    moved_to_front: Annotated[
        str | None, Field(description="when the user moved the job before all others that wait; null: never")
    ]
    started: str | None
    ended: str | None
    attempts: int
    retry_at: Annotated[
        str | None, Field(description="when a job whose worker crashed is started again; may lie in the past")
    ]
    run_s: Annotated[float, Field(description="running time of all attempts, the current attempt included")]
    progress: dict[str, Any] | None
    config: dict[str, Any]
    result: dict[str, Any] | None
    error: dict[str, Any] | None

    @property
    def output_key(self) -> tuple[str, str]:
        """Return the name of the job's output. Two jobs with the same output never run at the same time."""
        has_own_output = "output" in self.config and self.config["output"] is None
        return self.kind, self.id if has_own_output else str(self.config.get("output", self.title))

    @property
    def made_folder(self) -> tuple[str, object] | None:
        """Return kind (dataset or model) and name of the folder that the job writes; None: its stage chooses
        the place."""
        stage = STAGES.get(self.kind)
        return (stage.makes, self.config.get(stage.output_setting)) if stage and stage.makes else None

    def num_devices(self, num_slots: int) -> int:
        """Return how many of its runner's devices the job takes; `num_slots` has the runner."""
        stage = STAGES.get(self.kind)
        return stage.num_devices(self.config, num_slots) if stage else 1

    def configured_name(self, setting: str) -> str:
        """Return the name in a setting of the configuration. Raises StorageError if it is not a text."""
        name = self.config.get(setting)
        if not isinstance(name, str):
            raise StorageError(
                f"{REQUEST} of job {self.id} is damaged: it names no {setting}.", hint="Delete the job."
            )
        return name

    def as_dict(self) -> dict[str, Any]:
        """Return the job as the API and `deepsynth jobs --json` show it."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


AnyJsonFile = TypeVar("AnyJsonFile", bound=JsonFile)


def read_json_file(path: Path, kind: type[AnyJsonFile]) -> AnyJsonFile | None:
    """Read one file of a job's folder. None if there is no such file.

    Raises:
        StorageError: the file is damaged (empty, cut short, or with other content), or cannot be read.
    """
    try:
        return kind.model_validate(json.loads(path.read_bytes()))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise storage_error(path, error) from error
    except (ValueError, RecursionError, ValidationError) as error:
        raise _damage(path, error) from error


def _damage(path: Path, error: Exception) -> StorageError:
    reason = "unexpected values" if isinstance(error, ValidationError) else str(error)
    hint = "Resume or cancel the job, restore the file from a backup, or delete the job."
    if path.name == REQUEST:
        hint = "Restore the file from a backup, or delete the job; cancel it first if its worker still runs."
    return StorageError(f"{path.name} of job {path.parent.name} is damaged: {reason}.", hint=hint)


def now() -> str:
    """Return the time in UTC to the microsecond, so that jobs of the same millisecond keep their order."""
    return datetime.now(UTC).isoformat(timespec="microseconds")
