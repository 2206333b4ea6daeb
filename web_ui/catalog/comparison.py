"""Several trainings and evaluations beside each other: settings, scores, differences and texts."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

from data.errors import InvalidInput
from data.store.workspace import Workspace
from evaluation.samples.pairs import CommonSamples
from evaluation.samples.store import SampleSet
from evaluation.scores import ROUGE_TYPES
from web_ui.api.comparison_schemas import (
    ComparedJob,
    ComparedSample,
    ComparedSampleList,
    ComparedSamplesQuery,
    ComparedText,
    Comparison,
    ComparisonQuery,
    DifferenceList,
    JobDifference,
    Setting,
)
from web_ui.api.sample_schemas import mark_names
from web_ui.catalog.experiments import experiment
from web_ui.catalog.sample_index import prepare_index
from web_ui.catalog.scored_samples import ScoredJob, find_jobs, mean_obstacle, pairing_obstacle, scored_job
from web_ui.jobs.store import JobStore

_OUTPUT: Final = "output"
"""It names the job; it is no setting in which results could differ."""


def compare(query: ComparisonQuery, workspace: Workspace, jobs: JobStore) -> Comparison:
    """Return the settings in which jobs differ, and their scores. Raises InvalidInput as `find_jobs`."""
    scored, baseline = _scored_jobs(query, workspace, jobs)
    equal = [one for one in scored if not (pairing_obstacle(one, baseline) or mean_obstacle(one, baseline))]
    return Comparison(
        baseline=baseline.job.id,
        jobs=tuple(_compared(one, baseline, equal, jobs) for one in scored),
        settings=tuple(differing_settings([one.job.config for one in scored])),
    )


def differences(query: ComparisonQuery, workspace: Workspace, jobs: JobStore) -> DifferenceList:
    """Return how each job stands to the baseline on the samples of both.

    Raises:
        InvalidInput: as `find_jobs`.
        TooManyRequests: samples are being sorted; ask again.
    """
    from evaluation.difference import paired_difference  # noqa: PLC0415  (serving the web pages does not need numpy)

    first, *others = _with_baselines_samples(query, workspace, jobs)
    found = []
    for job_id, samples in others:
        with _open([first[1], samples], workspace) as common:
            pairs = common.scores()
        difference = paired_difference([other for _, other in pairs], [own for own, _ in pairs])
        found.append(JobDifference(job=job_id, rouge_l=difference))
    return DifferenceList(baseline=first[0], differences=tuple(found))


def compared_samples(query: ComparedSamplesQuery, workspace: Workspace, jobs: JobStore) -> ComparedSampleList:
    """Return a page of the samples that the baseline and the jobs with its samples have in common. Raises as
    `differences`."""
    found = _with_baselines_samples(query, workspace, jobs)
    if len(found) < 2:
        return ComparedSampleList(
            jobs=tuple(job_id for job_id, _ in found), num_common=0, num_selected=0, offset=0, samples=()
        )
    with _open([samples for _, samples in found], workspace) as common:
        page = common.page(query.search, query.order, query.offset, query.limit)
    return ComparedSampleList(
        jobs=tuple(job_id for job_id, _ in found),
        num_common=page.num_common,
        num_selected=page.num_selected,
        offset=query.offset,
        samples=tuple(
            ComparedSample(
                position=position,
                document_id=records[0].document_id,
                reference=records[0].reference,
                texts=tuple(
                    ComparedText(
                        prediction=record.prediction,
                        score=record.score,
                        marks=mark_names(record.marks),
                        unsupported=record.unsupported,
                        error=record.error,
                    )
                    for record in records
                ),
            )
            for position, records in page.samples
        ),
    )


def differing_settings(configs: Sequence[Mapping[str, Any]]) -> Iterator[Setting]:
    """Yield the fields of configurations on which those that have them do not agree, without the output."""
    flat = [dict(_flattened(config)) for config in configs]
    for path in dict.fromkeys(path for values in flat for path in values):
        held = [values[path] for values in flat if path in values]
        if path != _OUTPUT and any(value != held[0] for value in held):
            yield Setting(path=path, values=tuple(values.get(path) for values in flat))


def _flattened(config: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in config.items():
        if isinstance(value, Mapping) and value:
            yield from _flattened(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value


def _scored_jobs(
    query: ComparisonQuery, workspace: Workspace, jobs: JobStore
) -> tuple[list[ScoredJob], ScoredJob]:
    """Return the jobs of a query, and the baseline among them."""
    if query.baseline and query.baseline not in query.job:
        raise InvalidInput(
            f"The baseline {query.baseline} is none of the compared jobs.",
            hint="Name one of them.",
            fields={"baseline": "must be one of the compared jobs"},
        )
    scored = [scored_job(job, workspace) for job in find_jobs(query.job, jobs)]
    wanted = [one for one in scored if one.job.id == query.baseline]
    with_samples = [one for one in scored if one.samples]
    return scored, (wanted or with_samples or scored)[0]


def _with_baselines_samples(
    query: ComparisonQuery, workspace: Workspace, jobs: JobStore
) -> list[tuple[str, SampleSet]]:
    """Return ids and samples of the baseline and of the jobs with its samples, the baseline first."""
    scored, baseline = _scored_jobs(query, workspace, jobs)
    others = [one for one in scored if one is not baseline]
    paired = [baseline, *(one for one in others if pairing_obstacle(one, baseline) is None)]
    return [(one.job.id, one.samples) for one in paired if one.samples]


@contextmanager
def _open(sets: Sequence[SampleSet], workspace: Workspace) -> Iterator[CommonSamples]:
    for samples in sets:
        prepare_index(samples, workspace)
    with CommonSamples.open([samples.index_path(workspace) for samples in sets]) as common:
        yield common


def _compared(one: ScoredJob, baseline: ScoredJob, equal: Sequence[ScoredJob], jobs: JobStore) -> ComparedJob:
    obstacle = pairing_obstacle(one, baseline)
    return ComparedJob(
        experiment=experiment(one.job, jobs.root / one.job.id),
        scores=dict(one.report.rouge.scores) if one.report else {},
        best=tuple(kind for kind in ROUGE_TYPES if len(equal) > 1 and _is_best(one, kind, equal)),
        has_baselines_samples=obstacle is None,
        note=obstacle or mean_obstacle(one, baseline),
        collection=one.samples.collection if one.samples else None,
        samples_name=one.samples.name if one.samples else None,
    )


def _is_best(one: ScoredJob, kind: str, equal: Sequence[ScoredJob]) -> bool:
    """Say whether a job's score, as it is shown, is the highest on the same samples, and one is lower."""
    scores = {id(other): _shown_score(other, kind) for other in equal}
    known = [score for score in scores.values() if score is not None]
    own = scores.get(id(one))
    return own is not None and min(known) < own == max(known)


def _shown_score(one: ScoredJob, kind: str) -> float | None:
    """Return the F-measure from 0 to 100, rounded as it is shown."""
    score = one.report.rouge.scores.get(kind) if one.report else None
    return round(100 * score.fmeasure, 1) if score else None
