"""The signals between runners and the rest: a runner's heartbeat, one small file whose age is measured on the
monotonic clock, and the call that wakes the runners."""

import os
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from data.errors import StorageError
from data.store.files import write_json
from data.store.workspace import Workspace
from web_ui.jobs.job import JsonFile, now, read_json_file
from web_ui.jobs.process import boot_id
from web_ui.jobs.stages import Role

HEARTBEAT_S = 2.0
HEARTBEAT_TIMEOUT_S = 10.0


class Heartbeat(JsonFile):
    """runners/<role>.json: written only by the runner of the role."""

    pid: int
    role: Role
    boot_id: str
    monotonic_s: float
    time: str
    started: str
    num_slots: int
    running: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunnerStatus:
    """Whether a runner is alive, since when, and the ids of its running jobs."""

    role: Role
    alive: bool
    heartbeat_age_s: float | None = None
    started: str | None = None
    num_slots: int = 0
    running: tuple[str, ...] = ()


def heartbeat_path(workspace: Workspace, role: Role) -> Path:
    return workspace.runners / f"{role}.json"


def write_heartbeat(
    workspace: Workspace, role: Role, started: str, num_slots: int, running: tuple[str, ...]
) -> None:
    """Record that this runner is alive, and its running jobs."""
    heartbeat = Heartbeat(
        pid=os.getpid(),
        role=role,
        boot_id=boot_id(),
        monotonic_s=time.monotonic(),
        time=now(),
        started=started,
        num_slots=num_slots,
        running=running,
    )
    write_json(heartbeat_path(workspace, role), heartbeat.model_dump(mode="json"))


def wake_runners(workspace: Workspace) -> None:
    """Make the runners look at the jobs at once: they poll the modification time of the jobs folder."""
    with suppress(OSError):
        os.utime(workspace.jobs)


def read_runner_status(workspace: Workspace, role: Role) -> RunnerStatus:
    """Return the status of a runner. It is alive if its last heartbeat is recent and of this boot."""
    try:
        heartbeat = read_json_file(heartbeat_path(workspace, role), Heartbeat)
    except StorageError:
        heartbeat = None  # the next heartbeat replaces the file
    if heartbeat is None or heartbeat.boot_id != boot_id():
        return RunnerStatus(role=role, alive=False)
    age_s = time.monotonic() - heartbeat.monotonic_s
    is_alive = 0 <= age_s < HEARTBEAT_TIMEOUT_S
    return RunnerStatus(
        role=role,
        alive=is_alive,
        heartbeat_age_s=age_s,
        started=heartbeat.started,
        num_slots=heartbeat.num_slots,
        running=heartbeat.running if is_alive else (),
    )
