"""Callbacks: report progress and metrics, and stop the Trainer when the listener asks for it."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from data.progress import Progress
from evaluation.training_metrics import TrainingMetrics
from training.loop.checkpoints import checkpoint_path

_METRIC_NAMES = {
    "loss": "train_loss",
    "grad_norm": "grad_norm",
    "learning_rate": "learning_rate",
    "epoch": "epoch",
    "eval_loss": "eval_loss",
    "eval_rouge1": "rouge1",
    "eval_rouge2": "rouge2",
    "eval_rougeL": "rougeL",
    "eval_rougeLsum": "rougeLsum",
}
_BYTES_PER_GB = 1e9


class TrainingComplete(Exception):
    """An earlier process already made the last step of this training."""


class Reporter(TrainerCallback):
    """Writes metrics.json and metrics_history.json, and reports progress to the listener."""

    def __init__(
        self, progress: Progress, metrics: TrainingMetrics, samples_per_step: int, counts: Mapping[str, float]
    ) -> None:
        self._progress = progress
        self._metrics = metrics
        self._samples_per_step = samples_per_step
        self._counts = counts
        self._earlier_s = metrics.latest["total_time_s"] or 0.0
        self._start_s = self._epoch_start_s = self._logged_s = time.monotonic()
        self._logged_step = 0
        self._is_epoch_whole = True
        """Whether this process began the epoch; the duration of a resumed epoch is unknown."""

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        self._start_s = self._logged_s = time.monotonic()
        self._logged_step = state.global_step
        self._progress.advance(state.global_step, state.max_steps, "steps")

    def on_epoch_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        self._epoch_start_s = time.monotonic()
        self._is_epoch_whole = float(state.epoch or 0).is_integer()

    def on_epoch_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        if self._is_epoch_whole and float(state.epoch or 0).is_integer():
            self._record(state, {"epoch_time_s": time.monotonic() - self._epoch_start_s})

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        self._progress.advance(state.global_step, state.max_steps, "steps")
        if control.should_evaluate:
            self._progress.begin("Validating")

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: Any = None,
        **_: Any,
    ) -> None:
        values = {_METRIC_NAMES[name]: value for name, value in (logs or {}).items() if name in _METRIC_NAMES}
        if "train_loss" in values:
            values |= self._measure_throughput(state.global_step)
        if values.keys() - {"epoch"}:
            self._record(state, values)

    def on_save(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        self._metrics.flush()
        self._progress.checkpoint(
            state.global_step, checkpoint_path(Path(str(args.output_dir)), state.global_step)
        )

    def on_evaluate(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        self._progress.begin("Training")
        # The time of an evaluation does not count in the training's throughput.
        self._logged_s, self._logged_step = time.monotonic(), state.global_step

    def _record(self, state: TrainerState, values: Mapping[str, float | None]) -> None:
        total_s = self._earlier_s + time.monotonic() - self._start_s
        known: dict[str, float | None] = {
            "epoch": state.epoch,
            "total_steps": state.max_steps,
            "total_time_s": total_s,
        }
        record = {**known, **self._counts, **_gpu_memory(), **values}
        self._metrics.record(state.global_step, record)
        self._progress.metric(state.global_step, {name: self._metrics.latest[name] for name in record})

    def _measure_throughput(self, step: int) -> dict[str, float]:
        now_s = time.monotonic()
        steps_per_second = (step - self._logged_step) / max(now_s - self._logged_s, 1e-9)
        self._logged_s, self._logged_step = now_s, step
        return {
            "train_steps_per_second": steps_per_second,
            "train_samples_per_second": steps_per_second * self._samples_per_step,
        }


class StopOnRequest(TrainerCallback):
    """Decides when a training logs and stops; the same in all processes.

    It stops the training after the step in which the listener asked for it, with a checkpoint.

    An evaluation due at that step is postponed: the resumed training begins with it.
    """

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self.stopped = False
        self.evaluation_due = False
        self.is_complete = False
        """Whether an earlier process made the last step. The Trainer does not store an early stop."""

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        # The Trainer goes on with the intervals of the checkpoint, whatever its arguments are now.
        state.compute_steps(args, state.max_steps)  # type: ignore[no-untyped-call]
        if self.is_complete:
            raise TrainingComplete

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        # The last step is recorded. Each step that may become a checkpoint is too: a process that resumes
        # there then takes the mean of the loss over the same steps as one that was never stopped.
        if control.should_evaluate or control.should_save or state.global_step >= state.max_steps:
            control.should_log = True
        if state.global_step < state.max_steps and self.stop_requested(args):
            self.stopped = True
            control.should_log = control.should_save = control.should_training_stop = True
            if control.should_evaluate:
                self.postpone_evaluation(control)

    def postpone_evaluation(self, control: TrainerControl) -> None:
        """Stop now; the resumed training begins with the evaluation of this step."""
        self.stopped = self.evaluation_due = True
        control.should_evaluate, control.should_training_stop = False, True

    def stop_requested(self, args: TrainingArguments) -> bool:
        """Return whether the listener asks to stop: the same answer in all processes, though only the first
        has a listener."""
        requested = self._progress.should_stop()
        if args.world_size == 1:
            return requested
        votes = torch.tensor(int(requested), device=args.device)
        torch.distributed.all_reduce(votes)
        return bool(votes.item())


def _gpu_memory() -> dict[str, float | None]:
    if not torch.cuda.is_available():
        return {"gpu_memory_allocated_gb": None, "gpu_memory_reserved_gb": None}
    return {
        "gpu_memory_allocated_gb": torch.cuda.memory_allocated() / _BYTES_PER_GB,
        "gpu_memory_reserved_gb": torch.cuda.memory_reserved() / _BYTES_PER_GB,
    }
