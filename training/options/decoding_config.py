"""Configurations of what a model writes: an evaluation and a prediction. No torch here: the web service reads
this."""

from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from data.config import Config, Name, RuleError
from data.page_modes import PageMode

ModelName = Annotated[str, Field(min_length=1, max_length=512)]
Split = Literal["train", "validation", "test"]


TRAINED_DECODING: Final = ("max_length", "no_repeat_ngram_size", "no_repeat_ngram_window_size")
"""Settings of the generation that a configuration may leave to the model's training: null."""

BLANK_PAGES_CHANGE_NOTHING: Final = "blank pages would change nothing"
"""Why they are refused for a model that reads text."""


def check_ngram_rule(size: int, window: int) -> None:
    """Refuse a rule against repeats whose window cannot hold one."""
    if size >= window:
        words = f"no_repeat_ngram_window_size={window} must be above no_repeat_ngram_size={size}"
        raise RuleError(words, "no_repeat_ngram_size", "no_repeat_ngram_window_size")


def check_revision(model: str, revision: str | None) -> None:
    """Refuse a revision of the built-in model."""
    if model == "tiny" and revision is not None:
        raise RuleError("model=tiny comes with DeepSynth and has no revision", "revision", "model")


class DecodingConfig(Config):
    """A model, and the settings of its generation: greedy, in batches."""

    prompt: str | None = Field(
        None, max_length=512, description="text right after the page images; null: the prompt of the training"
    )
    max_length: int | None = Field(
        None, ge=2, le=8192, description="tokens of the longest summary; null: that of the training"
    )
    per_device_eval_batch_size: int = Field(
        16, ge=1, le=1024, description="samples that one GPU reads at the same time"
    )
    no_repeat_ngram_size: int | None = Field(
        None,
        ge=0,
        le=1000,
        description="never generate a sequence of this many tokens twice; 0: no such rule; null: that of the "
        "training",
    )
    no_repeat_ngram_window_size: int | None = Field(
        None,
        ge=1,
        le=100_000,
        description="number of latest tokens that are searched for such a repeat; null: that of the training",
    )
    bf16: bool = Field(True, description="bfloat16 if the device supports it; float32 on a CPU")
    model: ModelName = Field(
        "trained_model",
        description="tiny, a Hub id, a local folder, or the name of a training in the workspace",
    )
    revision: str | None = Field(None, description="commit of a Hub model; null: the pinned commit")

    @model_validator(mode="after")
    def _check_decoding(self) -> Self:
        if self.no_repeat_ngram_size is not None and self.no_repeat_ngram_window_size is not None:
            check_ngram_rule(self.no_repeat_ngram_size, self.no_repeat_ngram_window_size)
        check_revision(self.model, self.revision)
        return self


class SharedConfig(DecodingConfig):
    """Work that several GPUs may share."""

    num_gpus: int = Field(
        1, ge=0, le=64, description="GPUs that share the samples, with the same texts; 0: all of the service"
    )

    def shared_among(self, num_processes: int) -> Self:
        """Return the configuration of each of several processes that share the samples."""
        return self.model_copy(update={"num_gpus": 1})


class EvaluationConfig(SharedConfig):
    """Score a model on one split of a page dataset."""

    dataset: Name = Field(description="folder below workspace/datasets")
    split: Split = Field("test", description="split of the dataset")
    max_samples: int | None = Field(
        None, ge=1, description="number of samples, from the first of the split on; null: all"
    )
    blank_pages: bool = Field(
        False, description="show white pages: a control that tells reading from guessing"
    )
    text_model: ModelName | None = Field(
        None,
        description="text model to score too, on documents cut to as many tokens as their pages have: a Hub "
        "id or a folder",
    )
    text_model_revision: str | None = Field(None, description="commit of text_model on the Hub")
    output: Name | None = Field(
        None,
        description="folder below workspace/evaluations; null: the id of the job, by command "
        "<model>-<dataset>-<split>",
    )


class PredictionConfig(SharedConfig):
    """Summarise images, PDFs, text files or a page dataset with a model."""

    inputs: tuple[str, ...] = Field(
        (),
        max_length=10_000,
        description="images, PDFs, text files or folders of them; or upload:<name> for an uploaded file",
    )
    dataset: Name | None = Field(None, description="page dataset, instead of inputs")
    split: Split = Field("test", description="split of the dataset")
    max_samples: int | None = Field(
        None, ge=1, description="number of samples, from the first of the split on; null: all"
    )
    mode: PageMode | None = Field(
        None, description="page size that inputs are rendered at; null: the page size of the training"
    )
    max_pages: int | None = Field(
        None,
        ge=1,
        le=256,
        description="read only the first pages of each document; null: all, and documents with too many "
        "pages for the model are refused",
    )
    output: Name | None = Field(
        None, description="file below workspace/predictions; null: <id of the job>.jsonl"
    )

    @model_validator(mode="after")
    def _check_combinations(self) -> Self:
        if bool(self.inputs) == bool(self.dataset):
            raise RuleError("give either inputs or dataset", "inputs", "dataset")
        if self.dataset and self.max_pages:
            raise RuleError(
                "max_pages applies to inputs; the pages of a dataset are fixed", "max_pages", "dataset"
            )
        return self
