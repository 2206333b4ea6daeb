"""Pages against text: the difference between cells that differ in nothing but what their models read."""

from collections.abc import Iterator, Mapping, Sequence

from data.store.workspace import Workspace
from web_ui.jobs.job import Job
from web_ui.studies.paired import difference, sorted_samples
from web_ui.studies.plan import READS_AXIS, AxisValue
from web_ui.studies.rows import CellRow, TwinDifference


def twin_differences(
    rows: Sequence[CellRow], workspace: Workspace, known: Mapping[str, Job]
) -> Iterator[TwinDifference]:
    """Yield how each cell that reads pages stands to its twins, as far as both have scores.

    Args:
        known: the jobs of the workspace, by id.
    """
    for row in rows:
        twins = [other for other in rows if other.reads != "pages" and _shared(other) == _shared(row)]
        for other in twins if row.reads == "pages" else []:
            seeds = sorted(_scored(row).keys() & _scored(other).keys())
            own, others = (
                sorted_samples([known.get(_scored(each)[seed]) for seed in seeds], workspace)
                for each in (row, other)
            )
            found = difference(own, others)
            if found:
                yield TwinDifference(
                    settings=_shared(row),
                    reads=other.reads,
                    document_tokens=row.document_tokens,
                    other_tokens=other.document_tokens,
                    num_seeds=len(seeds),
                    rouge_l=found,
                )


def _shared(row: CellRow) -> dict[str, AxisValue]:
    return {path: value for path, value in row.settings.items() if path != READS_AXIS}


def _scored(row: CellRow) -> dict[int, str]:
    """Return the jobs of the trainings of a cell that have a score, by seed."""
    return {run.seed: run.job for run in row.runs if run.rouge_l is not None and run.job}
