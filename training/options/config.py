"""Configurations of a training and of a search for its learning rate. Fields that Hugging Face's
TrainingArguments has keep their names there. No torch here: the web service reads this."""

from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from data.config import (
    CHANGES_RESULT,
    KEEPS_RESULT,
    NO_HUB_NAME,
    Config,
    HubId,
    Name,
    RuleError,
    form_group,
    is_hub_name,
)
from data.errors import InvalidInput
from training.options.decoding_config import ModelName, check_ngram_rule, check_revision
from training.options.lora import Lora
from training.options.reads import Reads

Router = Literal["frozen", "balanced"]
Trainable = Literal["all", "projector", "attention", "dense", "decoder", "lora", "lora_experts"]
BestMetric = Literal["eval_loss", "rouge1", "rouge2", "rougeL", "rougeLsum"]
Optimizer = Literal["adamw_torch_fused", "adamw_torch", "adafactor"]
Scheduler = Literal["cosine", "linear", "constant", "constant_with_warmup"]
SamplingStrategy = Literal["random", "group_by_length"]
Tracker = Literal["tensorboard", "wandb", "trackio"]

WHERE = form_group("Dataset and model")
TRAINS = form_group("What trains")
BATCHES = form_group("Length and batches")
OPTIMIZER = form_group("Optimizer and schedule")
MEMORY = form_group("Precision and memory")
EVALUATION = form_group("Evaluation and checkpoints")
PUBLISHING = form_group("Publishing")

DEFAULT_PROMPT = "\nSummarize."
DEFAULT_PRESET: Final = "default"


