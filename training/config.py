"""TrainingConfig: one fine-tuning. Fields that HF TrainingArguments has carry its names. No torch here: the web reads this."""

from typing import Annotated, Literal

from pydantic import Field

from data.config import Name, Settings

Trainable = Literal["all", "projector", "attention", "dense", "decoder", "lora", "lora_experts"]
ModelName = Annotated[str, Field(min_length=1, max_length=512)]


class TrainingConfig(Settings):
    """Everything that decides a training's result, besides the code and library versions saved with it."""

    dataset: Name = Field(description="folder below workspace/datasets")
    model: ModelName = Field("tiny", description="tiny, a Hub id, a local folder, or the name of an earlier training in the workspace")
    revision: str | None = Field(None, description="commit of a Hub model; null: the pinned one")
    output: Name = Field("trained_model", description="folder below workspace/models")
    preset: str = Field("default", description="the preset that the other values started from")
    train: Trainable = Field("dense", description="which parameters train")
    prompt: str = Field("\nFree OCR.", max_length=512, description="text right after the page images")
    num_train_epochs: float = Field(3, gt=0, le=1000)
    max_steps: int = Field(-1, ge=-1, le=100_000_000, description="optimizer steps; -1: by epochs")
    per_device_train_batch_size: int = Field(2, ge=1, le=1024)
    per_device_eval_batch_size: int = Field(4, ge=1, le=1024)
    gradient_accumulation_steps: int = Field(8, ge=1, le=4096)
    learning_rate: float = Field(5e-5, gt=0, le=1)
    weight_decay: float = Field(0.01, ge=0, le=1)
    lr_scheduler_type: Literal["cosine", "linear", "constant", "constant_with_warmup"] = "cosine"
    warmup_ratio: float = Field(0.1, ge=0, le=1)
    max_grad_norm: float = Field(1.0, gt=0, le=1000)
    bf16: bool = Field(True, description="bfloat16 where the device has it; float32 on a CPU")
    gradient_checkpointing: bool = False
    max_length: int = Field(512, ge=2, le=8192, description="target tokens (summary and EOS); image tokens are counted apart")
    eval_steps: int = Field(100, ge=1)
    num_eval_samples: int = Field(64, ge=0, le=100_000, description="validation samples that are generated and scored at each evaluation")
    save_steps: int = Field(100, ge=1)
    save_total_limit: int = Field(2, ge=1, le=100)
    logging_steps: int = Field(10, ge=1)
    seed: int = Field(42, ge=0, lt=2**31)
