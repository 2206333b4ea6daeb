"""The warm models of a workspace: which jobs keep one, and a question to one of them."""

import json
import select
import socket
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from data.errors import DeepSynthError, NotFound, Unavailable
from data.store.workspace import Workspace, names_hint
from training.options.warm_protocol import SOCKET, WarmRequest, as_line, connect
from web_ui.jobs.job import Job, State
from web_ui.jobs.store import JobStore

KIND: Final = "warm_model"
CONNECT_TIMEOUT_S: Final = 5.0
POLL_S: Final = 0.5
"""How often it is asked whether the client is still there."""
Warmth = Literal["warm", "loading", "waiting", "paused"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WarmModel:
    """A job that keeps a model ready, or will."""

    name: str
    job_id: str
    warmth: Warmth
    created: str


def warm_models(workspace: Workspace, jobs: JobStore) -> list[WarmModel]:
    """Return the models that are warm or will be, oldest first."""
    found = sorted((job for job in jobs.unfinished() if job.kind == KIND), key=lambda job: job.id)
    return [
        WarmModel(
            name=str(job.config.get("model")),
            job_id=job.id,
            warmth=_warmth(job, workspace),
            created=job.created,
        )
        for job in found
    ]


def find_warm_model(name: str, models: Sequence[WarmModel], known: Sequence[str]) -> WarmModel:
    """Return the warm model of a name.

    Args:
        name: as the request for the warm model gave it.
        models: those of the workspace.
        known: names of the models that could be warm.

    Raises:
        NotFound: there is no such model.
        ModelNotWarm: it is not loaded, or not yet.
    """
    own = [model for model in models if model.name == name]
    if ready := [model for model in own if model.warmth == "warm"]:
        return ready[-1]
    if not own and name not in known:
        raise NotFound(
            f"There is no model {name!r}.", hint=names_hint(known), fields={"model": "no such model"}
        )
    waiting = {"loading": "is being loaded", "waiting": "waits for its turn on the device"}
    for model in own:
        if model.warmth in waiting:
            text = f"The model {name} {waiting[model.warmth]} (job {model.job_id})."
            raise ModelNotWarm(text, hint="Send the request again in some seconds.")
    raise ModelNotWarm(
        f"The model {name} is not loaded.",
        hint=f'Load it: POST /api/model/warm {{"model": "{name}"}}, or the button of the playground.',
    )


class ModelNotWarm(Unavailable):
    """The model exists, but no process has it loaded."""

    code = "model_not_warm"


class ModelRefused(DeepSynthError):
    """A warm model's own error."""

    def __init__(self, event: dict[str, Any]) -> None:
        super().__init__(event["message"], hint=event["hint"], fields=event["fields"])
        self.code, self.http_status = event["code"], event["status"]  # type: ignore[misc]
        self.retry_after_s: int | None = event["retry_after_s"]


def ask(
    model: WarmModel, request: WarmRequest, workspace: Workspace, is_client_gone: Callable[[], bool]
) -> Generator[dict[str, Any]]:
    """Yield the events of a request, up to its end. See `training.options.warm_protocol`.

    Args:
        is_client_gone: asked now and then; true takes the request back.

    Raises:
        ModelRefused: the model answers with an error.
        ModelNotWarm: its process ended.
    """
    try:
        connection = connect(workspace.jobs / model.job_id, CONNECT_TIMEOUT_S)
    except OSError as error:
        raise _stopped(model) from error
    with connection:
        try:
            connection.settimeout(None)
            connection.sendall(as_line(request))
            yield from _events(connection, model, is_client_gone)
        except OSError as error:
            raise _stopped(model) from error


def _events(
    connection: socket.socket, model: WarmModel, is_client_gone: Callable[[], bool]
) -> Iterator[dict[str, Any]]:
    received = bytearray()
    while True:
        readable, _, _ = select.select([connection], [], [], POLL_S)
        if not readable:
            if is_client_gone():
                return
            continue
        chunk = connection.recv(1 << 16)
        if not chunk:
            raise _stopped(model)
        received += chunk
        *lines, rest = received.split(b"\n")
        received = bytearray(rest)
        for line in lines:
            event = json.loads(line)
            if event["event"] == "error":
                raise ModelRefused(event)
            yield event
            if event["event"] == "end":
                return


def _stopped(model: WarmModel) -> ModelNotWarm:
    return ModelNotWarm(
        f"The process of {model.name} ended (job {model.job_id}).",
        hint="It starts again by itself after a crash. Send the request again in some seconds.",
    )


def _warmth(job: Job, workspace: Workspace) -> Warmth:
    if job.state == State.RUNNING:
        return "warm" if (workspace.jobs / job.id / SOCKET).is_socket() else "loading"
    return "paused" if job.state in (State.PAUSED, State.PAUSING) else "waiting"
