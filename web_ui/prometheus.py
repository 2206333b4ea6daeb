"""GET /metrics: what an operator watches, in Prometheus' text form."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from statistics import fmean

from web_ui import machine
from web_ui.jobs.job import Job, JobState
from web_ui.runners import runners
from web_ui.service import Service

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
MAX_JOBS = 1_000_000
RATES = {"dataset": "deepsynth_render_rate", "training": "deepsynth_training_rate"}


def exposition(service: Service) -> str:
    """Return all gauges of this service and its workspace."""
    jobs, _ = service.jobs.list(limit=MAX_JOBS)
    lines = [*_job_lines(jobs), *_rate_lines(jobs), *_machine_lines(service)]
    return "\n".join(lines) + "\n"


def _job_lines(jobs: list[Job]) -> Iterator[str]:
    counts = Counter(f'kind="{job.kind}",state="{job.state}"' for job in jobs)
    yield from _gauge("deepsynth_jobs", "Jobs by kind and state.", counts)
    waits_s = [wait_s for job in jobs if (wait_s := _wait_s(job)) is not None]
    yield from _gauge("deepsynth_queue_wait_seconds", "Mean time from creation to start.", {"": fmean(waits_s) if waits_s else 0.0})


def _rate_lines(jobs: list[Job]) -> Iterator[str]:
    for kind, name in RATES.items():
        running = [job for job in jobs if job.kind == kind and job.state == JobState.RUNNING and job.progress]
        rates = {f'job_id="{job.id}"': job.progress["rate"] or 0.0 for job in running if job.progress}
        yield from _gauge(name, f"Units a second of each running {kind} job.", rates)


def _machine_lines(service: Service) -> Iterator[str]:
    free_bytes = machine.disk(service.workspace.root).free_gb * machine.GB
    service_bytes = machine.memory().service_gb * machine.GB
    alive = {f'role="{runner.role}"': float(runner.is_alive) for runner in runners(service)}
    yield from _gauge("deepsynth_runner_alive", "1 while the runner of a role is alive.", alive)
    yield from _gauge("deepsynth_workspace_free_bytes", "Room left in the workspace.", {"": free_bytes})
    yield from _gauge("deepsynth_service_memory_bytes", "Resident memory of the web process.", {"": service_bytes})
    used = {f'gpu="{gpu.index}"': gpu.memory_used_gb * machine.GB for gpu in machine.gpus() if gpu.memory_used_gb is not None}
    yield from _gauge("deepsynth_gpu_memory_used_bytes", "Memory in use on each GPU.", used)


def _gauge(name: str, description: str, values: Mapping[str, float]) -> Iterator[str]:
    yield f"# HELP {name} {description}"
    yield f"# TYPE {name} gauge"
    for labels, value in sorted(values.items()):
        yield f"{name}{{{labels}}} {value:.12g}" if labels else f"{name} {value:.12g}"


def _wait_s(job: Job) -> float | None:
    if job.started is None:
        return None
    return max(0.0, (datetime.fromisoformat(job.started) - datetime.fromisoformat(job.created)).total_seconds())
