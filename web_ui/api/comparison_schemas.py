"""Requests and answers of comparisons: two to eight trainings and evaluations beside each other."""

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from data.config import Config
from evaluation.samples.pairs import MAX_RESULTS, PairOrder
from evaluation.samples.store import Collection
from evaluation.scores import PairedDifference, Score
from web_ui.api.experiment_schemas import Experiment
from web_ui.api.sample_schemas import MAX_SAMPLES_PER_PAGE, MarkName
from web_ui.api.schemas import Answer
from web_ui.jobs.job import ID_PATTERN

JobId = Annotated[str, Field(pattern=f"^{ID_PATTERN.pattern}$")]


def _check_number(ids: Sequence[str]) -> tuple[str, ...]:
    if not 2 <= len(ids) <= MAX_RESULTS:
        raise ValueError(f"must name 2 to {MAX_RESULTS} jobs, not {len(ids)}")
    if len(set(ids)) < len(ids):
        raise ValueError("must not name a job twice")
    return tuple(ids)


class ComparisonQuery(Config):
    job: Annotated[tuple[JobId, ...], AfterValidator(_check_number)] = Field(
        description=f"ids of 2 to {MAX_RESULTS} trainings or evaluations, each as a `job` of its own",
        json_schema_extra={"minItems": 2, "maxItems": MAX_RESULTS, "uniqueItems": True},
    )
    baseline: JobId | None = Field(
        None, description="the job that the others are compared with; null: the first one with scores"
    )


class ComparedSamplesQuery(ComparisonQuery):
    search: str = Field(
        "",
        max_length=256,
        description="words that stand together in the id, the reference or any prediction; the last one may "
        "go on",
    )
    order: PairOrder = Field(
        "disagreement",
        description="disagreement: the widest range of scores first; first_worst and first_best: where the "
        "baseline is furthest below or above the best of the others",
    )
    offset: int = Field(0, ge=0, le=10**9, description="samples before the first one of the answer")
    limit: int = Field(10, ge=1, le=MAX_SAMPLES_PER_PAGE)


class Setting(Answer):
    """A field of the configuration in which jobs differ."""

    path: str = Field(description="names joined by dots")
    values: tuple[Any, ...] = Field(description="of each job; null: empty, or the job has no such field")


class ComparedJob(Answer):
    experiment: Experiment
    scores: dict[str, Score] = Field(description="ROUGE type -> score with interval, 0 to 1; empty: no score")
    best: tuple[str, ...] = Field(
        description="ROUGE types in which it is the best of the jobs scored on the baseline's samples"
    )
    has_baselines_samples: bool = Field(
        description="whether it and the baseline were scored on samples that can be paired"
    )
    note: str | None = Field(description="why it was not, or what limits the comparison")
    collection: Collection | None = Field(description="with `samples_name`: address of its samples")
    samples_name: str | None


class Comparison(Answer):
    baseline: str = Field(description="id of a job")
    jobs: tuple[ComparedJob, ...]
    settings: tuple[Setting, ...] = Field(description="without the outputs; empty: the jobs do not differ")


class JobDifference(Answer):
    """How a job stands to the baseline."""

    job: str
    rouge_l: PairedDifference


class DifferenceList(Answer):
    baseline: str
    differences: tuple[JobDifference, ...] = Field(description="of the jobs with the baseline's samples")


class ComparedText(Answer):
    """What one job wrote for a sample."""

    prediction: str | None
    score: float | None = Field(description="ROUGE-L, 0 to 1")
    marks: tuple[MarkName, ...]
    unsupported: tuple[str, ...] = Field(description="numbers and names that the document does not hold")
    error: str | None


class ComparedSample(Answer):
    position: int = Field(description="from 0, in the order of the split")
    document_id: str
    reference: str | None
    texts: tuple[ComparedText, ...] = Field(description="one of each of `jobs`")


class ComparedSampleList(Answer):
    jobs: tuple[str, ...] = Field(description="ids of the baseline and of the jobs with its samples")
    num_common: int
    num_selected: int
    offset: int
    samples: tuple[ComparedSample, ...]
