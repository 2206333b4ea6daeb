"""The measures of a report as plain data. The web process imports this."""

from collections.abc import Mapping
from dataclasses import dataclass

from evaluation.scores import SampleMean

SampleMeans = Mapping[str, SampleMean]
"""Key of MEASURES -> its mean over the samples; measures that no sample has are left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureReport:
    """The measures of all summaries of a report, with intervals of its confidence."""

    model: SampleMeans
    """Of the model's summaries."""
    baselines: Mapping[str, SampleMeans]
    """Name, as in the report -> of the baseline's summaries."""
    references: SampleMeans
    """Of the reference summaries: the measures that compare them with their documents."""
    page_recall: tuple[SampleMean | None, ...]
    """Recall of the references' facts in the model's summaries, by the page on which they stand: page 1, 2
    and so on, the last value of all later pages too; None: no fact stands there."""
    height_recall: tuple[SampleMean | None, ...]
    """The same by height on the page, in equal parts of its text, from the top."""
    num_without_text: int
    """Samples whose documents' texts the dataset does not hold."""

    @property
    def note(self) -> str:
        """What limits the measures; empty: nothing does."""
        if not self.num_without_text:
            return ""
        return (
            f"The dataset does not hold the text of {self.num_without_text:,} documents: they are left out "
            "where a summary is compared with its document."
        )
