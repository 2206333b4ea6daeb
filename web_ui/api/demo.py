"""The demo: a recipe that shows the whole way in a few minutes, without network and without a GPU. 6,000
short news items of ours become small page images, and a tiny DeepSeek-OCR learns to summarise them."""

from typing import Any, Final

from data.config import Config, DatasetConfig
from data.validation import parse_config
from web_ui.api.presets import training_from_preset
from web_ui.api.service import Service
from web_ui.api.submission import queue_job
from web_ui.jobs.job import Job

DATASET: Final[dict[str, Any]] = {
    "name": "demo_news",
    "source": {"kind": "sample", "length": "brief"},
    "max_samples": 6000,
    "rendering": {"mode": "micro"},
}
TRAINING: Final[dict[str, Any]] = {
    "preset": "quick_test",
    "dataset": DATASET["name"],
    "model": "tiny",
    "output": "demo_model",
    "max_steps": 400,
    "max_length": 64,
    "per_device_train_batch_size": 16,
    "per_device_eval_batch_size": 64,
    "gradient_accumulation_steps": 1,
    "warmup_ratio": 0.05,
    "eval_steps": 50,
    "save_steps": 100,
    "max_eval_samples": 128,
    "num_eval_samples": 32,
    "num_test_samples": 100,
}


def queue_demo(service: Service) -> tuple[Job, Job]:
    """Queue the demo's dataset, and its training to start after it. Returns the jobs; those of the demo that
    have not ended yet are returned as they are."""
    dataset = _queue_once(service, "dataset", parse_config(DatasetConfig, DATASET))
    return dataset, _queue_once(service, "training", training_from_preset(TRAINING), (dataset.id,))


def _queue_once(service: Service, kind: str, config: Config, after: tuple[str, ...] = ()) -> Job:
    values = config.model_dump(mode="json")
    unfinished = (job for job in service.jobs.unfinished() if (job.kind, job.config) == (kind, values))
    return next(unfinished, None) or queue_job(service, kind, config, after)
