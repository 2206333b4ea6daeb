"""The samples on which a job scored its model, and whether those of two jobs are the same."""

from collections.abc import Sequence
from dataclasses import dataclass

from data.errors import DeepSynthError, InvalidInput, NotFound
from data.store.workspace import Workspace
from evaluation.report import Report, read_report
from evaluation.samples.store import Collection, SampleSet
from training.options.assessment import has_same_samples
from web_ui.catalog.experiments import KINDS
from web_ui.catalog.outputs import job_output
from web_ui.catalog.sample_sets import list_sample_sets
from web_ui.jobs.job import Job, State
from web_ui.jobs.store import JobStore


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredJob:
    """A job with its report and its samples, or why it has none."""

    job: Job
    report: Report | None = None
    samples: SampleSet | None = None
    reason: str | None = None


def find_jobs(ids: Sequence[str], jobs: JobStore) -> list[Job]:
    """Return trainings and evaluations by their ids. Raises InvalidInput if a job is missing or of another
    kind."""
    found = []
    for job_id in ids:
        try:
            job = jobs.get(job_id)
        except NotFound as error:
            raise _refusal(f"There is no job {job_id!r}; it may have been deleted.") from error
        if job.kind not in KINDS:
            raise _refusal(f"Job {job_id} is a {job.kind} job; only trainings and evaluations are compared.")
        found.append(job)
    return found


def _refusal(message: str) -> InvalidInput:
    return InvalidInput(message, hint="Leave it out of the comparison.", fields={"job": message})


def scored_job(job: Job, workspace: Workspace) -> ScoredJob:
    """Return a job with the report and the samples in its folder, unless another job has written there
    since."""
    if job.state != State.SUCCEEDED or not job.result:
        return ScoredJob(job=job, reason="It has no scores: it has not ended with success.")
    try:
        report, samples = scored_folder(collection_of(job), job_output(job, workspace).name, workspace)
        if job.result.get("table") != report.table_rows():
            return ScoredJob(job=job, reason="Another job has written to its folder since.")
    except NotFound:
        return ScoredJob(job=job, reason="The files with its scores are gone.")
    except DeepSynthError as error:
        return ScoredJob(job=job, reason=error.message)
    return ScoredJob(
        job=job,
        report=report,
        samples=samples,
        reason=None if samples else "The file with its predictions is gone.",
    )


def collection_of(job: Job) -> Collection:
    """Return what holds the scores of a job whose kind is one of KINDS."""
    return "models" if job.kind == "training" else "evaluations"


def scored_folder(collection: Collection, name: str, workspace: Workspace) -> tuple[Report, SampleSet | None]:
    """Return the report of a training or an evaluation and the samples that it scores; None: its file of
    predictions is gone.

    Raises:
        NotFound: there is no such result, or it has no report.
        StorageError: one of its files is damaged.
    """
    folder = workspace.model(name) if collection == "models" else workspace.evaluation(name)
    report = read_report(folder)
    return report, list_sample_sets(collection, name, workspace).get(report.subject.split)


def pairing_obstacle(one: ScoredJob, baseline: ScoredJob) -> str | None:
    """Return why the samples of two jobs cannot be paired; None: they can."""
    if one.reason or one.samples is None:
        return one.reason
    if baseline.samples is None:
        return "The baseline has no samples to compare with."
    return samples_obstacle(one.samples, baseline.samples, "the baseline")


def samples_obstacle(own: SampleSet, other: SampleSet, name: str) -> str | None:
    """Return why the samples of two results cannot be paired; None: they can.

    Args:
        own: scored by the first result.
        other: scored by the second one.
        name: of the second one in a sentence.
    """
    if (own.dataset, own.split) != (other.dataset, other.split):
        return f"Scored on {own.split} of {own.dataset}, {name} on {other.split} of {other.dataset}."
    if own.fingerprint and other.fingerprint and own.fingerprint != other.fingerprint:
        return f"The dataset {own.dataset} was made anew between the two: the samples are others."
    return None


def mean_obstacle(one: ScoredJob, baseline: ScoredJob) -> str | None:
    """Return why the mean scores of two jobs with paired samples cannot be compared; None: they can."""
    if one.report is None or baseline.report is None:
        return "It has no report."
    own, other = one.report.rouge, baseline.report.rouge
    if own.settings != other.settings:
        return "Its ROUGE has other settings, so only the paired differences can be compared."
    if own.num_samples != other.num_samples:
        return (
            f"Scored on {own.num_samples:,} samples, the baseline on {other.num_samples:,}: means are not "
            "compared. The paired differences use the samples of both."
        )
    if not has_same_samples(one.report, baseline.report):
        return "Its documents or references are not those of the baseline, so the means are not compared."
    return None
