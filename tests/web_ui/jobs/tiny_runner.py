"""A runner of the tiny stages: `python -m tests.web_ui.jobs.tiny_runner WORKSPACE [SAVE_ON_STOP_S]`."""

import os
import random
import sys
import time
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Self

from data.store.workspace import Workspace
from tests.web_ui.jobs.tiny_stages import STAGES_NAME
from web_ui.jobs import job, restart
from web_ui.jobs.runner import RunnerOptions, run_jobs
from web_ui.server.logs import configure_logs
from web_ui.server.serve import install_stop_handlers
from web_ui.settings import Settings

YEAR_S = 365 * 86400.0


def jump_the_clock() -> None:
    """Shift the time of day at random by up to a year at each reading, as a broken clock would."""
    chance, true_time = random.Random(0), time.time
    time.time = lambda: true_time() + chance.uniform(-YEAR_S, YEAR_S)

    class JumpingDatetime(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            return cls.fromtimestamp(time.time(), tz)

    job.datetime = JumpingDatetime


if __name__ == "__main__":
    configure_logs()
    if os.environ.get("TINY_RUNNER_CLOCK") == "jumping":
        jump_the_clock()
    save_on_stop_s = float(sys.argv[2]) if len(sys.argv) > 2 else 0.0
    restart.RESTART_DELAYS_S = (0.0,) * len(restart.RESTART_DELAYS_S)
    options = RunnerOptions(
        devices=(None, None),
        stages=STAGES_NAME,
        cancel_grace_s=0.5,
        poll_s=0.05,
        save_on_stop_s=save_on_stop_s,
        webhook=Settings.from_environment().webhook,
    )
    run_jobs(Workspace.create(Path(sys.argv[1])), "cpu", install_stop_handlers(), options)
