"""`deepsynth doctor`: check this machine and the workspace, and suggest a fix for each problem."""

import json
import secrets
import shlex
import shutil
import sys
from argparse import Namespace
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import Literal

from data.errors import DeepSynthError
from data.store.workspace import Workspace
from training.speed.compiler import missing_compiler_requirements
from web_ui.api.schemas import Gpu
from web_ui.commands.stages import open_workspace
from web_ui.jobs.delivery_record import is_used, read_delivery
from web_ui.jobs.job import DELIVERY
from web_ui.jobs.stages import Role
from web_ui.jobs.store import JobStore
from web_ui.monitor import machine
from web_ui.settings import ROLE_PORTS, Settings

MIN_FREE_GB = 5.0
MIN_MEMORY_GB = 4.0
TRAINING_LIBRARIES = ("torch", "transformers", "accelerate", "peft", "safetensors")
LEVEL_LABELS = {"ok": "ok     ", "notice": "notice ", "fault": "FAULT  "}


@dataclass(frozen=True, slots=True)
class Finding:
    """Result of one check. A fault prevents all work of DeepSynth, a notice only a part of it."""

    what: str
    level: Literal["ok", "notice", "fault"]
    detail: str
    fix: str = ""


def doctor(options: Namespace) -> int:
    """Run `deepsynth doctor`: print the findings. Returns 1 if there is a fault."""
    findings = list(run_checks(options))
    if options.json:
        print(json.dumps([asdict(finding) for finding in findings], indent=2))
    else:
        for finding in findings:
            print(f"{LEVEL_LABELS[finding.level]} {finding.what}: {finding.detail}")
            if finding.fix:
                print(f"        -> {finding.fix}")
    return int(any(finding.level == "fault" for finding in findings))


def run_checks(options: Namespace) -> Iterator[Finding]:
    """Run all checks and yield their findings."""
    yield Finding("Python", "ok", sys.version.split()[0])
    yield from _settings()
    try:
        workspace = open_workspace(options)
    except DeepSynthError as error:
        yield Finding("workspace", "fault", error.message, fix=error.hint)
    else:
        for check in _WORKSPACE_CHECKS:
            yield from check(workspace)
    yield _memory()
    yield _page_engine()
    yield _tesseract()
    yield _training_libraries()
    yield _gpu()
    yield from _hub()


def _settings() -> Iterator[Finding]:
    try:
        Settings.from_environment()
    except DeepSynthError as error:
        yield Finding("settings", "fault", error.message, fix=error.hint)


def _check_writable(workspace: Workspace) -> Iterator[Finding]:
    probe = workspace.trash / f"probe-{secrets.token_hex(4)}"
    try:
        probe.write_bytes(b"x")
        probe.replace(probe.with_suffix(".moved"))
        probe.with_suffix(".moved").unlink()
    except OSError as error:
        fix = f"Check owner and mode of {workspace.root}, and its disk."
        yield Finding("workspace", "fault", f"{workspace.root} is not writable: {error.strerror}", fix=fix)
    else:
        yield Finding("workspace", "ok", str(workspace.root))


def _disk(workspace: Workspace) -> Iterator[Finding]:
    free_gb = machine.disk(workspace.root).free_gb
    is_enough = free_gb >= MIN_FREE_GB
    fix = "" if is_enough else "Free some space, or move the workspace with DEEPSYNTH_WORKSPACE."
    yield Finding("disk", "ok" if is_enough else "notice", f"{free_gb:.1f} GB free", fix=fix)


def _runners(workspace: Workspace) -> Iterator[Finding]:
    store = JobStore(workspace)
    roles: tuple[Role, ...] = tuple(ROLE_PORTS)
    for role in roles:
        status = store.runner_status(role)
        if status.alive:
            yield Finding(
                f"runner {role}", "ok", f"alive, {len(status.running)} of {status.num_slots} slots in use"
            )
        else:
            fix = f"deepsynth serve --role {role} --workspace {shlex.quote(str(workspace.root))}"
            yield Finding(f"runner {role}", "notice", "not running; its jobs wait", fix=fix)


def check_webhook(workspace: Workspace) -> Iterator[Finding]:
    """Say how many endings the webhook was not told of. No finding where no runner has a webhook, and none is
    set."""
    try:
        webhook = Settings.from_environment().webhook
    except DeepSynthError:
        return  # the finding on settings says so
    if webhook is None and not is_used(workspace):
        return
    folders = (path.parent for path in workspace.jobs.glob(f"*/{DELIVERY}"))
    told = [delivery for folder in folders if (delivery := read_delivery(folder))]
    missed = [delivery for delivery in told if not delivery.delivered]
    signed = "signed" if webhook and webhook.secret else "not signed: DEEPSYNTH_WEBHOOK_SECRET is not set"
    detail = f"{f'set, {signed}' if webhook else 'set for a runner'}; {len(told) - len(missed):,} jobs told"
    if not missed:
        yield Finding("webhook", "ok", detail)
        return
    last = max(missed, key=lambda delivery: delivery.ended)
    num_given_up = sum(delivery.is_given_up for delivery in missed)
    detail += f", {len(missed):,} not, of which {num_given_up:,} are given up; the last: {last.error}"
    fix = "Check DEEPSYNTH_WEBHOOK_URL and its receiver, then restart the service."
    yield Finding("webhook", "notice", detail, fix=fix)


