"""Which stage a kind of job runs, by dotted name: resolved in the worker only, so that web server and runner
stay light."""

import gc
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Literal

Role = Literal["cpu", "gpu"]
STAGES_NAME = "web_ui.jobs.stages:STAGES"


@dataclass(frozen=True, slots=True)
class Stage:
    """One kind of job: its configuration class and its function as `module:name`, and who may run it.

    `title` names what the job makes, from its configuration. `default_output` is the output of a job whose
    configuration names none, from the job's id: no job writes over what another has made.
    """

    config: str
    function: str
    role: Role
    title: str
    default_output: str | None = None

    def with_output(self, values: Mapping[str, Any], job_id: str) -> Mapping[str, Any]:
        """Return what the stage of a job is told."""
        if self.default_output is None or values.get("output") is not None:
            return values
        return {**values, "output": self.default_output.format(id=job_id)}


STAGES: Mapping[str, Stage] = {
    "dataset": Stage("data.config:DatasetConfig", "data.generate:generate", "cpu", "{name}"),
    "training": Stage("training.options.config:TrainingConfig", "training.train:train", "gpu", "{output}"),
    "evaluation": Stage(
        "training.options.config:EvaluationConfig",
        "training.evaluate:evaluate_model",
        "gpu",
        "{model} on {dataset} {split}",
        "{id}",
    ),
    "prediction": Stage(
        "training.options.config:PredictionConfig",
        "training.predict:predict",
        "gpu",
        "summaries by {model}",
        "{id}.jsonl",
    ),
    "find_lr": Stage("training.options.config:FindLrConfig", "training.find_lr:find_lr", "gpu", "{output}"),
}


def resolve(name: str) -> Any:
    """Import the object that `module:name` names.

    No garbage is looked for meanwhile nor, later, among what was imported: torch and its kind make a million
    objects that all stay, and going through them again and again takes a quarter of the start of a training.
    """
    module, _, attribute = name.partition(":")
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        return getattr(import_module(module), attribute)
    finally:
        gc.freeze()
        if was_enabled:
            gc.enable()
