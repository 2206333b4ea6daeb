"""The configuration with which a job that has ended is run again: the same, with an output of its own."""

import re
from itertools import count
from pkgutil import resolve_name
from typing import Any

from data.config import Config
from data.errors import Conflict
from data.validation import parse_config
from web_ui.api.service import Service
from web_ui.jobs.job import ENDED_STATES, Job
from web_ui.jobs.stages import STAGES, Stage


def rerun_config(job: Job, service: Service) -> Config:
    """Return the configuration for running a job again.

    Raises:
        Conflict: the job has not ended.
        InvalidInput: this version does not accept a value of its configuration any more.
    """
    if job.state not in ENDED_STATES:
        raise Conflict(
            f"Job {job.id} has not ended.", hint="Cancel it first, or resume it: it continues where it was."
        )
    stage = STAGES[job.kind]
    config: Config = parse_config(resolve_name(stage.config), {**job.config, **_output(job, stage, service)})
    return config


def _output(job: Job, stage: Stage, service: Service) -> dict[str, Any]:
    if stage.default_output is not None:
        return {stage.output_setting: None}  # the new job's own
    if stage.makes is None:
        return {}  # a learning-rate search replaces its curve
    name = job.configured_name(stage.output_setting)
    find_folder = service.workspace.dataset if stage.makes == "dataset" else service.workspace.model
    planned = {other.made_folder for other in service.jobs.unfinished()}
    base = re.sub(r"-\d+$", "", name)[:90]
    names = (f"{base}-{number}" for number in count(2))
    free = (each for each in names if (stage.makes, each) not in planned and not find_folder(each).exists())
    return {stage.output_setting: next(free)}
