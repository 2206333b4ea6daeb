"""The measures of all summaries of an evaluation: means with bootstrap intervals."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from evaluation.bootstrap import intervals
from evaluation.measures.places import NUM_PAGES
from evaluation.measures.registry import MEASURES
from evaluation.measures.report import MeasureReport, SampleMeans
from evaluation.measures.sample import MeasuredDocument, Values
from evaluation.processes import in_processes
from evaluation.scores import RougeSettings, SampleMean

_KEYS: Final = tuple(MEASURES)


@dataclass(frozen=True, slots=True)
class MeasuredSample:
    """What is measured of one sample."""

    document: str
    """Its text; empty: not known."""
    page_tokens: Sequence[int]
    """Text tokens of each of its pages; empty: not known."""
    reference: str
    summaries: tuple[str, ...]
    """The model's summary, then those of the baselines."""


def measure_all(
    samples: Sequence[MeasuredSample], baselines: Sequence[str], settings: RougeSettings
) -> MeasureReport:
    """Measure all summaries.

    Args:
        samples: at least one.
        baselines: their names, in the order of `summaries`.
        settings: whose confidence, resamples and seed are used.
    """
    values = np.concatenate(in_processes(_measure, samples))
    num_rows = len(samples[0].summaries) + 1
    measured = values[:, : num_rows * len(_KEYS)].reshape(len(samples), num_rows, len(_KEYS))
    model, *others = [_estimates(measured[:, row], settings) for row in range(num_rows)]
    places = [_sample_mean(column, settings) for column in values[:, num_rows * len(_KEYS) :].T]
    return MeasureReport(
        model=model,
        baselines=dict(zip(baselines, others[:-1], strict=True)),
        references=others[-1],
        page_recall=tuple(places[:NUM_PAGES]),
        height_recall=tuple(places[NUM_PAGES:]),
        num_without_text=sum(not sample.document.strip() for sample in samples),
    )


def _measure(samples: Sequence[MeasuredSample]) -> NDArray[np.float64]:
    """Return one row a sample: the measures of each summary and of the reference, then the recall by place;
    NaN: not defined."""
    return np.array([list(_row(sample)) for sample in samples], dtype=np.float64)


def _row(sample: MeasuredSample) -> Iterable[float | None]:
    document = MeasuredDocument(sample.document, sample.reference, sample.page_tokens)
    for summary in sample.summaries:
        yield from _in_order(document.measure(summary))
    yield from _in_order(document.measure_reference())
    yield from document.recall_by_place(sample.summaries[0])


def _in_order(values: Values) -> Iterable[float | None]:
    return (values.get(key) for key in _KEYS)


def _estimates(columns: NDArray[np.float64], settings: RougeSettings) -> SampleMeans:
    found = {key: _sample_mean(column, settings) for key, column in zip(_KEYS, columns.T, strict=True)}
    return {key: mean for key, mean in found.items() if mean is not None}


def _sample_mean(column: NDArray[np.float64], settings: RougeSettings) -> SampleMean | None:
    known = column[~np.isnan(column)]
    if not len(known):
        return None
    (low,), (high,) = intervals(
        known[:, np.newaxis], settings.confidence, settings.num_resamples, settings.seed
    ).tolist()
    return SampleMean(mean=float(known.mean()), low=low, high=high, num_samples=len(known))
