"""Our Trainer: atomic checkpoints of trained weights, a stop at the first non-finite loss, ROUGE of generated
summaries at each evaluation."""

import math
from collections.abc import Iterable
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import torch
from accelerate.data_loader import SeedableRandomSampler
from accelerate.utils import gather_object
from safetensors import SafetensorError
from torch import nn
from torch.utils.data import DataLoader, Dataset, Sampler
from transformers import PreTrainedModel, Trainer
from transformers.trainer_callback import ExportableState
from transformers.trainer_utils import EvalLoopOutput

from data.errors import StorageError, TrainingError, cause
from training.inputs.collate import NON_MODEL_KEYS, Batch, Collator
from training.inputs.dataset import PageDataset, PageSample
from training.inputs.fillers import FILLER, FilledSampler
from training.inputs.length_groups import LengthGroupSampler
from training.inputs.tokens import IGNORED
from training.loop import checkpoints
from training.loop.balance_loss import balance_loss
from training.loop.callbacks import StopOnRequest, TrainingComplete
from training.loop.checkpoints import Checkpoint
from training.loop.out_of_memory import marking_evaluation_errors
from training.loop.validation import GenerationScores, build_eval_dataloader, mean_token_loss
from training.models.provenance import read_provenance
from training.models.trained_weights import load_trained_weights, save_trained_weights
from training.options.trained_info import TrainedWeightsInfo

