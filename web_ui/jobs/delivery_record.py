"""What the webhook was told: a file in each job's folder, and one for each role that says since when."""

import logging
from pathlib import Path
from typing import Final

from data.errors import StorageError
from data.store.files import write_json
from data.store.workspace import Workspace
from web_ui.jobs.job import DELIVERY, JsonFile, Time, now, read_json_file
from web_ui.jobs.stages import Role

LOGGER = logging.getLogger("deepsynth.webhook")
_START: Final = "{}-webhook.json"


class Delivery(JsonFile):
    """webhook.json: what the webhook was told of a job's last ending. No file: nothing yet.

    `ended`: which ending, since a failed job can be resumed and end again. `delivered`: when the receiver
    accepted it; None: not yet. `error`: why the last attempt failed. `is_given_up`: no attempt follows.
    """

    ended: Time
    num_attempts: int = 0
    delivered: Time | None = None
    error: str | None = None
    is_given_up: bool = False


class WebhookStart(JsonFile):
    """runners/<role>-webhook.json: since when endings are told. Earlier ones are not, or the first start with
    a webhook would tell of every job of the workspace."""

    since: Time


def read_delivery(folder: Path) -> Delivery | None:
    """Return what was told of a job's last ending. None: nothing, or the file is damaged, and the ending is
    told again."""
    try:
        return read_json_file(folder / DELIVERY, Delivery)
    except StorageError as error:
        LOGGER.warning("webhook record damaged", extra={"values": {"error": str(error)}})
        return None


def is_used(workspace: Workspace) -> bool:
    """Say whether the last runner of a role had a webhook."""
    return any(workspace.runners.glob(_START.format("*")))


def forget_start(workspace: Workspace, role: Role) -> None:
    """Note that no webhook is set: one that is set later tells of the endings from then on."""
    start_path(workspace, role).unlink(missing_ok=True)


def start_path(workspace: Workspace, role: Role) -> Path:
    return workspace.runners / _START.format(role)


def read_start(path: Path) -> WebhookStart:
    """Read since when endings are told; from now on, if no earlier runner had a webhook."""
    try:
        start = read_json_file(path, WebhookStart)
    except StorageError as error:
        LOGGER.warning("endings are told from now on", extra={"values": {"error": str(error)}})
        start = None
    if start is None:
        start = WebhookStart(since=now())
        write_json(path, start.model_dump(mode="json"))
    return start
