"""`deepsynth serve`: web server and runner side by side, each restarted when it ends. Jobs outlive both."""

import ctypes
import logging
import os
import signal
import socket
import subprocess
import sys
from argparse import Namespace
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from time import monotonic

from data.errors import Unavailable
from data.store.workspace import Workspace
from web_ui.jobs.devices import role_devices
from web_ui.jobs.runner import RunnerOptions, run_jobs
from web_ui.jobs.stages import Role
from web_ui.server.logs import configure_logs
from web_ui.settings import Settings, check_exposure

LOGGER = logging.getLogger("deepsynth.serve")
NUM_THREADS = 8
MAX_CHATS = 64
"""Requests to warm models at the same time; each holds a thread of the web server until its answer ends."""
POLL_S = 0.2
CONTAINER_STOP_S: dict[Role, float] = {"cpu": 30.0, "gpu": 180.0}
"""Seconds from SIGTERM to SIGKILL in the compose files (stop_grace_period). A full-size checkpoint has
gigabytes."""
SAVE_S = {role: time_s - 15.0 for role, time_s in CONTAINER_STOP_S.items()}
"""Seconds for running jobs to save."""
STOP_GRACE_S = {role: time_s - 10.0 for role, time_s in CONTAINER_STOP_S.items()}
"""Seconds for web server and runner to end: longer than for the jobs, shorter than for the container."""
HEALTHY_AFTER_S = 10.0
RESTART_DELAYS_S = (0.5, 1.0, 2.0, 5.0, 10.0)
PR_SET_PDEATHSIG = 1


def serve(options: Namespace) -> int:
    """Serve until SIGTERM or Ctrl-C.

    Raises:
        InvalidInput: a setting is wrong, or other machines could reach the service without a token.
        Unavailable: the port is in use.
    """
    settings = _settings(options)
    check_exposure(settings)
    workspace = Workspace.create(settings.workspace)
    _check_port(settings.host, settings.port)
    configure_logs()
    stop = install_stop_handlers()
    children = [
        SupervisedProcess(name="web", command=_web_command(settings)),
        SupervisedProcess(name="runner", command=_runner_command(settings, options)),
    ]
    environment = os.environ | {
        "DEEPSYNTH_WORKSPACE": str(workspace.root),
        "DEEPSYNTH_ROLE": settings.role,
        "DEEPSYNTH_HOST": settings.host,
        "DEEPSYNTH_PORT": str(settings.port),
    }
    values = {"url": f"http://{settings.host}:{settings.port}", "workspace": str(workspace.root)}
    LOGGER.info("serving", extra={"values": values})
    _supervise(children, environment, stop, STOP_GRACE_S[settings.role])
    return 0


def run_jobs_command(options: Namespace) -> int:
    """Run the jobs of one role until SIGTERM or Ctrl-C; see `run_jobs`. With --save-jobs-on-stop the workers
    save and end."""
    settings = _settings(options)
    configure_logs()
    runner = RunnerOptions(
        devices=role_devices(settings.role),
        save_on_stop_s=SAVE_S[settings.role] if options.save_jobs_on_stop else 0.0,
        webhook=settings.webhook,
    )
    run_jobs(Workspace.create(settings.workspace), settings.role, install_stop_handlers(), runner)
    return 0


def install_stop_handlers() -> Event:
    """Return an event that SIGTERM and SIGINT set."""
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


