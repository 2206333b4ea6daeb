"""What every view needs, made once per application: settings, workspace and job store."""

from dataclasses import dataclass, field
from importlib.metadata import version
from time import monotonic
from typing import cast

from flask import current_app

from data.store.workspace import Workspace
from web_ui.jobs.store import JobStore
from web_ui.settings import Settings

EXTENSION = "deepsynth"


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One running web service."""

    settings: Settings
    workspace: Workspace
    jobs: JobStore
    started_s: float = field(default_factory=monotonic)
    version: str = field(default_factory=lambda: version("deepsynth"))


def current_service() -> Service:
    """Return the service that the current request belongs to."""
    return cast(Service, current_app.extensions[EXTENSION])
