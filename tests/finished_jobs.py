"""Trainings and evaluations that have ended, with real scores of given texts, as the stages and the worker
write them."""

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from data.config import Config, DatasetConfig
from data.dataset.manifest import MANIFEST
from data.dataset.shards import read_texts
from data.generate import generate
from data.progress import Silent
from data.store.events import EVENTS, EventLog
from data.store.files import file_sha256, write_json
from data.store.workspace import Workspace
from evaluation.evaluate import evaluate
from evaluation.report import Subject, write_report
from training.options.config import TrainingConfig
from training.options.decoding_config import EvaluationConfig
from training.options.run_folder import CONFIG, EVALUATION_CONFIG, PREDICTIONS, RUN
from web_ui.jobs.job import OUTCOME, STATE, Job, JobState, Outcome, State
from web_ui.jobs.store import JobStore

RUN_S = 61.0


def make_brief_dataset(workspace: Workspace, name: str, num_samples: int) -> Path:
    """Make a dataset of micro pages of brief sample documents, and return its folder."""
    config = {
        "name": name,
        "source": {"kind": "sample", "length": "brief"},
        "rendering": {"mode": "micro"},
        "max_samples": num_samples,
        "num_workers": 1,
    }
    return generate(DatasetConfig.model_validate(config), workspace, Silent()).folder


def finish_training(workspace: Workspace, texts: Sequence[str], split: str = "test", **values: Any) -> Job:
    """Write a finished training whose model wrote these texts for the first samples of a split."""
    config = TrainingConfig.model_validate(values)
    folder = workspace.model(config.output)
    folder.mkdir(parents=True)
    write_json(folder / RUN, {"run": "digest", "phase": "finished"})
    return _finish(workspace, "training", config, texts, split, folder.name)


def finish_evaluation(workspace: Workspace, name: str, texts: Sequence[str], **values: Any) -> Job:
    """Write a finished evaluation of a model that wrote these texts for the first samples of its split."""
    config = EvaluationConfig.model_validate(values)
    workspace.evaluation(name).mkdir(parents=True)
    return _finish(workspace, "evaluation", config, texts, config.split, name)


def _finish(workspace: Workspace, kind: str, config: Any, texts: Sequence[str], split: str, name: str) -> Job:
    is_training = kind == "training"
    folder = workspace.model(name) if is_training else workspace.evaluation(name)
    dataset = workspace.dataset(config.dataset)
    rows = [row for row, _ in zip(read_texts(dataset, split), texts, strict=False)]
    lines = [
        {
            "document_id": row["document_id"],
            "prediction": text,
            "reference": row["summary"],
            "num_tokens": len(text.split()),
            "cut": False,
            "looping": False,
        }
        for row, text in zip(rows, texts, strict=True)
    ]
    (folder / PREDICTIONS).write_text("".join(json.dumps(line) + "\n" for line in lines))
    values = {**config.model_dump(mode="json"), "dataset_fingerprint": file_sha256(dataset / MANIFEST)}
    write_json(folder / (CONFIG if is_training else EVALUATION_CONFIG), values)
    subject = Subject(
        model=config.output if is_training else config.model, dataset=config.dataset, split=split
    )
    references = [row["summary"] for row in rows]
    page_tokens = [row["page_text_tokens"] for row in rows]
    report = evaluate(subject, texts, references, [row["text"] for row in rows], page_tokens=page_tokens)
    write_report(folder, report)
    metrics = {"train_loss": 0.75, "eval_loss": 0.875, "rougeL": 0.25, "step": 300}
    result = {
        "folder": workspace.portable(folder),
        "split": split,
        "table": report.table_rows(),
        "intervals": report.intervals(),
        "differences": report.difference_rows(),
        "measures": report.measure_rows(),
        "num_samples": report.rouge.num_samples,
        **({"metrics": metrics} if is_training else {}),
    }
    return finish_job(workspace, kind, config, result)


def finish_job(workspace: Workspace, kind: str, config: Config, result: dict[str, Any]) -> Job:
    """Write a job that succeeded with this result."""
    job = JobStore(workspace).create(kind, config)
    folder = workspace.jobs / job.id
    outcome = Outcome(attempt=1, status="succeeded", ended=job.created, result=result)
    write_json(folder / OUTCOME, outcome.model_dump(mode="json"))
    state = JobState(state=State.SUCCEEDED, attempts=1, started=job.created, ended=job.created, run_s=RUN_S)
    write_json(folder / STATE, state.model_dump(mode="json"))
    return job


def write_loss(
    workspace: Workspace, job: Job, num_steps: int = 300, every: int = 10, rate: float = 0.01
) -> None:
    """Write the falling loss of a training into its event log."""
    log = EventLog(workspace.jobs / job.id / EVENTS)
    for step in range(every, num_steps + 1, every):
        values = {"train_loss": 3 * math.exp(-step * rate), "learning_rate": rate}
        log.append("metric", step=step, values=values)
    log.close()
