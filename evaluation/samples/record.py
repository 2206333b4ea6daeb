"""One sample as people look at it: what was written, what was expected, its score and its marks."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntFlag
from typing import Final

from data.variation import StyleValue


class Mark(IntFlag):
    """What is remarkable about a sample; the names are those of the API."""

    exact = 1
    """The prediction equals the reference."""
    cut = 2
    """The prediction reached the length limit; of a dataset: the document was cut to its pages."""
    looping = 4
    """The prediction ends in repetitions."""
    failed = 8
    """The input could not be read."""
    unsupported = 16
    """The prediction holds numbers or names that the document does not hold."""
    empty = 32
    """Nothing was written."""


NO_MARK: Final = Mark(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleRecord:
    """One sample of a dataset's split, an evaluation or a prediction."""

    document_id: str
    row: int | None = None
    """Of the dataset's split; None: the document is no sample of a dataset."""
    prediction: str | None = None
    reference: str | None = None
    error: str | None = None
    """Why the input could not be read."""
    score: float | None = None
    """ROUGE-L F-measure against the reference, 0 to 1."""
    length: int = 0
    """Tokens that the model wrote; of a dataset: text tokens of the document."""
    document_tokens: int | None = None
    """Text tokens of the document; None: not known, as for a document that is no sample of a dataset."""
    num_pages: int = 0
    text_model_prediction: str | None = None
    """What a text model wrote of the same document's text; None: none was scored."""
    text_model_score: float | None = None
    """Its ROUGE-L F-measure."""
    marks: Mark = NO_MARK
    unsupported: tuple[str, ...] = ()
    """Numbers and names of the prediction that the document does not hold."""
    missing: tuple[str, ...] = ()
    """Numbers and names of the reference that the prediction does not hold."""
    measures: Mapping[str, float] = field(default_factory=dict)
    """Key of MEASURES -> value; those that are not defined are left out."""
    style: Mapping[str, StyleValue] = field(default_factory=dict)
    """The values that were chosen for its pages; empty where all documents of the dataset look alike."""
