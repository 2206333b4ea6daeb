"""Paired differences between the trainings of a study: on the same samples, the scores of each one averaged
over the seeds.

Cells of other page modes have datasets of their own, so samples are paired by position, document and
reference. Only samples that are sorted already are read: a report waits for nothing.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from statistics import mean

from data.errors import DeepSynthError
from data.store.workspace import Workspace
from evaluation.samples.index import SampleIndex
from evaluation.scores import PairedDifference
from web_ui.catalog.sample_index import begin_index
from web_ui.catalog.scored_samples import scored_job
from web_ui.jobs.job import Job

SortedSamples = tuple[tuple[Path, str], ...]
"""The index of each training with the digest of its content; empty: not all are sorted."""


def sorted_samples(jobs: Sequence[Job | None], workspace: Workspace) -> SortedSamples:
    """Return the indexes of the scored samples of jobs that belong together: the seeds of a cell."""
    try:
        found = tuple(_indexes(jobs, workspace))
    except DeepSynthError:
        return ()
    return found if len(found) == len(jobs) else ()


def begin_sorting(jobs: Iterable[Job], workspace: Workspace) -> int:
    """Begin to sort the samples of jobs where they are not sorted yet, as after an upgrade. Returns how many
    jobs have samples that are being sorted."""
    num_sorting = 0
    for job in jobs:
        with suppress(DeepSynthError):  # the job's own page says what is wrong with its files
            samples = scored_job(job, workspace).samples
            num_sorting += bool(samples and begin_index(samples, workspace))
    return num_sorting


def _indexes(jobs: Sequence[Job | None], workspace: Workspace) -> Iterator[tuple[Path, str]]:
    for job in jobs:
        samples = scored_job(job, workspace).samples if job else None
        if samples and samples.has_index(workspace):
            yield samples.index_path(workspace), samples.key(workspace)


def difference(own: SortedSamples, others: SortedSamples) -> PairedDifference | None:
    """Return the difference in ROUGE-L, the first minus the second; None: they have no sample in common, or
    an index cannot be read."""
    try:
        return _difference(own, others)
    except DeepSynthError:
        return None


@lru_cache(maxsize=1024)
def _difference(own: SortedSamples, others: SortedSamples) -> PairedDifference | None:
    from evaluation.difference import paired_difference  # noqa: PLC0415  (serving the web pages does not need numpy)

    scores, other_scores = _mean_scores(own), _mean_scores(others)
    common = [key for key in scores if key in other_scores]
    if not common:
        return None
    return paired_difference([scores[key] for key in common], [other_scores[key] for key in common])


def _mean_scores(samples: SortedSamples) -> Mapping[tuple[int, int], float]:
    """Return the mean ROUGE-L of each sample that all indexes hold."""
    found = []
    for path, _ in samples:
        with SampleIndex.open(path) as index:
            found.append(index.scores())
    common = set.intersection(*(set(scores) for scores in found)) if found else set()
    return {key: mean(scores[key] for scores in found) for key in sorted(common)}
