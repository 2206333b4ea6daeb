"""GET /metrics: jobs, runners and machine in Prometheus' text format."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from statistics import fmean

from data.errors import NotFound
from web_ui.api.service import Service
from web_ui.jobs.job import KINDS, Job, State, now
from web_ui.jobs.stages import STAGES
from web_ui.jobs.store import JobStore
from web_ui.monitor import machine
from web_ui.monitor.runners import runners

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
RECENT_S = 3600.0


def exposition(service: Service) -> str:
    """Return all gauges of this service and its workspace."""
    jobs = service.jobs.all()
    running = list(_running(jobs, service.jobs))
    lines = [*_job_lines(jobs), *_wait_lines(jobs), *_rate_lines(running), *_machine_lines(service, jobs)]
    return "\n".join(lines) + "\n"


def _running(jobs: Sequence[Job], store: JobStore) -> Iterator[Job]:
    """Yield the running jobs with their progress. Only their event logs are read."""
    for job in jobs:
        if job.state == State.RUNNING:
            with suppress(NotFound):  # deleted since it was listed
                yield store.get(job.id)


def _job_lines(jobs: Sequence[Job]) -> Iterator[str]:
    counts = Counter(
        f'kind="{job.kind if job.kind in KINDS else "unknown"}",state="{job.state}"' for job in jobs
    )
    yield from _gauge("deepsynth_jobs", "Jobs by kind and state.", counts)


def _wait_lines(jobs: Sequence[Job]) -> Iterator[str]:
    waits_s: defaultdict[str, list[float]] = defaultdict(list)
    for job in jobs:
        if job.started and 0 <= _seconds(job.started, now()) <= RECENT_S:
            waits_s[f'role="{job.role}"'].append(max(0.0, _seconds(job.created, job.started)))
    means_s = {label: fmean(values) for label, values in waits_s.items()}
    yield from _gauge(
        "deepsynth_queue_wait_seconds",
        "Mean time from creation to start, of the jobs started in the last hour.",
        means_s,
    )


def _rate_lines(running: Sequence[Job]) -> Iterator[str]:
    for kind, name in ((kind, stage.rate_metric) for kind, stage in STAGES.items()):
        if name is None:
            continue
        rates = {
            f'job_id="{job.id}"': job.progress["rate"] or 0.0
            for job in running
            if job.kind == kind and job.progress
        }
        yield from _gauge(name, f"Units per second of each running {kind} job.", rates)


def _machine_lines(service: Service, jobs: Sequence[Job]) -> Iterator[str]:
    free_bytes = machine.disk(service.workspace.root).free_gb * machine.GB
    service_bytes = machine.memory().service_gb * machine.GB
    alive = {f'role="{runner.role}"': float(runner.is_alive) for runner in runners(service, jobs)}
    yield from _gauge("deepsynth_runner_alive", "1 while the runner of a role is alive.", alive)
    yield from _gauge(
        "deepsynth_workspace_free_bytes", "Free space on the disk of the workspace.", {"": free_bytes}
    )
    yield from _gauge(
        "deepsynth_service_memory_bytes", "Resident memory of the web process.", {"": service_bytes}
    )
    used = {
        f'gpu="{gpu.index}"': gpu.memory_used_gb * machine.GB
        for gpu in machine.gpus()
        if gpu.memory_used_gb is not None
    }
    yield from _gauge("deepsynth_gpu_memory_used_bytes", "Memory in use on each GPU.", used)


def _gauge(name: str, description: str, values: Mapping[str, float]) -> Iterator[str]:
    yield f"# HELP {name} {description}"
    yield f"# TYPE {name} gauge"
    for labels, value in sorted(values.items()):
        yield f"{name}{{{labels}}} {value:.12g}" if labels else f"{name} {value:.12g}"


def _seconds(since: str, until: str) -> float:
    return (datetime.fromisoformat(until) - datetime.fromisoformat(since)).total_seconds()
