"""Jobs in every state, written as the runner and the workers write them, for looking at."""

import math
from pathlib import Path
from typing import Any

from data.config import DatasetConfig
from data.store.events import EVENTS, EventLog
from data.store.files import write_json
from data.store.workspace import Workspace
from evaluation.report import Subject, write_report
from evaluation.training_metrics import TrainingMetrics
from tests.evaluation.reports import HIGHER, OVERLAPPING, make_report
from training.options.config import FindLrConfig, TrainingConfig
from training.options.decoding_config import EvaluationConfig
from training.options.run_folder import EVALUATION_CONFIG
from web_ui.jobs.job import CONTROL, LOG, OUTCOME, STATE, Control, Job, JobState, Outcome, State
from web_ui.jobs.store import JobStore

HOSTILE = "<img src=x onerror=document.title='owned'>"
NUM_STEPS = 300


def fill_workspace(root: Path, model: str = HOSTILE, message: str = HOSTILE, hint: str = HOSTILE) -> None:
    """Make a workspace with a job of each state and two finished trainings.

    Args:
        root: of the workspace.
        model: whose evaluation failed.
        message: why.
        hint: what to do about it.
    """
    workspace = Workspace.create(root)
    store = JobStore(workspace)
    done = store.create("dataset", _dataset("articles"))
    _set_state(
        workspace,
        done,
        State.SUCCEEDED,
        result={
            "dataset": "articles",
            "num_kept": 1980,
            "num_pages": 2200,
            "size_bytes": 181_234_567,
            "losses": [_loss("rejected", 1, {"the line is not JSON": 1}), _loss("merged", 0, {})],
        },
    )
    _write_progress(workspace, done, 2000, 2000, "samples")
    running = store.create("dataset", _dataset("running-dataset"))
    _set_state(workspace, running, State.INTERRUPTED)
    _write_progress(workspace, running, 900, 2000, "samples")
    for name, learning_rate in (("slow", 5e-5), ("fast", 3e-4)):
        training = store.create(
            "training", TrainingConfig(dataset="articles", output=name, learning_rate=learning_rate)
        )
        _set_state(
            workspace,
            training,
            State.SUCCEEDED,
            result={"folder": name, "table": [{"name": "tiny", "rougeL": 0.5}]},
        )
        _write_curves(workspace, training, learning_rate)
    paused = store.create("training", TrainingConfig(dataset="articles", output="paused-training"))
    _set_state(workspace, paused, State.PAUSED)
    write_json(
        workspace.jobs / paused.id / CONTROL,
        Control(desired="pause", request_id="1", time=paused.created).model_dump(mode="json"),
    )
    _write_progress(workspace, paused, 150, 600, "steps")
    _finish_evaluation(workspace, store, f"lab/{model}")
    failed = store.create("evaluation", EvaluationConfig(model=model, dataset="articles"))
    _set_state(
        workspace,
        failed,
        State.FAILED,
        error={"code": "model_failed", "message": message, "hint": hint, "fields": {}},
    )
    (workspace.jobs / failed.id / LOG).write_text(f"loading\n{message}\nlast line of the log\n")
    store.create("dataset", _dataset("waiting"))
    _finish_search(workspace, store)


def _loss(kind: str, num_rows: int, reasons: dict[str, int]) -> dict[str, Any]:
    share = num_rows / 2000
    return {
        "kind": kind,
        "num_rows": num_rows,
        "num_of": 2000,
        "share": share,
        "is_warning": False,
        "reasons": reasons,
        "text": "",
    }


def _finish_evaluation(workspace: Workspace, store: JobStore, model: str) -> None:
    """Write an evaluation whose model scores worse than copying, beside a text model."""
    config = EvaluationConfig(model=model, dataset="articles", text_model=f"text-{model}")
    folder = workspace.evaluations / "judged"
    folder.mkdir()
    write_json(folder / EVALUATION_CONFIG, config.model_dump(mode="json"))
    subject = Subject(model=model, dataset="articles", split="test")
    others = {f"{config.text_model} on cut text": OVERLAPPING}
    report = make_report(lead_3=HIGHER, subject=subject, others=others, num_samples=40, num_looping=9)
    write_report(folder, report)
    done = store.create("evaluation", config)
    result = {
        "folder": workspace.portable(folder),
        "split": "test",
        "table": report.table_rows(),
        "intervals": report.intervals(),
        "differences": report.difference_rows(),
        "measures": report.measure_rows(),
    }
    _set_state(workspace, done, State.SUCCEEDED, result=result)


def _finish_search(workspace: Workspace, store: JobStore) -> None:
    """Write a search for a learning rate whose loss falls at 1e-4."""
    search = store.create("find_lr", FindLrConfig(dataset="articles", output="rates"))
    log = EventLog(workspace.jobs / search.id / EVENTS)
    rates = [10 ** (-7 + step / 10) for step in range(51)]
    for step, rate in enumerate(rates, start=1):
        loss = 4 / (1 + rate / 1e-4)
        values = {"learning_rate": rate, "train_loss": loss, "smoothed_loss": loss}
        log.append("metric", step=step, values=values)
    log.close()
    _set_state(workspace, search, State.SUCCEEDED, result={"folder": "rates", "suggestion": 1e-4})


def _dataset(name: str) -> DatasetConfig:
    return DatasetConfig.model_validate({"name": name, "source": {"kind": "sample"}, "max_samples": 2000})


def _set_state(
    workspace: Workspace,
    job: Job,
    state: State,
    result: dict[str, Any] | None = None,
    error: dict[str, Any] | None = None,
) -> None:
    folder, time = workspace.jobs / job.id, job.created
    has_ended = state in (State.SUCCEEDED, State.FAILED)
    run = JobState(state=state, attempts=1, started=time, ended=time if has_ended else None, run_s=61)
    write_json(folder / STATE, run.model_dump(mode="json"))
    if has_ended:
        status = "succeeded" if state == State.SUCCEEDED else "failed"
        outcome = Outcome(attempt=1, status=status, ended=time, result=result, error=error)
        write_json(folder / OUTCOME, outcome.model_dump(mode="json"))


def _write_progress(workspace: Workspace, job: Job, done: int, total: int, unit: str) -> None:
    log = EventLog(workspace.jobs / job.id / EVENTS)
    log.append(
        "progress",
        done=done,
        total=total,
        unit=unit,
        counts={"kept": done},
        rate=12.5,
        eta_s=(total - done) / 12.5,
    )
    log.close()


def _write_curves(workspace: Workspace, job: Job, learning_rate: float) -> None:
    folder = workspace.model(str(job.config["output"]))
    folder.mkdir(parents=True)
    metrics = TrainingMetrics(folder)
    log = EventLog(workspace.jobs / job.id / EVENTS)
    for step in range(10, NUM_STEPS + 1, 10):
        values: dict[str, float | None] = {
            "train_loss": 3 * math.exp(-step * learning_rate * 40),
            "learning_rate": learning_rate * (1 - step / 400),
        }
        if step % 100 == 0:
            values |= {
                "eval_loss": 3.1 * math.exp(-step * learning_rate * 36),
                "rougeL": step * learning_rate * 5,
            }
        metrics.record(step, values)
        log.append("metric", step=step, values=values)
    metrics.flush()
    log.append("progress", done=NUM_STEPS, total=NUM_STEPS, unit="steps", counts={}, rate=2.0, eta_s=0)
    log.close()
