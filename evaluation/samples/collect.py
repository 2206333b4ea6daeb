"""The samples of a result, read from its files: predictions with their documents, or a dataset's split."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import chain, repeat
from operator import or_
from pathlib import Path
from typing import Any, Final

from data.errors import StorageError
from data.records import STYLE
from data.validation import as_record
from evaluation.loops import is_looping
from evaluation.measures.sample import MeasuredDocument
from evaluation.samples.record import NO_MARK, Mark, SampleRecord
from evaluation.scores import RougeSettings

_ROUGE_L: Final = "rougeL"
_FMEASURE: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictionLine:
    """A line of a predictions file: `prediction` and `reference` of a dataset's sample, `summary` of an
    input."""

    document_id: str = ""
    input: str = ""
    prediction: str | None = None
    summary: str | None = None
    reference: str | None = None
    error: str | None = None
    num_tokens: int = 0
    num_pages: int = 0
    cut: bool = False
    looping: bool = False

    @property
    def name(self) -> str:
        return self.document_id or self.input

    @property
    def text(self) -> str | None:
        return self.summary if self.prediction is None else self.prediction


def read_predictions(path: Path) -> list[PredictionLine]:
    """Read the lines of a predictions file.

    Raises:
        StorageError: the file is missing, or a line is not what this version writes.
    """
    try:
        lines = [json.loads(line) for line in path.read_bytes().splitlines() if line.strip()]
    except (OSError, ValueError, RecursionError) as error:
        raise StorageError(f"{path} cannot be read: {error}.", hint="Make the predictions again.") from error
    return [as_record(line, path, PredictionLine) for line in lines]


def predicted_samples(
    lines: Sequence[PredictionLine],
    documents: Iterable[Mapping[str, Any]],
    text_lines: Sequence[PredictionLine] = (),
) -> Iterator[SampleRecord]:
    """Yield a sample for each line of a predictions file.

    Args:
        documents: the rows of the dataset's split, of which the first ones were read; without rows, the
            inputs were files, or the dataset is gone. A row with another id belongs to another dataset of
            that name.
        text_lines: what a text model wrote of the same documents.
    """
    scores, rows = _scores(lines), chain(documents, repeat({}))
    by_text_model = _by_document(text_lines)
    for number, (line, score, document) in enumerate(zip(lines, scores, rows, strict=False)):
        is_same = document.get("document_id") == line.name and line.reference in (None, document["summary"])
        row, text = (number, document.get("text") or "") if is_same else (None, "")
        summary, measured = line.text or "", MeasuredDocument(text, line.reference or "")
        values = {} if line.error else measured.measure(summary)
        unsupported = measured.unsupported_facts(summary)
        text_prediction, text_score = by_text_model.get((line.name, line.reference), (None, None))
        yield SampleRecord(
            document_id=line.name,
            row=row,
            prediction=line.text,
            reference=line.reference,
            error=line.error,
            score=score,
            length=line.num_tokens,
            document_tokens=document["num_text_tokens"] if is_same else None,
            text_model_prediction=text_prediction,
            text_model_score=text_score,
            num_pages=line.num_pages or (document["num_pages"] if is_same else 0),
            marks=_marks(line, unsupported),
            unsupported=unsupported,
            missing=measured.missing_facts(summary),
            measures={key: value for key, value in values.items() if value is not None},
            style=document.get(STYLE, {}) if is_same else {},
        )


def _by_document(
    lines: Sequence[PredictionLine],
) -> Mapping[tuple[str, str | None], tuple[str | None, float | None]]:
    """Return text and ROUGE-L of each line by its document and reference."""
    return {
        (line.name, line.reference): (line.text, score)
        for line, score in zip(lines, _scores(lines), strict=True)
    }


def dataset_samples(rows: Iterable[Mapping[str, Any]]) -> Iterator[SampleRecord]:
    """Yield a sample for each row of a dataset's split; `rows` are those of its shards, without images."""
    for number, row in enumerate(rows):
        yield SampleRecord(
            document_id=row["document_id"],
            row=number,
            reference=row["summary"],
            length=row["num_text_tokens"],
            document_tokens=row["num_text_tokens"],
            num_pages=row["num_pages"],
            marks=Mark.cut if row["truncated"] else NO_MARK,
            style=row.get(STYLE, {}),
        )


def _scores(lines: Sequence[PredictionLine]) -> list[float | None]:
    """Return the ROUGE-L of each line with a reference, with the settings of a report of these lines."""
    pairs = [(line.text or "", line.reference) for line in lines if line.reference]
    if not pairs:
        return [None] * len(lines)
    predictions, references = zip(*pairs, strict=True)
    from evaluation.rouge import resolve_tokenizer, score_pairs  # noqa: PLC0415 - a dataset's samples need no ROUGE

    settings = resolve_tokenizer(RougeSettings(), references)
    found = iter(score_pairs(predictions, references, settings, kinds=[_ROUGE_L])[:, 0, _FMEASURE].tolist())
    return [next(found) if line.reference else None for line in lines]


def _marks(line: PredictionLine, unsupported: Sequence[str]) -> Mark:
    text = line.text or ""
    held = {
        Mark.exact: bool(line.reference) and text.strip() == str(line.reference).strip(),
        Mark.cut: line.cut,
        Mark.looping: line.looping or is_looping(text),
        Mark.failed: bool(line.error),
        Mark.unsupported: bool(unsupported),
        Mark.empty: not text.strip() and not line.error,
    }
    return reduce(or_, (mark for mark, is_held in held.items() if is_held), NO_MARK)
