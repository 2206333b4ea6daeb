"""Predictions -> report: scores, the lead baselines on the same samples, and the numbers of looping, empty
and cut texts."""

from collections.abc import Mapping, Sequence

from data.errors import InvalidInput
from evaluation.baselines import lead
from evaluation.difference import paired_difference
from evaluation.loops import is_looping
from evaluation.measures.totals import MeasuredSample, measure_all
from evaluation.reference_points import REFERENCE_POINTS
from evaluation.report import Report, Subject, library_versions, now
from evaluation.rouge import resolve_tokenizer, rouge_l_of, rouge_report, score_pairs
from evaluation.scores import RougeSettings
from evaluation.words import words


def evaluate(
    subject: Subject,
    predictions: Sequence[str],
    references: Sequence[str],
    documents: Sequence[str],
    settings: RougeSettings | None = None,
    baselines: Mapping[str, Sequence[str]] | None = None,
    num_cut: int = 0,
    page_tokens: Sequence[Sequence[int]] | None = None,
) -> Report:
    """Score predictions and baselines on the same samples.

    Args:
        subject: names of model and dataset, for the report.
        predictions: the model's summaries.
        references: the reference summaries.
        documents: the source texts, for Lead-1, Lead-3 and the measures; empty texts: not known.
        settings: of ROUGE; None: the defaults.
        baselines: name -> further predictions to compare with (a text model on truncated text).
        num_cut: number of predictions that reached the length limit before their end.
        page_tokens: text tokens of each page of each document; None: not known.

    Raises:
        InvalidInput: the lists are empty or differ in length.
    """
    if len(documents) != len(references):
        raise InvalidInput(
            f"There are {len(documents)} documents and {len(references)} references; each sample needs both."
        )
    settings = resolve_tokenizer(settings or RougeSettings(), references)
    leads = {f"lead-{n}": [lead(document, n) for document in documents] for n in (1, 3)}
    compared = {**leads, **(baselines or {})}
    own = score_pairs(predictions, references, settings)
    others = {name: score_pairs(texts, references, settings) for name, texts in compared.items()}
    tokens = page_tokens or [()] * len(documents)
    summaries = zip(predictions, *compared.values(), strict=True)
    samples = [MeasuredSample(*row) for row in zip(documents, tokens, references, summaries, strict=True)]
    return Report(
        subject=subject,
        rouge=rouge_report(own, settings),
        baselines={name: rouge_report(values, settings) for name, values in others.items()},
        differences={
            name: paired_difference(rouge_l_of(own), rouge_l_of(values), settings)
            for name, values in others.items()
        },
        measures=measure_all(samples, list(compared), settings),
        reference_points=REFERENCE_POINTS.get(subject.benchmark or "", ()),
        num_looping=sum(map(is_looping, predictions)),
        num_empty=sum(not prediction.strip() for prediction in predictions),
        num_cut=num_cut,
        mean_prediction_words=_mean_words(predictions),
        mean_reference_words=_mean_words(references),
        created=now(),
        versions=library_versions(),
    )


def _mean_words(texts: Sequence[str]) -> float:
    return sum(len(words(text)) for text in texts) / len(texts)