class TrainingConfig(Config):
    """Everything that decides the result of a training, besides the versions of code and libraries.

    Of the training batch sizes only their product changes the result (`run_digest`): an interrupted training
    may resume with smaller micro-batches or with more processes.
    """

    dataset: Annotated[Name, WHERE, CHANGES_RESULT] = Field(description="folder below workspace/datasets")
    model: Annotated[ModelName, WHERE, CHANGES_RESULT] = Field(
        "tiny",
        description="tiny, a Hub id, a local folder, or the name of an earlier training in the workspace",
    )
    revision: Annotated[str | None, TRAINS, CHANGES_RESULT] = Field(
        None, description="commit of a Hub model; null: the pinned commit"
    )
    output: Annotated[Name, WHERE, KEEPS_RESULT] = Field(
        "trained_model", description="folder below workspace/models"
    )
    preset: Annotated[str, WHERE, KEEPS_RESULT] = Field(
        DEFAULT_PRESET, description="preset that the other values start from"
    )
    train: Annotated[Trainable, TRAINS, CHANGES_RESULT] = Field(
        "dense",
        description="weights that train. projector: those between encoder and decoder; attention: projector, "
        "and the attention of the decoder; dense: all but the encoder and the routed experts; "
        "decoder: dense, and the routed experts; all: decoder, and the encoder, for the tiny "
        "model; lora: small added weights; lora_experts: lora, also in the routed experts",
    )
    router: Annotated[Router, TRAINS, CHANGES_RESULT] = Field(
        "frozen",
        description="the weights that send tokens to experts. frozen: they never train; balanced: they "
        "train, with a loss that keeps the use of the experts even",
    )
    router_aux_loss_coef: Annotated[float, TRAINS, CHANGES_RESULT] = Field(
        0.001, gt=0, le=1, description="weight of the balancing loss; only for router=balanced"
    )
    lora_r: Annotated[int, TRAINS, CHANGES_RESULT] = Field(
        Lora.r, ge=1, le=512, description="rank of the added weights; only for train=lora and lora_experts"
    )
    lora_alpha: Annotated[int, TRAINS, CHANGES_RESULT] = Field(
        Lora.alpha,
        ge=1,
        le=4096,
        description="the added weights count alpha / rank times; twice the rank is usual",
    )
    lora_dropout: Annotated[float, TRAINS, CHANGES_RESULT] = Field(
        Lora.dropout,
        ge=0,
        lt=1,
        description="share of the added weights' inputs that a step leaves out; only for train=lora",
    )
    prompt: Annotated[str, TRAINS, CHANGES_RESULT] = Field(
        DEFAULT_PROMPT, max_length=512, description="text right after the page images"
    )
    num_train_epochs: Annotated[float, BATCHES, CHANGES_RESULT] = Field(
        3, gt=0, le=1000, description="passes over the training samples"
    )
    max_steps: Annotated[int, BATCHES, CHANGES_RESULT] = Field(
        -1, ge=-1, le=100_000_000, description="optimizer steps; -1: by epochs"
    )
    per_device_train_batch_size: Annotated[int, BATCHES, KEEPS_RESULT] = Field(
        2, ge=1, le=1024, description="samples that one GPU trains on at the same time"
    )
    per_device_eval_batch_size: Annotated[int, BATCHES, KEEPS_RESULT] = Field(
        4, ge=1, le=1024, description="samples that one GPU evaluates at the same time"
    )
    num_gpus: Annotated[int, BATCHES, KEEPS_RESULT] = Field(
        1,
        ge=0,
        le=64,
        description="GPUs that share each step; gradient_accumulation_steps is divided among them, so the "
        "samples of a step stay the same; 0: all GPUs of the service",
    )
    gradient_accumulation_steps: Annotated[int, BATCHES, KEEPS_RESULT] = Field(
        8, ge=1, le=4096, description="batches of that size per optimizer step"
    )
    learning_rate: Annotated[float, OPTIMIZER, CHANGES_RESULT] = Field(
        5e-5, gt=0, le=1, description="highest learning rate of the schedule"
    )
    weight_decay: Annotated[float, OPTIMIZER, CHANGES_RESULT] = Field(
        0.01, ge=0, le=1, description="pull of the weights towards zero"
    )
    lr_scheduler_type: Annotated[Scheduler, OPTIMIZER, CHANGES_RESULT] = Field(
        "cosine", description="course of the learning rate after its warmup"
    )
    warmup_ratio: Annotated[float, OPTIMIZER, CHANGES_RESULT] = Field(
        0.1, ge=0, le=1, description="share of the steps with a rising learning rate"
    )
    max_grad_norm: Annotated[float, OPTIMIZER, CHANGES_RESULT] = Field(
        1.0, gt=0, le=1000, description="longer gradients are scaled down to this norm"
    )
    bf16: Annotated[bool, MEMORY, CHANGES_RESULT] = Field(
        True, description="bfloat16 if the device supports it; float32 on a CPU"
    )
    gradient_checkpointing: Annotated[bool, MEMORY, KEEPS_RESULT] = Field(
        False, description="compute activations again instead of storing them: less memory, slower"
    )
    max_length: Annotated[int, BATCHES, CHANGES_RESULT] = Field(
        512, ge=2, le=8192, description="target tokens (summary and EOS); image tokens are counted separately"
    )
    eval_steps: Annotated[int, EVALUATION, CHANGES_RESULT] = Field(
        100, ge=1, description="steps between evaluations"
    )
    num_eval_samples: Annotated[int, EVALUATION, CHANGES_RESULT] = Field(
        64, ge=0, le=100_000, description="validation samples to summarise and score per evaluation"
    )
    save_steps: Annotated[int, EVALUATION, KEEPS_RESULT] = Field(
        100, ge=1, description="steps between checkpoints"
    )
    save_total_limit: Annotated[int, EVALUATION, KEEPS_RESULT] = Field(
        2, ge=1, le=100, description="number of checkpoints to keep: the newest, and the best"
    )
    logging_steps: Annotated[int, EVALUATION, KEEPS_RESULT] = Field(
        10, ge=1, description="steps between two points of the curves"
    )
    seed: Annotated[int, BATCHES, CHANGES_RESULT] = Field(
        42, ge=0, lt=2**31, description="seed of the order of the samples and of added weights"
    )
    optim: Annotated[Optimizer, OPTIMIZER, CHANGES_RESULT] = Field(
        "adamw_torch_fused", description="the optimizer; adafactor stores little state and needs less memory"
    )
    adam_beta2: Annotated[float, OPTIMIZER, CHANGES_RESULT] = Field(
        0.999, gt=0, lt=1, description="how slowly AdamW forgets the size of earlier gradients"
    )
    train_sampling_strategy: Annotated[SamplingStrategy, BATCHES, CHANGES_RESULT] = Field(
        "random", description="group_by_length: a batch holds samples of similar length, which saves padding"
    )
    dataloader_num_workers: Annotated[int | None, MEMORY, KEEPS_RESULT] = Field(
        None, ge=0, le=64, description="processes that decode pages; null: 4 with a GPU, else none"
    )
    max_eval_samples: Annotated[int, EVALUATION, CHANGES_RESULT] = Field(
        1000, ge=1, description="validation samples for the loss of each evaluation"
    )
    num_test_samples: Annotated[int | None, EVALUATION, KEEPS_RESULT] = Field(
        None, ge=1, description="test samples of the final evaluation; null: all"
    )
    metric_for_best_model: Annotated[BestMetric, EVALUATION, CHANGES_RESULT] = Field(
        "eval_loss", description="validation metric that decides which checkpoint is the best"
    )
    load_best_model_at_end: Annotated[bool, EVALUATION, CHANGES_RESULT] = Field(
        True, description="export the best checkpoint instead of the last"
    )
    early_stopping_patience: Annotated[int | None, EVALUATION, CHANGES_RESULT] = Field(
        None, ge=1, le=1000, description="evaluations without progress that end the training; null: never"
    )
    early_stopping_threshold: Annotated[float, EVALUATION, CHANGES_RESULT] = Field(
        0.0, ge=0, description="smallest change of the metric that counts as progress"
    )
    no_repeat_ngram_size: Annotated[int, EVALUATION, CHANGES_RESULT] = Field(
        30, ge=0, le=1000, description="never generate a sequence of this many tokens twice; 0: no such rule"
    )
    no_repeat_ngram_window_size: Annotated[int, EVALUATION, CHANGES_RESULT] = Field(
        90, ge=1, le=100_000, description="number of latest tokens that are searched for such a repeat"
    )
    report_to: Annotated[tuple[Tracker, ...], EVALUATION, KEEPS_RESULT] = Field(
        (), description="trackers that get the curves, besides this page: tensorboard, wandb, trackio"
    )
    auto_batch_size: Annotated[bool, BATCHES, KEEPS_RESULT] = Field(
        False,
        description="start with the samples of a step as one batch, and halve it until it fits the memory; "
        "the samples per step stay the same",
    )
    cache_features: Annotated[bool, MEMORY, KEEPS_RESULT] = Field(
        False, description="store the frozen encoder's output for each page, for the epochs after the first"
    )
    blank_pages: Annotated[bool, TRAINS, CHANGES_RESULT] = Field(
        False, description="train on white pages: a control that shows how much of a summary can be guessed"
    )
    reads: Annotated[Reads, TRAINS, CHANGES_RESULT] = Field(
        "pages",
        description="what the model reads. pages: page images; text: the document's text, cut to as many "
        "tokens as its pages have, a control at the same cost; whole_text: all of the text that the model "
        "holds. Texts skip encoder and projector, which do not learn then",
    )
    push_to_hub: Annotated[bool, PUBLISHING, KEEPS_RESULT] = Field(
        False, description="publish the finished model on the Hugging Face Hub"
    )
    hub_model_id: Annotated[HubId | None, PUBLISHING, KEEPS_RESULT] = Field(
        None, description="owner/name; null: HF_USERNAME/<output>"
    )
    hub_private_repo: Annotated[bool, PUBLISHING, KEEPS_RESULT] = Field(
        True, description="make a new repository private"
    )
    overwrite: Annotated[bool, PUBLISHING, KEEPS_RESULT] = Field(
        False, description="replace another training with the same output name"
    )

    @property
    def lora(self) -> Lora:
        """The adapter of train=lora and lora_experts."""
        return Lora(self.lora_r, self.lora_alpha, self.lora_dropout)

    @model_validator(mode="after")
    def _check_combinations(self) -> Self:
        if self.max_steps == 0:
            raise RuleError("max_steps=0 trains nothing: give at least 1, or -1 to go by epochs", "max_steps")
        if self.metric_for_best_model != "eval_loss" and not self.num_eval_samples:
            words = f"metric_for_best_model={self.metric_for_best_model} needs num_eval_samples above 0"
            raise RuleError(words, "metric_for_best_model", "num_eval_samples")
        if self.push_to_hub and self.hub_model_id is None and not is_hub_name(self.output):
            raise RuleError(f"output {self.output!r} {NO_HUB_NAME} hub_model_id", "output", "hub_model_id")
        check_ngram_rule(self.no_repeat_ngram_size, self.no_repeat_ngram_window_size)
        check_revision(self.model, self.revision)
        return self

    @model_validator(mode="after")
    def _check_trained_parts(self) -> Self:
        if self.router == "balanced" and self.train in ("lora", "lora_experts"):
            raise RuleError(
                f"router=balanced trains the router, and train={self.train} only added weights",
                "router",
                "train",
            )
        if self.lora_dropout and self.train == "lora_experts":
            words = "lora_dropout needs train=lora: all routed experts are one weight, which has no dropout"
            raise RuleError(words, "lora_dropout", "train")
        if self.cache_features and self.train == "all":
            raise RuleError(
                "cache_features needs a frozen encoder, and train=all trains it", "cache_features", "train"
            )
        if self.cache_features and self.blank_pages:
            raise RuleError(
                "cache_features stores pages, and blank_pages shows none", "cache_features", "blank_pages"
            )
        return self

    def shared_among(self, num_processes: int) -> Self:
        """Return the configuration of each of several processes that share the steps.

        Raises:
            InvalidInput: the accumulation cannot be divided, so the samples of a step would change.
        """
        steps = self.gradient_accumulation_steps
        if steps % num_processes:
            raise InvalidInput(
                f"gradient_accumulation_steps={steps} cannot be divided among {num_processes} GPUs, so the "
                "samples of a step would change.",
                hint=f"Set it to a multiple of {num_processes}, or choose another num_gpus.",
                fields={"gradient_accumulation_steps": "cannot be divided", "num_gpus": "see there"},
            )
        changes = {"gradient_accumulation_steps": steps // num_processes, "num_gpus": 1}
        return self.model_copy(update=changes)

    @model_validator(mode="after")
    def _check_gpus(self) -> Self:
        if self.num_gpus > 1 and self.gradient_accumulation_steps % self.num_gpus:
            raise RuleError(
                f"gradient_accumulation_steps={self.gradient_accumulation_steps} cannot be divided among "
                f"num_gpus={self.num_gpus}",
                "gradient_accumulation_steps",
                "num_gpus",
            )
        if self.num_gpus != 1 and self.auto_batch_size:
            raise RuleError("auto_batch_size needs num_gpus=1", "auto_batch_size", "num_gpus")
        return self

    @model_validator(mode="after")
    def _check_text_reader(self) -> Self:
        if self.reads == "pages":
            return self
        for name in ("blank_pages", "cache_features"):
            if getattr(self, name):
                raise RuleError(f"{name} is about pages, and reads={self.reads} shows none", name, "reads")
        if self.train == "projector":
            raise RuleError(
                f"train=projector trains nothing that reads={self.reads} uses: texts skip the projector",
                "train",
                "reads",
            )
        return self


class FindLrConfig(TrainingConfig):
    """Try learning rates before a training: a short run whose rate grows at each step. It writes no model."""

    output: Name = Field("learning_rates", description="folder below workspace/learning_rates")
    first_learning_rate: float = Field(1e-7, gt=0, le=1, description="learning rate of the first step")
    last_learning_rate: float = Field(1e-2, gt=0, le=10, description="learning rate of the last step")
    num_steps: int = Field(
        60,
        ge=10,
        le=1000,
        description="number of steps from the first to the last rate; the rate grows by a constant factor",
    )

    @model_validator(mode="after")
    def _check_sweep(self) -> Self:
        if self.first_learning_rate >= self.last_learning_rate:
            words = (
                f"last_learning_rate={self.last_learning_rate} must be above "
                f"first_learning_rate={self.first_learning_rate}"
            )
            raise RuleError(words, "last_learning_rate", "first_learning_rate")
        return self
