"""The report of a study: one row a cell, with the mean over its seeds, its tokens, and what stands out."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import mean
from typing import Any, Final, Literal

from data.dataset.manifest import read_manifest
from data.errors import DeepSynthError, NotFound
from data.store.workspace import Workspace
from evaluation.measures.registry import MEASURES
from evaluation.scores import PairedDifference
from web_ui.catalog.experiments import difference_to_lead_3, mean_measures, score_of
from web_ui.jobs.job import Job, State
from web_ui.jobs.store import JobStore
from web_ui.studies.paired import difference, sorted_samples
from web_ui.studies.plan import AxisValue, Cell, Run, describe_cell, plan_cells
from web_ui.studies.record import StudyRecord, job_key

SPLIT: Final = "test"
CellState = Literal["waiting", "running", "done", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRow:
    """One training of a cell."""

    seed: int
    output: str
    job: str | None
    """Of the training; null: it is not queued, or was deleted."""
    state: str
    error: str | None
    rouge_l: float | None
    """Of the test split, 0 to 100."""
    low: float | None
    """Of the interval over the samples."""
    high: float | None
    lead_3: float | None
    blank_pages: float | None
    """ROUGE-L of the same model with blank pages."""
    to_lead_3: PairedDifference | None
    """On the same samples; null: not known."""
    to_blank_pages: PairedDifference | None
    measures: dict[str, float]
    """Means of the measures beside ROUGE: fractions, words or a ratio."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CellRow:
    """One combination of the values of the axes."""

    settings: dict[str, AxisValue]
    dataset: str
    dataset_job: str | None
    state: CellState
    runs: tuple[RunRow, ...]
    rouge_l: float | None
    """Mean over the seeds that have a score, 0 to 100."""
    lowest: float | None
    """Score of the worst seed."""
    highest: float | None
    lead_3: float | None
    blank_pages: float | None
    """Mean over the seeds."""
    vision_tokens: float | None
    """Of a document of the test split, in the mean."""
    text_tokens: float | None
    to_best: PairedDifference | None
    """Difference in ROUGE-L to the cell with the highest score, on the samples of both, each the mean over
    its seeds; null: it is that cell, or the samples are others or not sorted yet."""
    measures: dict[str, float]
    """Means over the seeds of the measures beside ROUGE."""
    is_on_front: bool
    """No other cell costs as few tokens and scores higher (Pareto front)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyReport:
    """A study as its files say now."""

    name: str
    created: str
    version: str
    axes: tuple[str, ...]
    seeds: tuple[int, ...]
    cells: tuple[CellRow, ...]
    num_jobs: int
    num_ended: int
    num_failed: int
    sentence: str
    """What stands out, in words."""


def study_report(record: StudyRecord, workspace: Workspace, jobs: JobStore) -> StudyReport:
    """Return the report of a study. Cells without a score have none in it; failed ones say why."""
    known = {job.id: job for job in jobs.all()}
    rows = [_cell_row(cell, record, workspace, known) for cell in plan_cells(record.plan)]
    own = [known[job_id] for job_id in record.jobs.values() if job_id in known]
    rows = _compare_to_best(mark_front(rows), workspace, known)
    return StudyReport(
        name=record.plan.name,
        created=record.created,
        version=record.version,
        axes=tuple(record.plan.axes),
        seeds=record.plan.seeds,
        cells=tuple(rows),
        num_jobs=len(record.jobs),
        num_ended=sum(job.state in (State.SUCCEEDED, State.FAILED, State.CANCELLED) for job in own),
        num_failed=sum(job.state == State.FAILED for job in own),
        sentence=describe_study(rows),
    )


def describe_study(rows: Sequence[CellRow]) -> str:
    """Say in words which cell scored best, at what cost, and what the controls score."""
    scored = [row for row in rows if row.rouge_l is not None]
    if not scored:
        return "No cell has a score yet."
    best = max(scored, key=lambda row: row.rouge_l or 0.0)
    parts = [f"Best of {len(scored)}: {_named(best)} with {_score(best)} ROUGE-L"]
    if best.vision_tokens:
        parts.append(f" at {best.vision_tokens:,.0f} vision tokens a document")
    controls = {"lead-3": best.lead_3, "blank pages": best.blank_pages}
    stated = [f"{name} {value:.1f}" for name, value in controls.items() if value is not None]
    words = "".join(parts) + (f"; {', '.join(stated)}." if stated else ".")
    if best.lead_3 is not None and (best.rouge_l or 0.0) < best.lead_3:
        words += " No cell is better than copying three sentences (lead-3)."
    cheap = [row for row in scored if row.is_on_front and row is not best and row.vision_tokens]
    if cheap and best.vision_tokens:
        cheapest = min(cheap, key=lambda row: row.vision_tokens or 0.0)
        words += (
            f" {_named(cheapest)} costs {cheapest.vision_tokens:,.0f} tokens and scores {_score(cheapest)}."
        )
    return words + _describe_equals(scored)


def _describe_equals(scored: Sequence[CellRow]) -> str:
    """Name the cells that are not shown to be worse than the best one."""
    equals = [_named(row) for row in scored if row.to_best and row.to_best.relation == "not_shown"]
    verb = "is" if len(equals) == 1 else "are"
    return f" On the same samples {'; '.join(equals)} {verb} not shown to be worse." if equals else ""


def _named(row: CellRow) -> str:
    return describe_cell(row.settings)


def _score(row: CellRow) -> str:
    if len(row.runs) < 2 or row.lowest is None or row.highest is None:
        return f"{row.rouge_l:.1f}"
    return f"{row.rouge_l:.1f} ({len(row.runs)} seeds, {row.lowest:.1f} to {row.highest:.1f})"


def _cell_row(cell: Cell, record: StudyRecord, workspace: Workspace, known: dict[str, Job]) -> CellRow:
    made = known.get(record.jobs.get(job_key("dataset", cell.dataset.name), ""))
    runs = tuple(_run_row(run, record, workspace, known) for run in cell.runs)
    scores = [run.rouge_l for run in runs if run.rouge_l is not None]
    vision, text = _tokens(cell.dataset.name, workspace)
    return CellRow(
        settings=dict(cell.settings),
        dataset=cell.dataset.name,
        dataset_job=made.id if made else None,
        state=_cell_state(made, runs, bool(record.plan.blank_pages)),
        runs=runs,
        rouge_l=mean(scores) if scores else None,
        lowest=min(scores, default=None),
        highest=max(scores, default=None),
        lead_3=next((run.lead_3 for run in runs if run.lead_3 is not None), None),
        blank_pages=_mean([run.blank_pages for run in runs]),
        vision_tokens=vision,
        text_tokens=text,
        to_best=None,
        measures=_mean_measures([run.measures for run in runs]),
        is_on_front=False,
    )


def _run_row(run: Run, record: StudyRecord, workspace: Workspace, known: dict[str, Job]) -> RunRow:
    output = run.training.output
    job = known.get(record.jobs.get(job_key("training", output), ""))
    control = known.get(record.jobs.get(job_key("evaluation", f"{output}-blank"), ""))
    score = score_of(job) if job else None
    blank = score_of(control) if control else None
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
    )


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


def _tokens(dataset: str, workspace: Workspace) -> tuple[float | None, float | None]:
    """Return the mean vision tokens and text tokens of a document of the test split."""
    try:
        counts = read_manifest(workspace.dataset(dataset)).require_split(SPLIT).counts
    except (NotFound, DeepSynthError):
        return None, None
    return counts.num_vision_tokens / counts.num_kept, counts.num_text_tokens / counts.num_kept


def mark_front(rows: Sequence[CellRow]) -> list[CellRow]:
    """Return the cells, with those marked that no other cell beats at its cost."""
    return [replace(row, is_on_front=_is_on_front(row, rows)) for row in rows]


def _is_on_front(row: CellRow, rows: Sequence[CellRow]) -> bool:
    if row.rouge_l is None or row.vision_tokens is None:
        return False
    others = [other for other in rows if other is not row]
    return not any(_dominates(other, row.vision_tokens, row.rouge_l) for other in others)


def _dominates(other: CellRow, tokens: float, score: float) -> bool:
    """Say whether a cell costs no more and scores no less, and is better in one of both."""
    if other.rouge_l is None or other.vision_tokens is None:
        return False
    is_no_worse = other.vision_tokens <= tokens and other.rouge_l >= score
    return is_no_worse and (other.vision_tokens < tokens or other.rouge_l > score)


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return mean(known) if known else None


def _mean_measures(found: Sequence[dict[str, float]]) -> dict[str, float]:
    values = {key: [measures[key] for measures in found if key in measures] for key in MEASURES}
    return {key: mean(known) for key, known in values.items() if known}


def _percent(value: Any) -> float | None:
    return None if value is None else 100 * float(value)