STATE = "trainer_state.json"
EVALUATION_DUE = "evaluation_due"
"""File in a checkpoint whose step is not evaluated yet."""
TRAINING_OVER = "training_over"
"""File in the checkpoint of the last step of a training."""
_WRITE_ERROR_MESSAGES = ("PytorchStreamWriter", "inline_container", "iostream error")
"""Texts in the RuntimeError that torch raises if it cannot write a file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointPolicy:
    """Where a training writes checkpoints, and how many it keeps."""

    folder: Path
    run: str
    """Digest of everything that decides the training."""
    limit: int
    """As in `checkpoints.prune`."""
    base: TrainedWeightsInfo
    """The model that the trained weights extend."""


class EvaluationInterrupted(Exception):
    """The listener asked to stop in the middle of an evaluation."""


class PageTrainer(Trainer):
    """The Trainer of page datasets."""

    def __init__(
        self,
        *,
        checkpoint_policy: CheckpointPolicy,
        generation_scores: GenerationScores,
        group_by_length: bool,
        stop: StopOnRequest,
        router_aux_loss_coef: float | None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self._checkpoint_policy = checkpoint_policy
        self._generation_scores = generation_scores
        self._group_by_length = group_by_length
        self._order: LengthGroupSampler | SeedableRandomSampler | None = None
        """Our order of the samples in the current epoch; None: the library's own."""
        self._stop = stop
        self._router_aux_loss_coef = router_aux_loss_coef
        """Factor of the balance loss; None: no balance loss."""
        self._collator: Collator = options["data_collator"]
        self._micro_batches: list[tuple[torch.Tensor, list[str]]] = []
        """Loss and document ids of each micro-batch of the current step."""
        self._eval_batches: DataLoader[Batch] | None = None
        self._good_step = 0
        """Step of the newest good checkpoint; 0: none."""

    def train_from(self, start: Checkpoint | None) -> None:
        """Train to the end from a verified checkpoint, or from the beginning.

        Raises:
            EvaluationInterrupted: the listener asked to stop in an evaluation that was postponed before.
            DeepSynthError: the training cannot continue.
        """
        self._good_step = start.step if start else 0
        self.args.eval_on_start = start is not None and (start.path / EVALUATION_DUE).exists()
        self._stop.is_complete = start is not None and (start.path / TRAINING_OVER).exists()
        with suppress(TrainingComplete):
            self.train(resume_from_checkpoint=str(start.path) if start else None)

    @property
    def plain_model(self) -> PreTrainedModel:
        """The model itself, without wrappers for processes or devices."""
        return cast(PreTrainedModel, self.model)

    # Data

    def _get_train_sampler(self, train_dataset: Dataset[Any] | None = None) -> Sampler[Any] | None:
        dataset = cast(PageDataset, train_dataset or self.train_dataset)
        samples_per_batch = self.args.train_batch_size * self.args.world_size
        if self._group_by_length:
            page_tokens = self._collator.token_layout.num_page_tokens
            samples_per_step = samples_per_batch * self.args.gradient_accumulation_steps
            self._order = LengthGroupSampler.of(dataset, page_tokens, samples_per_step, self.args.seed)
        elif self.args.world_size > 1:
            self._order = SeedableRandomSampler(dataset)  # as accelerate does for one process
        else:
            return super()._get_train_sampler(train_dataset)
        return FilledSampler(self._order, samples_per_batch) if self.args.world_size > 1 else self._order

    def _run_epoch(self, model: nn.Module, epoch: int, *args: Any, **options: Any) -> None:
        # The Trainer searches the sampler at fixed depths of wrappers, and does not find it when several
        # processes resume an epoch.
        if self._order is not None:
            self._order.set_epoch(epoch)
        super()._run_epoch(model, epoch, *args, **options)  # type: ignore[no-untyped-call]

    def first_samples(self) -> list[PageSample]:
        """Return the samples of this process's first micro-batch."""
        dataset, batches = cast(PageDataset, self.train_dataset), self.get_train_dataloader().batch_sampler
        first = next(iter(cast(Iterable[list[int]], batches)))
        return [dataset[index] for index in first if index != FILLER]

    # Learning rate

    def create_scheduler(
        self, num_training_steps: int, optimizer: torch.optim.Optimizer | None = None
    ) -> torch.optim.lr_scheduler.LRScheduler:
        # A warm-up begins with a rate of 0, so the only step of a training would change nothing.
        if num_training_steps == 1:
            self.args.warmup_steps = 0
        return super().create_scheduler(num_training_steps, optimizer)

    # Loss

    def compute_loss(self, model: nn.Module, inputs: Batch, *args: Any, **kwargs: Any) -> Any:
        for_model = {name: value for name, value in inputs.items() if name not in NON_MODEL_KEYS}
        cache = self._collator.feature_cache
        with cache.record_outputs(model, inputs.get("page_keys")) if cache else nullcontext():
            if self._router_aux_loss_coef is None or not model.training:
                return super().compute_loss(model, for_model, *args, **kwargs)
            return self._balanced_loss(model, for_model, *args, **kwargs)

    def _balanced_loss(
        self, model: nn.Module, inputs: Batch, return_outputs: bool = False, **kwargs: Any
    ) -> Any:
        loss, outputs = super().compute_loss(
            model, {**inputs, "output_router_logits": True}, return_outputs=True, **kwargs
        )
        is_sample = (inputs["labels"] != IGNORED).any(dim=1)
        if not is_sample.any():
            return (loss, outputs) if return_outputs else loss
        attention_mask = inputs["input_ids"] != self._collator.token_layout.tokenizer.pad_token_id
        attention_mask &= is_sample[:, None]  # fillers do not count
        top_k = self.plain_model.config.get_text_config().num_experts_per_tok
        balance = balance_loss(outputs.router_logits, attention_mask, top_k)
        # The loss of a micro-batch is divided by the accumulation steps; so is the balance loss.
        loss = loss + (self._router_aux_loss_coef or 0.0) * balance / self.current_gradient_accumulation_steps
        return (loss, outputs) if return_outputs else loss

    def training_step(self, model: nn.Module, inputs: Batch, num_items_in_batch: Any = None) -> torch.Tensor:
        documents = list(inputs["document_ids"])
        loss: torch.Tensor = super().training_step(model, inputs, num_items_in_batch)
        self._micro_batches.append((loss, documents))
        return loss

    def _get_grad_norm(self, model: nn.Module, grad_norm: Any = None) -> Any:
        norm = super()._get_grad_norm(model, grad_norm=grad_norm)  # type: ignore[no-untyped-call]
        # Read once per step, because reading waits for the GPU.
        losses = torch.stack([loss.detach() for loss, _ in self._micro_batches]).tolist()
        micro_batches = [(loss, names) for loss, (_, names) in zip(losses, self._micro_batches, strict=True)]
        self._micro_batches = []
        if not all(math.isfinite(value) for value in (*losses, float(norm))):
            raise self._non_finite_error(micro_batches, float(norm))
        return norm

    def _non_finite_error(self, micro_batches: list[tuple[float, list[str]]], norm: float) -> TrainingError:
        # The gradient norm is the same in all processes, so all of them gather here. A loss may be non-finite
        # in one process only, which must not wait for the others.
        if not math.isfinite(norm):
            micro_batches = gather_object(micro_batches)
        non_finite = [(loss, names) for loss, names in micro_batches if not math.isfinite(loss)]
        what, value = ("loss", non_finite[0][0]) if non_finite else ("gradient norm", norm)
        documents = ", ".join(name for _, names in non_finite or micro_batches for name in names)
        return TrainingError(
            f"The {what} became {value} at step {self.state.global_step + 1}, with these samples: "
            f"{documents}.",
            hint=f"{self._last_checkpoint_hint} Check these samples, lower learning_rate or max_grad_norm, "
            "and train again.",
        )

    # Evaluation

    def evaluation_loop(self, *_: Any, **__: Any) -> EvalLoopOutput:
        dataset, size = cast(PageDataset, self.eval_dataset), self.args.per_device_eval_batch_size
        if self._eval_batches is None:
            self._eval_batches = build_eval_dataloader(
                dataset, size, self._collator, self.args.dataloader_num_workers
            )
        self.plain_model.train(False)
        with marking_evaluation_errors():
            loss = mean_token_loss(self._eval_batches, size, self._compute_eval_loss, self.stop_if_requested)
            measured = self._generation_scores.measure(
                self.plain_model, self.state.global_step, self.stop_if_requested
            )
            scores = {f"eval_{name}": value for name, value in measured.items()}
        return EvalLoopOutput(None, None, {"eval_loss": loss, **scores}, len(dataset))  # type: ignore[arg-type]

    @torch.no_grad()
    def _compute_eval_loss(self, batch: Batch) -> torch.Tensor:
        with self.compute_loss_context_manager():
            loss: torch.Tensor = self.compute_loss(self.plain_model, self._prepare_inputs(batch))
        return loss

    def stop_if_requested(self) -> None:
        """Raise EvaluationInterrupted if the listener asks to stop."""
        if self._stop.stop_requested(self.args):
            raise EvaluationInterrupted

    def _maybe_log_save_evaluate(self, *args: Any, **options: Any) -> None:
        try:
            super()._maybe_log_save_evaluate(*args, **options)
        except EvaluationInterrupted:
            self._stop.postpone_evaluation(self.control)
            self._save_and_notify()

    def _evaluate(
        self, trial: Any, ignore_keys_for_eval: list[str] | None, skip_scheduler: bool = False
    ) -> dict[str, float]:
        metrics = super()._evaluate(trial, ignore_keys_for_eval, skip_scheduler)
        if skip_scheduler:  # before the first step: the evaluation that an earlier process postponed
            self._determine_best_metric(metrics, trial)
            self._save_and_notify()
            if self._is_complete:
                raise TrainingComplete
        return metrics

    def _determine_best_metric(self, metrics: dict[str, float], trial: Any) -> bool:
        best: bool = super()._determine_best_metric(metrics, trial)
        if best or self.control.should_training_stop:
            # The best step, and the last one of early stopping, need a checkpoint to be restored from.
            self.control.should_save = True
        return best

    # Checkpoints

    @property
    def _is_complete(self) -> bool:
        """Whether the current step is the last one (by its number or by early stopping, not by a request to
        stop) and its evaluation is done."""
        ends = self.control.should_training_stop or self.state.global_step >= self.state.max_steps
        return ends and not (self._stop.stopped or self._stop.evaluation_due)

    @property
    def _last_checkpoint_hint(self) -> str:
        if not self._good_step:
            return "There is no checkpoint yet."
        return f"The checkpoint of step {self._good_step} is good."

    def _save_and_notify(self) -> None:
        self._save_checkpoint(self.plain_model, None)
        self.control = self.callback_handler.on_save(self.args, self.state, self.control)

    def _save_checkpoint(self, model: nn.Module, trial: Any) -> None:
        step, policy = self.state.global_step, self._checkpoint_policy
        try:
            self._write_checkpoint(checkpoints.unfinished_path(policy.folder, step))
        except (OSError, RuntimeError, SafetensorError, StorageError) as error:
            checkpoints.discard(policy.folder, step)
            if not _is_write_error(error):
                raise
            raise StorageError(
                f"The checkpoint of step {step} could not be written: {cause(error)}.",
                hint=f"Free some space on the workspace's disk, then resume. {self._last_checkpoint_hint}",
            ) from error
        self.accelerator.wait_for_everyone()
        if self.args.should_save:
            checkpoints.seal(policy.folder, step, policy.run)
            checkpoints.prune(policy.folder, step, self._good_step, policy.limit, self.state.best_global_step)
        self._good_step = step
        self.accelerator.wait_for_everyone()

    def _write_checkpoint(self, folder: Path) -> None:
        self.save_model(str(folder), _internal_call=True)
        self._save_optimizer_and_scheduler(str(folder))
        self._save_scaler(str(folder))
        self._save_rng_state(str(folder))
        if self.args.should_save:
            if provenance := read_provenance(self._checkpoint_policy.folder.parent):
                provenance.write(folder)
            self._export_callback_states()
            self.state.save_to_json(str(folder / STATE))
            if self._stop.evaluation_due:
                (folder / EVALUATION_DUE).touch()
            if self._is_complete:
                (folder / TRAINING_OVER).touch()

    def save_last_step(self, evaluation_due: bool) -> None:
        """Save the last finished step after an out-of-memory error, so that smaller batches continue from it;
        `evaluation_due`: the error occurred in the evaluation after that step.

        Raises:
            TrainingError: there are several processes; the others wait for this one within a step.
        """
        if self.args.world_size > 1:
            raise TrainingError(
                "One of several GPUs ran out of memory.",
                hint="Halve per_device_train_batch_size and double gradient_accumulation_steps (if an "
                "evaluation failed, halve per_device_eval_batch_size), and resume from the last checkpoint.",
            )
        self._stop.evaluation_due = evaluation_due
        self.plain_model.zero_grad()
        if self.state.global_step not in (0, self._good_step):
            self._save_checkpoint(self.plain_model, None)

    def _export_callback_states(self) -> None:
        states: dict[str, Any] = cast(dict[str, Any], self.state.stateful_callbacks)
        for callback in [*self.callback_handler.callbacks, self.control]:
            if isinstance(callback, ExportableState):
                states[type(callback).__name__] = callback.state()

    def _save(self, output_dir: str | None = None, state_dict: dict[str, torch.Tensor] | None = None) -> None:
        if self.args.should_save:
            folder = Path(str(output_dir or self.args.output_dir))
            save_trained_weights(self.plain_model, folder, self._checkpoint_policy.base, state_dict)

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: nn.Module | None = None) -> None:
        load_trained_weights(model or self.plain_model, Path(resume_from_checkpoint))


def _is_write_error(error: Exception) -> bool:
    """Return whether the disk caused an error that has no message for the user yet."""
    if isinstance(error, RuntimeError):
        return any(text in str(error) for text in _WRITE_ERROR_MESSAGES)
    return not isinstance(error, StorageError)
