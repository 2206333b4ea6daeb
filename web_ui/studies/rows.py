"""The report of a study: its cells, their trainings, and how readers of pages stand to readers of text."""

from dataclasses import dataclass
from typing import Literal

from evaluation.scores import PairedDifference
from training.options.reads import Reads
from web_ui.studies.plan import AxisValue

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
    document_tokens: float | None
    """Of a document in the decoder, as the model read it, in the mean."""
    text_tokens: float | None
    """Of a document's whole text in the model's vocabulary, in the mean."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CellRow:
    """One combination of the values of the axes."""

    settings: dict[str, AxisValue]
    reads: Reads
    """What its models read."""
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
    document_tokens: float | None
    """Of a document of the test split in the decoder, as the models read it, in the mean."""
    text_tokens: float | None
    """Of a document's whole text in the models' vocabulary, in the mean."""
    character_error_rate: float | None
    """Of the model before its training, that transcribes pages of the dataset; null: not checked, or not
    yet."""
    to_best: PairedDifference | None
    """Difference in ROUGE-L to the cell with the highest score, on the samples of both, each the mean over
    its seeds; null: it is that cell, or the samples are others or not sorted yet."""
    measures: dict[str, float]
    """Means over the seeds of the measures beside ROUGE."""
    is_on_front: bool
    """No other cell costs as few tokens and scores higher (Pareto front)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TwinDifference:
    """How the models of a cell that read pages stand to those that read text, all else equal."""

    settings: dict[str, AxisValue]
    """Of both cells, without what they read."""
    reads: Reads
    """What the other models read."""
    document_tokens: float | None
    """Of the cell that reads pages."""
    other_tokens: float | None
    num_seeds: int
    """Seeds that both cells have a score of; the scores of a sample are means over them."""
    rouge_l: PairedDifference
    """Pages minus text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyReport:
    """A study as its files say now."""

    name: str
    created: str
    version: str
    axes: tuple[str, ...]
    seeds: tuple[int, ...]
    cells: tuple[CellRow, ...]
    twins: tuple[TwinDifference, ...]
    """Of each cell that reads pages to the cells that differ in what they read only."""
    num_jobs: int
    num_ended: int
    num_failed: int
    num_sorting: int
    """Jobs whose samples are being sorted: their differences are still missing."""
    sentence: str
    """What stands out, in words."""
