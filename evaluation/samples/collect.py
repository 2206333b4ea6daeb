"""The samples of a result, read from its files: predictions with their documents, or a dataset's split."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, repeat
from pathlib import Path
from typing import Any, Final

from data.errors import StorageError
from evaluation.loops import is_looping
from evaluation.rouge import resolve_tokenizer, score_pairs
from evaluation.samples.record import NO_MARK, Mark, SampleRecord
from evaluation.samples.support import unsupported_words
from evaluation.scores import RougeSettings

_ROUGE_L: Final = "rougeL"
_FMEASURE: Final = 2


def read_predictions(path: Path) -> list[dict[str, Any]]:
    """Read the lines of a predictions file.

    Raises:
        StorageError: the file is missing, or a line is no JSON object.
    """
    try:
        lines = [json.loads(line) for line in path.read_bytes().splitlines() if line.strip()]
    except (OSError, ValueError) as error:
        raise StorageError(f"{path} cannot be read: {error}.", hint="Make the predictions again.") from error
    if not all(isinstance(line, dict) for line in lines):
        raise StorageError(f"{path} holds a line that is no JSON object.", hint="Make the predictions again.")
    return lines


def predicted_samples(
    lines: Sequence[Mapping[str, Any]], documents: Iterable[Mapping[str, Any]]
) -> Iterator[SampleRecord]:
    """Yield a sample for each line of a predictions file.

    Args:
        documents: the rows of the dataset's split, of which the first ones were read; without rows, the
            inputs were files, or the dataset is gone. A row with another id belongs to another dataset of
            that name.
    """
    scores, rows = _scores(lines), chain(documents, repeat({}))
    for number, (line, score, document) in enumerate(zip(lines, scores, rows, strict=False)):
        document_id = str(line.get("document_id") or line.get("input") or "")
        is_same = document.get("document_id") == document_id
        row, text = (number, document.get("text") or "") if is_same else (None, "")
        prediction, reference = line.get("prediction", line.get("summary")), line.get("reference")
        unsupported = unsupported_words(prediction or "", text)
        yield SampleRecord(
            document_id=document_id,
            row=row,
            prediction=prediction,
            reference=reference,
            error=line.get("error"),
            score=score,
            length=int(line.get("num_tokens") or 0),
            num_pages=int(line.get("num_pages") or (document["num_pages"] if is_same else 0)),
            marks=_marks(line, prediction or "", reference, unsupported),
            unsupported=unsupported,
        )


def dataset_samples(rows: Iterable[Mapping[str, Any]]) -> Iterator[SampleRecord]:
    """Yield a sample for each row of a dataset's split; `rows` are those of its shards, without images."""
    for number, row in enumerate(rows):
        yield SampleRecord(
            document_id=row["document_id"],
            row=number,
            reference=row["summary"],
            length=row["num_text_tokens"],
            num_pages=row["num_pages"],
            marks=Mark.cut if row["truncated"] else NO_MARK,
        )


def _scores(lines: Sequence[Mapping[str, Any]]) -> list[float | None]:
    """Return the ROUGE-L of each line with a reference, with the settings of a report of these lines."""
    pairs = [(line["prediction"], line["reference"]) for line in lines if line.get("reference")]
    if not pairs:
        return [None] * len(lines)
    predictions, references = zip(*pairs, strict=True)
    settings = resolve_tokenizer(RougeSettings(), references)
    found = iter(score_pairs(predictions, references, settings, kinds=[_ROUGE_L])[:, 0, _FMEASURE].tolist())
    return [next(found) if line.get("reference") else None for line in lines]


def _marks(
    line: Mapping[str, Any], prediction: str, reference: str | None, unsupported: Sequence[str]
) -> Mark:
    held = {
        Mark.exact: bool(reference) and prediction.strip() == str(reference).strip(),
        Mark.cut: bool(line.get("cut")),
        Mark.looping: bool(line.get("looping")) or is_looping(prediction),
        Mark.failed: bool(line.get("error")),
        Mark.unsupported: bool(unsupported),
        Mark.empty: not prediction.strip() and not line.get("error"),
    }
    marks = NO_MARK
    for mark, is_held in held.items():
        marks |= mark if is_held else NO_MARK
    return marks
