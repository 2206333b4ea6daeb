"""The kinds of jobs: one row each. Everything that imports much is named as text and imported where it is
needed, so that web server and runner stay light."""

import gc
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final, Literal

Role = Literal["cpu", "gpu"]
STAGES_NAME: Final = "web_ui.jobs.stages:STAGES"
RESULT_PATHS: Final = ("folder", "path", "rejected_path")
"""Keys of a result that name where the job wrote. A job's files hold them relative to the workspace."""


@dataclass(frozen=True, slots=True)
class JobEndpoint:
    """The address that queues a kind of job, with its `operationId` and summary in the OpenAPI document."""

    address: str
    operation: str
    summary: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One kind of job. Objects in other modules are named as `module:name`."""

    config: str
    """Its configuration class."""
    function: str
    """The function that does the work: (configuration, workspace, progress) -> result."""
    role: Role
    """The runners that take its jobs."""
    title: str
    """Title of a job, formatted with its configuration."""
    label: str
    plural: str
    endpoint: JobEndpoint | None = None
    build: str | None = None
    """Function that makes the configuration of a request's values. None: the values are the configuration."""
    check: str | None = None
    """Function that refuses a configuration before a job is created: (configuration, workspace, folders that
    earlier jobs are still to make)."""
    scores: bool = False
    """Whether its folder holds the report of a model, on which there is a verdict."""
    rate_metric: str | None = None
    """Prometheus gauge of a running job's rate."""
    makes: Literal["dataset", "model"] | None = None
    """The folder that the job writes, named by `output_setting`. None: its result says where it wrote."""
    stored_in: str | None = None
    """Folder of the workspace that holds its result, under the name in `output_setting`. None: none does."""
    output_setting: str = "output"
    holds_device: bool = False
    """Whether its jobs keep their device until somebody stops them. False: their work ends by itself."""
    shares_devices: bool = False
    """Whether its configuration says how many devices share a job (`num_gpus`). False: a job has one."""
    is_resumable: bool = True
    """Whether a stopped run continues where it was. False: it begins again."""
    default_output: str | None = None
    """Output of a job whose configuration names none, formatted with the job's id: no job overwrites the
    output of another."""

    def num_devices(self, config: Mapping[str, Any], num_slots: int) -> int:
        """Return how many of a runner's devices a job takes; more than there are where it asks for more."""
        wanted = config.get("num_gpus", 1) if self.shares_devices else 1
        return wanted or num_slots

    def with_output(self, values: Mapping[str, Any], job_id: str) -> Mapping[str, Any]:
        """Return a job's configuration with its output filled in."""
        if self.default_output is None or values.get(self.output_setting) is not None:
            return values
        return {**values, self.output_setting: self.default_output.format(id=job_id)}


STAGES: Final[Mapping[str, Stage]] = {
    "dataset": Stage(
        config="data.config:DatasetConfig",
        function="data.generate:generate",
        role="cpu",
        title="{name}",
        label="Dataset",
        plural="Datasets",
        endpoint=JobEndpoint("/api/dataset/generate", "generate_dataset", "Queue the making of a dataset."),
        check="web_ui.api.checks:check_dataset",
        rate_metric="deepsynth_render_rate",
        makes="dataset",
        stored_in="datasets",
        output_setting="name",
    ),
    "training": Stage(
        config="training.options.config:TrainingConfig",
        function="training.train:train",
        role="gpu",
        title="{output}",
        label="Training",
        plural="Trainings",
        endpoint=JobEndpoint("/api/model/train", "train_model", "Queue a training."),
        build="web_ui.api.presets:training_from_preset",
        check="web_ui.api.checks:check_training",
        shares_devices=True,
        scores=True,
        rate_metric="deepsynth_training_rate",
        makes="model",
        stored_in="models",
    ),
    "evaluation": Stage(
        config="training.options.decoding_config:EvaluationConfig",
        function="training.evaluate:evaluate_model",
        role="gpu",
        title="{model} on {dataset} {split}",
        label="Evaluation",
        plural="Evaluations",
        endpoint=JobEndpoint(
            "/api/model/evaluate", "evaluate_model", "Queue the scoring of a model on a split of a dataset."
        ),
        check="web_ui.api.checks:check_evaluation",
        shares_devices=True,
        scores=True,
        stored_in="evaluations",
        default_output="{id}",
    ),
    "prediction": Stage(
        config="training.options.decoding_config:PredictionConfig",
        function="training.predict:predict",
        role="gpu",
        title="summaries by {model}",
        label="Prediction",
        plural="Predictions",
        endpoint=JobEndpoint(
            "/api/model/predict", "predict", "Queue summaries of pictures, PDFs, text files or a dataset."
        ),
        check="web_ui.api.checks:check_prediction",
        shares_devices=True,
        stored_in="predictions",
        default_output="{id}.jsonl",
    ),
    "reading_check": Stage(
        config="training.options.reading_config:ReadingCheckConfig",
        function="training.check_reading:check_reading",
        role="gpu",
        title="{model} reads {dataset} {split}",
        label="Reading check",
        plural="Reading checks",
        endpoint=JobEndpoint(
            "/api/model/read-check",
            "check_reading",
            "Queue a check whether a model reads the pages of a dataset.",
        ),
        check="web_ui.api.checks:check_reading_check",
        stored_in="reading_checks",
        default_output="{id}",
    ),
    "warm_model": Stage(
        config="training.options.warm_config:WarmModelConfig",
        function="training.keep_warm:keep_warm",
        role="gpu",
        title="{model} (warm)",
        label="Warm model",
        plural="Warm models",
        endpoint=JobEndpoint(
            "/api/model/warm", "warm_model", "Load a model, and keep it ready for requests."
        ),
        check="web_ui.api.checks:check_warm_model",
        holds_device=True,
        output_setting="socket_folder",
        default_output="{id}",
    ),
    "find_lr": Stage(
        config="training.options.config:FindLrConfig",
        function="training.find_lr:find_lr",
        role="gpu",
        title="{output}",
        label="Learning-rate search",
        plural="Learning-rate searches",
        endpoint=JobEndpoint(
            "/api/model/find-lr", "find_learning_rate", "Queue a search for a good learning rate."
        ),
        build="web_ui.api.presets:find_lr_from_preset",
        check="web_ui.api.checks:check_find_lr",
        stored_in="learning_rates",
        is_resumable=False,
    ),
    "publish_dataset": Stage(
        config="data.config:PublishDatasetConfig",
        function="data.publish:publish_dataset",
        role="cpu",
        title="{dataset} to the Hub",
        label="Publication of a dataset",
        plural="Publications of datasets",
        endpoint=JobEndpoint(
            "/api/dataset/publish", "publish_dataset", "Queue the publication of a finished dataset."
        ),
        check="web_ui.api.checks:check_publish_dataset",
    ),
    "publish_model": Stage(
        config="training.options.publish_config:PublishModelConfig",
        function="training.publish:publish_model",
        role="gpu",
        title="{model} to the Hub",
        label="Publication of a model",
        plural="Publications of models",
        endpoint=JobEndpoint(
            "/api/model/publish", "publish_model", "Queue the publication of a finished model."
        ),
        check="web_ui.api.checks:check_publish_model",
    ),
}


def resolve(name: str) -> Any:
    """Import the object that `module:name` names.

    The garbage collector is off during the import, and the imported objects are frozen (gc.freeze): torch and
    its libraries make a million objects that all stay, and searching them for garbage again and again takes a
    quarter of the start of a training.
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
