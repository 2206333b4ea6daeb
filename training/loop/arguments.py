"""TrainingConfig -> TrainingArguments of transformers: the shared fields, and the values decided here."""

import math
from pathlib import Path

import torch
from transformers import TrainingArguments

from training.loop.trackers import require_trackers
from training.models.device import uses_bf16
from training.options.config import TrainingConfig

NUM_GPU_WORKERS = 4
_SHARED_FIELDS = (
    "num_train_epochs",
    "max_steps",
    "per_device_train_batch_size",
    "per_device_eval_batch_size",
    "gradient_accumulation_steps",
    "learning_rate",
    "weight_decay",
    "lr_scheduler_type",
    "max_grad_norm",
    "eval_steps",
    "save_steps",
    "logging_steps",
    "seed",
    "optim",
    "adam_beta2",
)


def build_training_arguments(config: TrainingConfig, checkpoints: Path) -> TrainingArguments:
    """Build the Trainer's arguments. Our own code, not the Trainer, handles checkpoints and the best model.

    Args:
        checkpoints: the folder of the training's checkpoints.

    Raises:
        Unavailable: a tracker in `report_to` is not installed.
    """
    require_trackers(config.report_to)
    best = config.metric_for_best_model
    arguments = TrainingArguments(
        output_dir=str(checkpoints),
        **{name: getattr(config, name) for name in _SHARED_FIELDS},
        # A number below 1 is a share of all steps, rounded up; the number 1 would mean one step.
        warmup_steps=min(config.warmup_ratio, math.nextafter(1, 0)),
        bf16=uses_bf16(config.bf16),
        # Set explicitly: several processes on a CPU then communicate by gloo.
        use_cpu=not torch.cuda.is_available(),
        eval_strategy="steps",
        save_strategy="steps",
        metric_for_best_model=best if best.startswith("eval_") else f"eval_{best}",
        greater_is_better=best != "eval_loss",
        load_best_model_at_end=False,
        restore_callback_states_from_checkpoint=True,
        logging_nan_inf_filter=False,
        logging_first_step=True,
        remove_unused_columns=False,
        label_names=["labels"],
        prediction_loss_only=True,
        dataloader_num_workers=_num_workers(config),
        dataloader_pin_memory=torch.cuda.is_available(),
        dataloader_persistent_workers=_num_workers(config) > 0,
        activation_checkpointing=config.gradient_checkpointing,
        activation_checkpointing_kwargs={"use_reentrant": False},
        ddp_find_unused_parameters=config.reads != "pages",  # texts leave out encoder and projector
        report_to=list(config.report_to),
        disable_tqdm=True,
        log_level="warning",
    )
    # Not what accelerate's environment variable says.
    arguments.mixed_precision = "bf16" if arguments.bf16 else "no"
    # One process uses one GPU. With more, the Trainer would copy the model to all of them at each step and
    # multiply the batch size.
    arguments._n_gpu = min(arguments.n_gpu, 1)
    return arguments


def _num_workers(config: TrainingConfig) -> int:
    if config.dataloader_num_workers is not None:
        return config.dataloader_num_workers
    return NUM_GPU_WORKERS if torch.cuda.is_available() else 0
