"""The report of a study: one row a cell, with the mean over its seeds, its tokens, and what stands out."""

from collections.abc import Sequence
from dataclasses import replace
from statistics import mean
from typing import Any

from data.errors import NotFound, StorageError
from data.store.workspace import Workspace
from evaluation.measures.registry import MEASURES
from evaluation.report import Subject, read_report
from web_ui.catalog.experiments import difference_to_lead_3, mean_measures, score_of
from web_ui.jobs.job import Job, State
from web_ui.jobs.store import JobStore
from web_ui.studies.paired import begin_sorting, difference, sorted_samples
from web_ui.studies.plan import Cell, Run, plan_cells
from web_ui.studies.record import StudyRecord, job_key
from web_ui.studies.rows import CellRow, CellState, RunRow, StudyReport, TwinDifference
from web_ui.studies.twins import twin_differences
from web_ui.studies.wording import describe_study


def study_report(
    record: StudyRecord, workspace: Workspace, jobs: JobStore, *, with_differences: bool = True
) -> StudyReport:
    """Return the report of a study. Cells without a score have none in it; failed ones say why.

    Args:
        with_differences: compare the cells on their samples, which reads the scores of all of them.
    """
    known = {job.id: job for job in jobs.all()}
    rows = [_cell_row(cell, record, workspace, known) for cell in plan_cells(record.plan)]
    own = [known[job_id] for job_id in record.jobs.values() if job_id in known]
    rows = mark_front(rows)
    num_sorting = begin_sorting(own, workspace) if with_differences else 0
    twins: tuple[TwinDifference, ...] = ()
    if with_differences:
        rows = _compare_to_best(rows, workspace, known)
        twins = tuple(twin_differences(rows, workspace, known))
    return StudyReport(
        name=record.plan.name,
        created=record.created,
        version=record.version,
        axes=tuple(record.plan.axes),
        seeds=record.plan.seeds,
        cells=tuple(rows),
        twins=twins,
        num_jobs=len(record.jobs),
        num_ended=sum(job.state in (State.SUCCEEDED, State.FAILED, State.CANCELLED) for job in own),
        num_failed=sum(job.state == State.FAILED for job in own),
        num_sorting=num_sorting,
        sentence=describe_study(rows, twins),
    )


def _cell_row(cell: Cell, record: StudyRecord, workspace: Workspace, known: dict[str, Job]) -> CellRow:
    made = known.get(record.jobs.get(job_key("dataset", cell.dataset.name), ""))
    runs = tuple(_run_row(run, record, workspace, known) for run in cell.runs)
    scores = [run.rouge_l for run in runs if run.rouge_l is not None]
    return CellRow(
        settings=dict(cell.settings),
        reads=cell.runs[0].training.reads,
        dataset=cell.dataset.name,
        dataset_job=made.id if made else None,
        state=_cell_state(made, runs, any(run.control for run in cell.runs)),
        runs=runs,
        rouge_l=mean(scores) if scores else None,
        lowest=min(scores, default=None),
        highest=max(scores, default=None),
        lead_3=next((run.lead_3 for run in runs if run.lead_3 is not None), None),
        blank_pages=_mean([run.blank_pages for run in runs]),
        document_tokens=_mean([run.document_tokens for run in runs]),
        text_tokens=_mean([run.text_tokens for run in runs]),
        character_error_rate=_read_result(cell, record, known),
        to_best=None,
        measures=_mean_measures([run.measures for run in runs]),
        is_on_front=False,
    )


def _read_result(cell: Cell, record: StudyRecord, known: dict[str, Job]) -> float | None:
    """Return the character error rate of a cell's reading check."""
    key = job_key("reading_check", str(cell.reading.output)) if cell.reading else ""
    job = known.get(record.jobs.get(key, ""))
    rate = (job.result or {}).get("character_error_rate") if job else None
    return float(rate) if isinstance(rate, int | float) else None


def _run_row(run: Run, record: StudyRecord, workspace: Workspace, known: dict[str, Job]) -> RunRow:
    output = run.training.output
    job = known.get(record.jobs.get(job_key("training", output), ""))
    control = known.get(record.jobs.get(job_key("evaluation", f"{output}-blank"), ""))
    score = score_of(job) if job else None
    blank = score_of(control) if control else None
    subject = _subject(output, workspace) if score else None
    return RunRow(
        seed=run.seed,
        output=output,
        job=job.id if job else None,
        state=job.state if job else "missing",
        error=str(job.error["message"]) if job and job.error else None,
        rouge_l=_percent(score.rouge_l if score else None),
        low=_percent(score.low if score else None),
        high=_percent(score.high if score else None),
        lead_3=_percent(score.lead_3 if score else None),
        blank_pages=_percent(blank.rouge_l if blank else None),
        to_lead_3=difference_to_lead_3(job) if job else None,
        to_blank_pages=difference(sorted_samples([job], workspace), sorted_samples([control], workspace)),
        measures=mean_measures(job) if job else {},
        document_tokens=subject.mean_document_tokens if subject else None,
        text_tokens=subject.mean_text_tokens if subject else None,
    )


def _subject(output: str, workspace: Workspace) -> Subject | None:
    try:
        return read_report(workspace.model(output)).subject
    except (NotFound, StorageError):
        return None


def _compare_to_best(rows: Sequence[CellRow], workspace: Workspace, known: dict[str, Job]) -> list[CellRow]:
    scored = [row for row in rows if row.rouge_l is not None]
    if not scored:
        return list(rows)
    best = max(scored, key=lambda row: row.rouge_l or 0.0)
    jobs = [[known.get(run.job or "") for run in row.runs if run.rouge_l is not None] for row in rows]
    samples = [sorted_samples(own, workspace) for own in jobs]
    of_best = samples[rows.index(best)]
    return [
        row if row is best else replace(row, to_best=difference(own, of_best))
        for row, own in zip(rows, samples, strict=True)
    ]


def _cell_state(made: Job | None, runs: Sequence[RunRow], has_control: bool) -> CellState:
    states = [made.state if made else "missing", *(run.state for run in runs)]
    if any(state in ("failed", "cancelled", "missing") for state in states):
        return "failed"
    is_scored = all(
        run.rouge_l is not None and (run.blank_pages is not None or not has_control) for run in runs
    )
    if is_scored:
        return "done"
    return "waiting" if all(state in ("queued", "paused") for state in states) else "running"


def mark_front(rows: Sequence[CellRow]) -> list[CellRow]:
    """Return the cells, with those marked that no other cell beats at its cost."""
    return [replace(row, is_on_front=_is_on_front(row, rows)) for row in rows]


def _is_on_front(row: CellRow, rows: Sequence[CellRow]) -> bool:
    if row.rouge_l is None or row.document_tokens is None:
        return False
    others = [other for other in rows if other is not row]
    return not any(_dominates(other, row.document_tokens, row.rouge_l) for other in others)


def _dominates(other: CellRow, tokens: float, score: float) -> bool:
    """Say whether a cell costs no more and scores no less, and is better in one of both."""
    if other.rouge_l is None or other.document_tokens is None:
        return False
    is_no_worse = other.document_tokens <= tokens and other.rouge_l >= score
    return is_no_worse and (other.document_tokens < tokens or other.rouge_l > score)


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return mean(known) if known else None


def _mean_measures(found: Sequence[dict[str, float]]) -> dict[str, float]:
    values = {key: [measures[key] for measures in found if key in measures] for key in MEASURES}
    return {key: mean(known) for key, known in values.items() if known}


def _percent(value: Any) -> float | None:
    return None if value is None else 100 * float(value)
