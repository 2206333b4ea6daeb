"""Requests and answers of the lists of samples."""

from typing import Annotated, Literal, get_args

from pydantic import Field

from data.config import Config, Name
from evaluation.samples.index import Order, Selection
from evaluation.samples.index_file import NUM_BINS
from evaluation.samples.record import Mark
from web_ui.api.schemas import Answer, JsonObject

MarkName = Literal["exact", "cut", "looping", "failed", "unsupported", "empty"]
MAX_SAMPLES_PER_PAGE = 100
Bin = Annotated[int, Field(ge=0, lt=NUM_BINS)]


class SplitQuery(Config):
    split: Name | None = Field(None, description="null: the first one of the result")


class SelectionQuery(SplitQuery):
    """The samples to list: all conditions hold."""

    search: str = Field(
        "",
        max_length=256,
        description="words that stand together in the id, the prediction or the reference; the last one may "
        "go on",
    )
    mark: MarkName | None = None
    first_bin: Bin = Field(0, description="of the histogram: 0 begins at ROUGE-L 0, 1 at 5, and so on")
    last_bin: Bin = Field(NUM_BINS - 1, description="of the histogram, itself included")
    order: Order = "position"

    def selection(self) -> Selection:
        """Return the conditions. With all bins, samples without a score are selected too."""
        bins = (self.first_bin, self.last_bin)
        return Selection(
            search=self.search,
            mark=Mark[self.mark] if self.mark else None,
            bins=None if bins == (0, NUM_BINS - 1) else bins,
        )


class SamplesQuery(SelectionQuery):
    offset: int = Field(0, ge=0, le=10**9, description="selected samples before the first one of the answer")
    limit: int = Field(20, ge=1, le=MAX_SAMPLES_PER_PAGE)
    position: int | None = Field(
        None, ge=0, le=10**9, description="instead of offset: answer with the samples around this one"
    )


class SampleAnswer(Answer):
    """One sample of a dataset, an evaluation or a prediction."""

    position: int = Field(description="from 0, in the order in which the samples were made")
    document_id: str
    prediction: str | None = Field(description="null: the sample is of a dataset")
    reference: str | None
    score: float | None = Field(description="ROUGE-L F-measure, 0 to 1; null: no reference")
    length: int = Field(description="tokens that the model wrote; of a dataset, the document's text tokens")
    document_tokens: int | None = Field(description="text tokens of the document; null: not known")
    text_model_prediction: str | None = Field(
        description="what the text model of an evaluation wrote of the same document; null: none was scored"
    )
    text_model_score: float | None = Field(description="its ROUGE-L F-measure, 0 to 1")
    marks: tuple[MarkName, ...] = Field(
        description="exact: equal to the reference; cut: at the length limit, or the document at its last "
        "page; looping: repeats itself; failed: not readable; unsupported: numbers or names that the "
        "document does not hold; empty: nothing written"
    )
    unsupported: tuple[str, ...] = Field(description="these numbers and names")
    missing: tuple[str, ...] = Field(
        description="numbers and names of the reference that the prediction does not hold"
    )
    measures: dict[str, float] = Field(
        description="chrf, coverage and the others that are defined; fractions, words or a ratio"
    )
    error: str | None = Field(description="why the input could not be read")
    style: JsonObject = Field(
        description="the values that were chosen for its pages; empty: all documents look alike"
    )
    pages: tuple[str, ...] = Field(description="addresses of the page images, in reading order")


class SampleList(Answer):
    split: str
    splits: tuple[str, ...] = Field(description="the splits of the result that can be listed")
    dataset: str | None
    text_model: str | None = Field(description="the text model that was scored too; null: none")
    num_samples: int
    num_selected: int
    offset: int = Field(description="selected samples before the first one here")
    samples: tuple[SampleAnswer, ...]
    histogram: tuple[int, ...] = Field(
        description="samples by ROUGE-L in steps of 5 points, whatever bins are selected; empty: no scores"
    )
    marks: dict[str, int] = Field(description="mark -> samples of the whole result that have it")
    pages_note: str | None = Field(
        description="why no pages are shown, or that the model read blank pages instead of them"
    )


class SampleDocument(SampleAnswer):
    """One sample, and the text that its pages were drawn from."""

    text: str | None = Field(description="null: not known")


def mark_names(marks: Mark) -> tuple[str, ...]:
    """Return the names of marks, as answers hold them."""
    return tuple(name for name in get_args(MarkName) if Mark[name] & marks)
