"""A runner of the tiny stages as its own process: `python -m tests.web_ui.jobs.tiny_runner WORKSPACE [SAVE_ON_STOP_S]`."""

import sys
from pathlib import Path

from data.store.workspace import Workspace
from tests.web_ui.jobs.tiny_stages import STAGES_NAME
from web_ui.jobs.runner import RunnerOptions, run_jobs
from web_ui.logs import configure_logs
from web_ui.serve import stop_on_signals

if __name__ == "__main__":
    configure_logs()
    save_on_stop_s = float(sys.argv[2]) if len(sys.argv) > 2 else 0.0
    options = RunnerOptions((None, None), STAGES_NAME, cancel_grace_s=0.5, poll_s=0.05, save_on_stop_s=save_on_stop_s)
    run_jobs(Workspace.create(Path(sys.argv[1])), "cpu", stop_on_signals(), options)
