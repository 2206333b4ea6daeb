"""Run the optimizer steps: build the Trainer, resume from the last good checkpoint, and return the state
reached."""

import logging
from dataclasses import dataclass, replace
from functools import partial

from transformers import EarlyStoppingCallback, TrainerCallback, TrainingArguments
from transformers.trainer_callback import PrinterCallback

from data.errors import Stopped
from data.progress import Progress
from evaluation.training_metrics import TrainingMetrics
from evaluation.watched_sample import WatchedSample, add_watched_text
from training.generation.decoding import Decoding
from training.generation.generate_text import Prediction
from training.inputs.collate import Collator
from training.inputs.dataset import PageDataset
from training.inputs.first_batch import report_first_batch
from training.loop import checkpoints
from training.loop.callbacks import Reporter, StopOnRequest
from training.loop.checkpoints import Checkpoint
from training.loop.trackers import set_up_tensorboard
from training.loop.trainer import CheckpointPolicy, EvaluationInterrupted, PageTrainer
from training.loop.validation import GenerationScores
from training.models.device import EvaluationOutOfMemory, compute_dtype, dtype_name, is_out_of_memory
from training.models.loading import LoadedModel
from training.models.trainable import TrainableModel
from training.options.config import TrainingConfig
from training.options.run_folder import RunFolder, RunState
from training.options.trained_info import TrainedWeightsInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingSetup:
    """The parts of a training except its samples."""

    config: TrainingConfig
    folder: RunFolder
    loaded: LoadedModel
    trainable: TrainableModel
    collator: Collator
    arguments: TrainingArguments


def run_training(
    setup: TrainingSetup, state: RunState, training: PageDataset, validation: PageDataset, progress: Progress
) -> RunState:
    """Train to the end, and store which step was the best.

    Raises:
        Stopped: the listener asked to stop; the last step is saved.
        TrainingError, StorageError: the training cannot continue; its last checkpoint, if any, is good.
    """
    folder, is_main_process = setup.folder, setup.arguments.should_save
    start = _last_checkpoint(setup, state.run, progress)
    progress.message(_describe_start(setup, start))
    stop = StopOnRequest(progress)
    # Report a step first, then ask whether to stop after it.
    reporters = [_reporter(setup, start, progress)] if is_main_process else []
    callbacks: list[TrainerCallback] = [*reporters, stop, *_early_stopping(setup.config)]
    trainer = _trainer(setup, state, training, validation, callbacks, stop)
    if is_main_process:
        set_up_tensorboard(folder.path, trainer.callback_handler.callbacks, start.step + 1 if start else 1)
        if start is None:
            report_first_batch(folder.path, trainer.first_samples(), setup.collator, progress)
    _train(trainer, start, stop)
    best_step = trainer.state.best_global_step if setup.config.load_best_model_at_end else None
    done = replace(state, phase="trained", best_step=best_step)
    if is_main_process:
        folder.write_state(done)
    return done


def _last_checkpoint(setup: TrainingSetup, run: str, progress: Progress) -> Checkpoint | None:
    """Remove unfinished checkpoints, and return the last good one."""
    with setup.arguments.main_process_first(local=False):
        if setup.arguments.should_save:
            checkpoints.clear_unfinished(setup.folder.checkpoints)

    def warn(text: str) -> None:
        progress.message(f"{text} It is removed once the next one is written.", "warning")

    return checkpoints.last_good(setup.folder.checkpoints, run, warn)


def _train(trainer: PageTrainer, start: Checkpoint | None, stop: StopOnRequest) -> None:
    """Make the steps; on an out-of-memory error, save the last finished step."""
    try:
        trainer.train_from(start)
    except EvaluationInterrupted:
        raise Stopped from None
    except RuntimeError as error:
        if is_out_of_memory(error):
            trainer.save_last_step(evaluation_due=isinstance(error, EvaluationOutOfMemory))
        raise
    if stop.stopped:
        raise Stopped


def _trainer(
    setup: TrainingSetup,
    state: RunState,
    training: PageDataset,
    validation: PageDataset,
    callbacks: list[TrainerCallback],
    stop: StopOnRequest,
) -> PageTrainer:
    config = setup.config
    scores = GenerationScores(
        validation.first(config.num_eval_samples),
        setup.collator,
        decoding=Decoding.of(config, setup.arguments.bf16),
        predictions=setup.folder.validation_predictions,
        watched=partial(_keep_watched_text, setup),
    )
    trainer = PageTrainer(
        checkpoint_policy=_checkpoint_policy(setup, state),
        generation_scores=scores,
        stop=stop,
        router_aux_loss_coef=config.router_aux_loss_coef if config.router == "balanced" else None,
        group_by_length=config.train_sampling_strategy == "group_by_length",
        model=setup.trainable.model,
        args=setup.arguments,
        data_collator=setup.collator,
        train_dataset=training,
        eval_dataset=validation.first(config.max_eval_samples),
        callbacks=callbacks,
    )
    trainer.remove_callback(PrinterCallback)
    return trainer


def _keep_watched_text(setup: TrainingSetup, prediction: Prediction, step: int) -> None:
    """Keep what the model writes of the first validation sample."""
    sample = WatchedSample(document_id=prediction.document_id, reference=prediction.reference)
    add_watched_text(setup.folder.path, sample, step, prediction.text)


def _checkpoint_policy(setup: TrainingSetup, state: RunState) -> CheckpointPolicy:
    config, folder = setup.config, setup.folder.checkpoints
    base = TrainedWeightsInfo(
        base_model_name_or_path=setup.loaded.source,
        revision=setup.loaded.revision,
        base_weights=state.base_weights,
        train=config.train,
        router=config.router,
        lora_r=config.lora_r,
        lora_alpha=config.lora_alpha,
    )
    return CheckpointPolicy(folder=folder, run=state.run, limit=config.save_total_limit, base=base)


def _reporter(setup: TrainingSetup, start: Checkpoint | None, progress: Progress) -> Reporter:
    arguments, trainable = setup.arguments, setup.trainable
    samples_per_step = (
        arguments.per_device_train_batch_size * arguments.gradient_accumulation_steps * arguments.world_size
    )
    metrics = TrainingMetrics(setup.folder.path, start.step if start else 0)
    counts = {
        "num_parameters": trainable.num_parameters,
        "num_trainable_parameters": trainable.num_trainable_parameters,
    }
    return Reporter(progress, metrics, samples_per_step=samples_per_step, counts=counts)


def _early_stopping(config: TrainingConfig) -> list[EarlyStoppingCallback]:
    if config.early_stopping_patience is None:
        return []
    # The callback warns that the Trainer does not load the best model; our own code exports it.
    logging.getLogger("transformers.trainer_callback").setLevel(logging.ERROR)
    return [EarlyStoppingCallback(config.early_stopping_patience, config.early_stopping_threshold)]


def _describe_start(setup: TrainingSetup, start: Checkpoint | None) -> str:
    arguments, trainable = setup.arguments, setup.trainable
    precision = dtype_name(compute_dtype(setup.config.bf16))
    where = f"from step {start.step}" if start else "from the beginning"
    share = f"{trainable.num_trainable_parameters:,} of {trainable.num_parameters:,} parameters"
    return f"Training {share} of {setup.loaded.source} on {arguments.device} in {precision}, {where}."
