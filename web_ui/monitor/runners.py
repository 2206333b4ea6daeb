"""The runners of both roles as the API shows them, and the command that starts a missing one."""

import shlex
from collections.abc import Sequence

from data.store.workspace import Workspace
from web_ui.api.schemas import DeviceHolder, Runner
from web_ui.api.service import Service
from web_ui.jobs.expected_start import is_waiting
from web_ui.jobs.job import STATES_WITH_WORKER, Job
from web_ui.jobs.stages import STAGES, Role
from web_ui.settings import ROLE_PORTS


def runners(service: Service, jobs: Sequence[Job]) -> list[Runner]:
    """Return for each role the state of its runner, its running jobs and the number of waiting jobs.

    `jobs`: every job of the workspace.
    """
    return [_runner(service, role, [job for job in jobs if job.role == role]) for role in ROLE_PORTS]


def _runner(service: Service, role: Role, jobs: Sequence[Job]) -> Runner:
    status = service.jobs.runner_status(role)
    running = [job for job in sorted(jobs, key=lambda job: job.id) if job.id in status.running]
    num_waiting = sum(map(is_waiting, jobs))
    return Runner(
        role=role,
        is_alive=status.alive,
        heartbeat_age_s=status.heartbeat_age_s,
        started=status.started,
        num_slots=status.num_slots,
        running=list(status.running),
        running_titles=[job.title for job in running],
        holders=[
            DeviceHolder(id=job.id, title=job.title) for job in running if STAGES[job.kind].holds_device
        ],
        num_waiting=num_waiting,
        num_active=num_waiting + sum(job.state in STATES_WITH_WORKER for job in jobs),
        command=runner_command(service.workspace, role),
    )


def runner_command(workspace: Workspace, role: Role) -> str:
    """Return the command that starts the runner of a role."""
    return f"deepsynth run-jobs --role {role} --workspace {shlex.quote(str(workspace.root))}"
