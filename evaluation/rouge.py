"""ROUGE (Lin 2004) of a set of predictions: the arithmetic of rouge-score, with words of every script, real
sentences and confidence intervals."""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache, partial

import numpy as np
from nltk.stem.porter import PorterStemmer
from numpy.typing import NDArray
from rouge_score import tokenize
from rouge_score.rouge_scorer import RougeScorer

from data.errors import InvalidInput
from evaluation.bootstrap import intervals
from evaluation.processes import in_processes
from evaluation.scores import ROUGE_TYPES, RougeReport, RougeSettings, Score
from evaluation.words import needs_unicode, sentences, words


def rouge(
    predictions: Sequence[str],
    references: Sequence[str],
    settings: RougeSettings | None = None,
    num_processes: int | None = None,
) -> RougeReport:
    """Score predictions against references: rouge1, rouge2, rougeL and rougeLsum, with confidence intervals.

    Args:
        predictions: one text per sample.
        references: the reference of each sample, in the same order.
        settings: of ROUGE; None: the defaults.
        num_processes: number of processes; None: by the number of samples and cores.

    Raises:
        InvalidInput: there are no predictions, or the two differ in length.
    """
    settings = resolve_tokenizer(settings or RougeSettings(), references)
    return rouge_report(score_pairs(predictions, references, settings, num_processes), settings)


def rouge_report(values: NDArray[np.float64], settings: RougeSettings) -> RougeReport:
    """Return the means of the scores of `score_pairs`, with confidence intervals."""
    low, high = intervals(values[:, :, 2], settings.confidence, settings.num_resamples, settings.seed)
    rows = np.column_stack([values.mean(axis=0), low, high]).tolist()
    scores = {
        kind: Score(precision=precision, recall=recall, fmeasure=fmeasure, low=low_end, high=high_end)
        for kind, (precision, recall, fmeasure, low_end, high_end) in zip(ROUGE_TYPES, rows, strict=True)
    }
    return RougeReport(scores, settings, len(values))


def rouge_l_of(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the ROUGE-L F-measure of each sample from the scores of `score_pairs` of all types."""
    return values[:, ROUGE_TYPES.index("rougeL"), 2]


def resolve_tokenizer(settings: RougeSettings, references: Sequence[str]) -> RougeSettings:
    """Replace tokenizer=auto by the tokenizer that the references need, so that a report names it."""
    if settings.tokenizer != "auto":
        return settings
    return replace(settings, tokenizer="unicode" if needs_unicode(references) else "ascii")


def score_pairs(
    predictions: Sequence[str],
    references: Sequence[str],
    settings: RougeSettings,
    num_processes: int | None = None,
    kinds: Sequence[str] = ROUGE_TYPES,
) -> NDArray[np.float64]:
    """Score each pair separately, with resolved settings.

    Returns:
        (num_samples, len(kinds), 3): precision, recall and F-measure, 0 to 1.

    Raises:
        InvalidInput: as `rouge`.
    """
    _check_lengths(predictions, references)
    score = partial(_score_pairs, settings=settings, kinds=kinds)
    pairs = list(zip(predictions, references, strict=True))
    return np.concatenate(in_processes(score, pairs, num_processes))


def _score_pairs(
    pairs: Sequence[tuple[str, str]], settings: RougeSettings, kinds: Sequence[str]
) -> NDArray[np.float64]:
    scorer = RougeScorer(list(kinds), tokenizer=_Tokenizer(settings))
    lines = _one_sentence_a_line if settings.sentences == "split" else str
    scored = [scorer.score(lines(reference), lines(prediction)) for prediction, reference in pairs]
    return np.array([[scores[kind] for kind in kinds] for scores in scored], dtype=np.float64)


def _one_sentence_a_line(text: str) -> str:
    return "\n".join(sentences(text))


class _Stemmer:
    """Porter's stemmer with a cache: words repeat, and stemming takes most of the time of ROUGE."""

    def __init__(self) -> None:
        self.stem = lru_cache(maxsize=1 << 17)(PorterStemmer().stem)


class _Tokenizer:
    """The tokenizer of a RougeScorer: rouge-score's own for a-z, or ours for every script."""

    def __init__(self, settings: RougeSettings) -> None:
        self._stemmer = _Stemmer() if settings.stemmer else None
        self._unicode = settings.tokenizer == "unicode"

    def tokenize(self, text: str) -> list[str]:
        if not self._unicode:
            return list(tokenize.tokenize(text, self._stemmer))
        if self._stemmer is None:
            return words(text)
        return [
            self._stemmer.stem(word) if len(word) > 3 and word.isascii() else word for word in words(text)
        ]


def _check_lengths(predictions: Sequence[str], references: Sequence[str]) -> None:
    if not predictions or len(predictions) != len(references):
        raise InvalidInput(
            f"ROUGE needs one reference for each prediction; there are {len(predictions)} predictions and "
            f"{len(references)} references.",
            hint="Check that the split is not empty and that every sample has a summary.",
        )
