"""Requests and answers of the experiments: the trainings and evaluations of a workspace, and what a user
noted about them."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import AfterValidator, Field

from data.config import Config
from web_ui.api.schemas import Answer
from web_ui.jobs.annotations import Annotations
from web_ui.jobs.job import Desired, State

MAX_TAGS = 20


def _one_line(text: str) -> str:
    text = text.strip()
    if not text.isprintable():
        raise ValueError("must be one line of text without control characters")
    return text


def _tag(text: str) -> str:
    text = _one_line(text)
    if not text or "," in text:
        raise ValueError("must be text without a comma")
    return text


def _without_repetitions(tags: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(tags))


Tag = Annotated[str, Field(min_length=1, max_length=40), AfterValidator(_tag)]


class AnnotationsRequest(Config):
    """What is noted about a job; a field that is left out stays as it is."""

    name: Annotated[str, AfterValidator(_one_line)] | None = Field(
        None, max_length=120, description="shown instead of the job's title; null or empty: the title"
    )
    tags: Annotated[tuple[Tag, ...], AfterValidator(_without_repetitions)] = Field((), max_length=MAX_TAGS)
    note: str = Field("", max_length=4000)
    is_starred: bool = False

    def changes(self) -> dict[str, object]:
        """Return the values that the request holds."""
        values = self.model_dump(include=self.model_fields_set)
        return {name: value or None if name == "name" else value for name, value in values.items()}


class ExperimentScore(Answer):
    """The ROUGE-L of a model on one split, as its report holds it: fractions from 0 to 1."""

    split: str | None = Field(description="null: an earlier version did not write it")
    num_samples: int | None
    rouge_l: float
    low: float | None = Field(
        description="lower end of the 95% interval; null: an earlier version wrote none"
    )
    high: float | None
    lead_3: float | None = Field(description="of the first three sentences of each document as its summary")


class Experiment(Answer):
    """A training or an evaluation in one row: its settings and results. null: it has none, or not yet."""

    id: str
    kind: str
    title: str = Field(description="of the job; a training's output has this name")
    state: State
    desired: Desired | None
    created: str
    run_s: float
    annotations: Annotations
    dataset: str | None
    split: str | None = Field(description="of an evaluation")
    model: str | None = Field(description="that the training started from, or that was scored")
    preset: str | None
    blank_pages: bool = Field(description="whether the model was shown blank pages: a control")
    learning_rate: float | None
    num_train_epochs: float | None
    batch_size: int | None = Field(description="samples per optimizer step and process")
    seed: int | None
    step: int | None = Field(description="last optimizer step that was measured")
    train_loss: float | None
    eval_loss: float | None = Field(description="of validation samples")
    validation_rouge_l: float | None = Field(description="measured while training, 0 to 1")
    score: ExperimentScore | None
    gpu_memory_gb: float | None = Field(description="reserved")
    loss_steps: tuple[int, ...] = Field(description="steps of `loss_values`, at most 30")
    loss_values: tuple[float, ...] = Field(description="training loss at evenly chosen steps")


class ExperimentsQuery(Config):
    known: str = Field(
        "", max_length=64, description="`revision` of an earlier answer: only what changed since is sent"
    )


class ExperimentList(Answer):
    revision: str
    is_whole: bool = Field(description="false: only the experiments that changed since `known`")
    experiments: tuple[Experiment, ...]
