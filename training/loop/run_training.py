"""The steps of a training: builds the Trainer, lets it run from the last good checkpoint, and says how far it
came."""

import logging
from dataclasses import dataclass, replace

from transformers import EarlyStoppingCallback, TrainerCallback, TrainingArguments
from transformers.trainer_callback import PrinterCallback

from data.errors import Stopped
from data.progress import Progress
from evaluation.training_metrics import TrainingMetrics
from training.generation.generate_text import Decoding
from training.inputs.collate import Collator
from training.inputs.dataset import PageDataset
from training.inputs.first_batch import report_first_batch
from training.loop import checkpoints
from training.loop.callbacks import Reporter, StopOnRequest
from training.loop.checkpoints import Checkpoint
from training.loop.trackers import set_up_tensorboard
from training.loop.trainer import CheckpointPolicy, EvaluationInterrupted, PageTrainer
from training.loop.validation import GenerationScores
from training.models.device import EvaluationOutOfMemory, is_out_of_memory
from training.models.loading import LoadedModel
from training.models.trainable import TrainableModel
from training.models.trained_weights import TrainedWeightsInfo
from training.options.config import TrainingConfig
from training.options.run_folder import RunFolder, RunState


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingSetup:
    """What a training needs besides its samples."""

    config: TrainingConfig
    folder: RunFolder
    loaded: LoadedModel
    trainable: TrainableModel
    collator: Collator
    arguments: TrainingArguments

    def decoding(self) -> Decoding:
        """Return how summaries are generated while training."""
        config = self.config
        return Decoding(
            max_new_tokens=config.max_length,
            batch_size=config.per_device_eval_batch_size,
            no_repeat_ngram_size=config.no_repeat_ngram_size,
            no_repeat_ngram_window_size=config.no_repeat_ngram_window_size,
            bf16=self.arguments.bf16,
        )


def run_training(
    setup: TrainingSetup, state: RunState, training: PageDataset, validation: PageDataset, progress: Progress
) -> RunState:
    """Train to the end, and write down which step was the best.

    Raises:
        Stopped: the listener asked to stop; the last step is saved.
        TrainingError, StorageError: the training cannot go on; the last checkpoint, where there is one, is
            good.
    """
    folder, config = setup.folder, setup.config
    with setup.arguments.main_process_first(local=False):
        if setup.arguments.should_save:
            checkpoints.clear_unfinished(folder.checkpoints)
    start = checkpoints.last_good(
        folder.checkpoints,
        state.run,
        lambda text: progress.message(f"{text} It is removed once the next one is written.", "warning"),
    )
    progress.message(_describe_start(setup, start))
    stop = StopOnRequest(progress)
    # The listener hears of a step before it is asked whether to stop after it.
    reporters = [_reporter(setup, start, progress)] if setup.arguments.should_save else []
    callbacks: list[TrainerCallback] = [*reporters, stop, *_early_stopping(config)]
    trainer = _trainer(setup, state, training, validation, callbacks, stop)
    if setup.arguments.should_save:
        set_up_tensorboard(folder.path, trainer.callback_handler.callbacks, start.step + 1 if start else 1)
    if start is None and setup.arguments.should_save:
        report_first_batch(folder.path, trainer.first_samples(), setup.collator, progress)
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
    done = replace(
        state,
        phase="trained",
        best_step=trainer.state.best_global_step if config.load_best_model_at_end else None,
    )
    if setup.arguments.should_save:
        folder.write_state(done)
    return done


def _trainer(
    setup: TrainingSetup,
    state: RunState,
    training: PageDataset,
    validation: PageDataset,
    callbacks: list[TrainerCallback],
    stop: StopOnRequest,
) -> PageTrainer:
    config, folder, loaded = setup.config, setup.folder, setup.loaded
    scores = GenerationScores(
        validation.first(config.num_eval_samples),
        setup.collator,
        decoding=setup.decoding(),
        predictions=folder.predictions,
    )
    base = TrainedWeightsInfo(
        base_model_name_or_path=loaded.source,
        revision=loaded.revision,
        base_weights=state.base_weights,
        train=config.train,
        router=config.router,
    )
    trainer = PageTrainer(
        checkpoint_policy=CheckpointPolicy(
            folder=folder.checkpoints, run=state.run, limit=config.save_total_limit, base=base
        ),
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
    # It warns that the best model will not be loaded; here that is not the Trainer's work.
    logging.getLogger("transformers.trainer_callback").setLevel(logging.ERROR)
    return [EarlyStoppingCallback(config.early_stopping_patience, config.early_stopping_threshold)]


def _describe_start(setup: TrainingSetup, start: Checkpoint | None) -> str:
    arguments, trainable = setup.arguments, setup.trainable
    precision = "bfloat16" if arguments.bf16 else "float32"
    where = f"from step {start.step}" if start else "from the beginning"
    share = f"{trainable.num_trainable_parameters:,} of {trainable.num_parameters:,} parameters"
    return f"Training {share} of {setup.loaded.source} on {arguments.device} in {precision}, {where}."
