"""The runners of both roles as the API shows them, and the command that starts a missing one."""

import shlex

from data.store.workspace import Workspace
from web_ui.jobs.stages import Role
from web_ui.schemas import Runner
from web_ui.service import Service
from web_ui.settings import ROLE_PORTS


def runners(service: Service) -> list[Runner]:
    """Say of each role whether its runner is alive and what it does."""
    return [_runner(service, role) for role in ROLE_PORTS]


def _runner(service: Service, role: Role) -> Runner:
    status = service.jobs.runner_status(role)
    return Runner(
        role=role,
        is_alive=status.alive,
        heartbeat_age_s=status.heartbeat_age_s,
        started=status.started,
        num_slots=status.num_slots,
        running=list(status.running),
        command=runner_command(service.workspace, role),
    )


def runner_command(workspace: Workspace, role: Role) -> str:
    """Return the command that starts the runner of a role."""
    return f"deepsynth run-jobs --role {role} --workspace {shlex.quote(str(workspace.root))}"
