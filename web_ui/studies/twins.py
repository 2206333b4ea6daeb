"""Pages against text: the difference between cells that differ in nothing but what their models read."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from statistics import fmean

from werkzeug.exceptions import TooManyRequests

from data.errors import DeepSynthError
from data.store.workspace import Workspace
from evaluation.samples.pairs import CommonSamples
from evaluation.samples.store import SampleSet
from evaluation.scores import PairedDifference
from web_ui.catalog.sample_index import prepare_index
from web_ui.catalog.sample_sets import list_sample_sets
from web_ui.studies.plan import READS_AXIS, AxisValue
from web_ui.studies.rows import CellRow, RunRow, TwinDifference

SPLIT = "test"
MAX_KEPT_DIFFERENCES = 1024
_File = tuple[Path, int, int]
"""The index of a result, with what changes when it is made anew."""


def twin_differences(rows: Sequence[CellRow], workspace: Workspace) -> Iterator[TwinDifference]:
    """Yield how each cell that reads pages stands to its twins, as far as both have scores."""
    for row in rows:
        twins = [other for other in rows if other.reads != "pages" and _shared(other) == _shared(row)]
        for other in twins if row.reads == "pages" else []:
            pairs = list(_scored_pairs(row, other))
            found = _difference([(own.output, twin.output) for own, twin in pairs], workspace)
            if found is None:
                continue
            yield TwinDifference(
                settings=_shared(row),
                reads=other.reads,
                document_tokens=row.document_tokens,
                other_tokens=other.document_tokens,
                num_seeds=len(pairs),
                rouge_l=found,
            )


def _shared(row: CellRow) -> dict[str, AxisValue]:
    return {path: value for path, value in row.settings.items() if path != READS_AXIS}


def _scored_pairs(row: CellRow, other: CellRow) -> Iterator[tuple[RunRow, RunRow]]:
    twins = {run.seed: run for run in other.runs if run.rouge_l is not None}
    for run in row.runs:
        if run.rouge_l is not None and run.seed in twins:
            yield run, twins[run.seed]


def _difference(outputs: Sequence[tuple[str, str]], workspace: Workspace) -> PairedDifference | None:
    """Return the difference of pairs of trainings, one a seed; None: their samples cannot be read now."""
    try:
        files = tuple(tuple(_index(name, workspace) for name in pair) for pair in outputs)
        return _paired(files) if files else None
    except (DeepSynthError, TooManyRequests, KeyError, OSError):
        return None  # being sorted, deleted or damaged: the page of that model says which


def _index(output: str, workspace: Workspace) -> _File:
    samples: SampleSet = list_sample_sets("models", output, workspace)[SPLIT]
    prepare_index(samples, workspace)
    path = samples.index_path(workspace)
    status = path.stat()
    return path, status.st_ino, status.st_mtime_ns


@lru_cache(MAX_KEPT_DIFFERENCES)
def _paired(files: tuple[tuple[_File, ...], ...]) -> PairedDifference | None:
    from evaluation.verdicts.difference import paired_difference  # noqa: PLC0415  (serving the web pages does not need numpy)

    of_seeds = []
    for pair in files:
        with CommonSamples.open([path for path, *_ in pair]) as common:
            of_seeds.append(common.scores())
    if len({len(scores) for scores in of_seeds}) != 1:
        return None  # of different samples: no mean over the seeds
    own, others = (
        [fmean(scores[place] for scores in seeds) for seeds in zip(*of_seeds, strict=True)]
        for place in (0, 1)
    )
    return paired_difference(own, others)