@dataclass(slots=True, kw_only=True)
class SupervisedProcess:
    """A process that is restarted when it ends, with a longer delay after each quick exit.

    Times are in seconds of the monotonic clock.
    """

    name: str
    command: list[str]
    process: "subprocess.Popen[bytes] | None" = None
    num_quick_exits: int = 0
    started_s: float = field(default=float("-inf"))
    restart_at_s: float = field(default=float("-inf"))

    def keep_alive(self, environment: dict[str, str]) -> None:
        """Start the process if it does not run and the delay of its restart is over."""
        if self.process and self.process.poll() is not None:
            self._schedule_restart(self.process.returncode)
        if self.process is None and monotonic() >= self.restart_at_s:
            self.started_s = monotonic()
            self.process = subprocess.Popen(self.command, env=environment, preexec_fn=_terminate_with_parent)  # noqa: PLW1509 - one thread

    def terminate(self) -> None:
        if self.process:
            self.process.terminate()

    def wait(self, grace_s: float) -> None:
        """Wait for the process to end; kill it after `grace_s`."""
        if self.process:
            try:
                self.process.wait(grace_s)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def _schedule_restart(self, exit_code: int) -> None:
        is_quick = monotonic() - self.started_s < HEALTHY_AFTER_S
        self.num_quick_exits = self.num_quick_exits + 1 if is_quick else 0
        delay_s = RESTART_DELAYS_S[min(self.num_quick_exits, len(RESTART_DELAYS_S) - 1)]
        LOGGER.error(
            "%s ended; it is started again",
            self.name,
            extra={"values": {"exit_code": exit_code, "delay_s": delay_s}},
        )
        self.process, self.restart_at_s = None, monotonic() + delay_s


def _supervise(
    children: list[SupervisedProcess], environment: dict[str, str], stop: Event, grace_s: float
) -> None:
    """Keep the processes alive until `stop` is set, then end them."""
    while not stop.is_set():
        for child in children:
            child.keep_alive(environment)
        stop.wait(POLL_S)
    for child in children:
        child.terminate()
    for child in children:
        child.wait(grace_s)


def _settings(options: Namespace) -> Settings:
    given = {
        "DEEPSYNTH_WORKSPACE": options.workspace,
        "DEEPSYNTH_ROLE": options.role,
        "DEEPSYNTH_HOST": getattr(options, "host", None),
        "DEEPSYNTH_PORT": getattr(options, "port", None),
    }
    return Settings.from_environment(
        os.environ | {name: str(value) for name, value in given.items() if value is not None}
    )


def _web_command(settings: Settings) -> list[str]:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    shared_memory = Path("/dev/shm")  # noqa: S108 - gunicorn makes an unguessable file there for its heartbeat
    num_threads = NUM_THREADS + (MAX_CHATS if settings.role == "gpu" else 0)
    heartbeat = ["--worker-tmp-dir", str(shared_memory)] if shared_memory.is_dir() else []
    return [
        sys.executable, "-m", "gunicorn", "--worker-class", "web_ui.server.web_worker.SlowClientWorker",
        "--workers", "1", "--threads", str(num_threads), "--bind", f"{host}:{settings.port}",
        "--timeout", "120", "--graceful-timeout", "10", *_forwarding(os.environ),
        "--no-control-socket", "--log-level", "warning", *heartbeat, "web_ui.app:create_app()",
    ]  # fmt: skip


def _forwarding(environment: Mapping[str, str]) -> list[str]:
    """Return the option by which gunicorn ignores the headers SCRIPT_NAME and PATH_INFO.

    gunicorn takes both from this machine, so that a proxy can serve the application below a prefix. Without a
    proxy (FORWARDED_ALLOW_IPS), any client here could move the service's addresses.
    """
    return [] if environment.get("FORWARDED_ALLOW_IPS") else ["--forwarder-headers", ""]


def _runner_command(settings: Settings, options: Namespace) -> list[str]:
    save = ["--save-jobs-on-stop"] if options.save_jobs_on_stop else []
    command = [sys.executable, "-m", "web_ui.cli", "run-jobs", "--role", settings.role]
    return [*command, "--workspace", str(settings.workspace), *save]


def _check_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host.strip("[]"), port))
        except OSError as error:
            reason = error.strerror or str(error)
            raise Unavailable(
                f"Cannot listen on {host}:{port}: {reason}.",
                hint="Stop the program that uses the port, or choose another with --port.",
            ) from error


def _terminate_with_parent() -> None:
    """Ask the kernel to terminate the child when this process is killed, so that the next start finds the
    port free."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