def _damaged_jobs(workspace: Workspace) -> Iterator[Finding]:
    jobs = JobStore(workspace).all()
    damaged = [job for job in jobs if job.error and "damaged" in job.error["message"]]
    detail = f"{len(jobs):,} jobs" + (
        f", {len(damaged)} with damaged files: {', '.join(job.id for job in damaged[:5])}" if damaged else ""
    )
    fix = "Restore the files from a backup, or delete these jobs." if damaged else ""
    yield Finding("jobs", "notice" if damaged else "ok", detail, fix=fix)


_WORKSPACE_CHECKS: tuple[Callable[[Workspace], Iterator[Finding]], ...] = (
    _check_writable,
    _disk,
    _runners,
    check_webhook,
    _damaged_jobs,
)


def _memory() -> Finding:
    memory = machine.memory()
    free_gb = memory.total_gb - memory.used_gb
    is_enough = free_gb >= MIN_MEMORY_GB
    fix = "" if is_enough else "Close other programs: rendering needs about 1 GB, the tiny model 2 GB."
    detail = f"{free_gb:.1f} of {memory.total_gb:.1f} GB free"
    return Finding("memory", "ok" if is_enough else "notice", detail, fix=fix)


def _page_engine() -> Finding:
    try:
        import skia  # noqa: F401, PLC0415 - the check: are its system libraries there?
    except ImportError as error:
        fix = "apt-get install -y --no-install-recommends libegl1 libgl1"
        return Finding("page engine", "fault", str(error), fix=fix)
    return Finding("page engine", "ok", f"skia-python {version('skia-python')}")


def _tesseract() -> Finding:
    if shutil.which("tesseract"):
        return Finding("tesseract", "ok", "installed")
    fix = "apt-get install -y --no-install-recommends tesseract-ocr"
    return Finding("tesseract", "notice", "not installed; needed only for the legibility in reports", fix=fix)


def _training_libraries() -> Finding:
    missing = [name for name in TRAINING_LIBRARIES if find_spec(name) is None]
    if missing:
        fix = (
            "Needed only for training: in the checkout, .venv/bin/pip install -c "
            "constraints.txt -e '.[train]'"
        )
        return Finding("training libraries", "notice", f"not installed: {', '.join(missing)}", fix=fix)
    return Finding(
        "training libraries", "ok", ", ".join(f"{name} {_version(name)}" for name in TRAINING_LIBRARIES)
    )


def _gpu() -> Finding:
    gpus = machine.gpus()
    if gpus:
        return _found_gpus(gpus)
    if shutil.which("nvidia-smi"):
        detail = "a driver is installed, but no GPU answers"
        return Finding("GPU", "notice", detail, fix="Run nvidia-smi and follow its message.")
    fix = "Datasets and the tiny model need no GPU; DeepSeek-OCR needs a GPU with 16 GB or more."
    return Finding("GPU", "notice", "none found", fix=fix)


def _found_gpus(gpus: Sequence[Gpu]) -> Finding:
    sizes = [
        "memory not reported" if gpu.memory_total_gb is None else f"{gpu.memory_total_gb:.0f} GB"
        for gpu in gpus
    ]
    found = "; ".join(f"{gpu.name}, {size}" for gpu, size in zip(gpus, sizes, strict=True))
    # Without torch, this machine cannot train; the finding on training libraries says so.
    missing = missing_compiler_requirements() if find_spec("torch") else []
    if not missing:
        return Finding("GPU", "ok", found)
    detail = f"{found}. Training is slower than possible without {', '.join(missing)}"
    fix = "On Debian: apt-get install -y --no-install-recommends gcc libc6-dev python3-dev"
    return Finding("GPU", "notice", detail, fix=fix)


def _hub() -> Iterator[Finding]:
    try:
        settings = Settings.from_environment()
    except DeepSynthError:
        return
    for name, value, need in (
        ("HF_TOKEN", settings.hub_token, "to publish and for gated datasets"),
        ("HF_USERNAME", settings.hub_username, "to publish without naming the repository"),
    ):
        if value is None:
            yield Finding(name, "notice", f"not set; needed only {need}", fix=f"export {name}=...")
        else:
            yield Finding(name, "ok", "set")


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "unknown version"
