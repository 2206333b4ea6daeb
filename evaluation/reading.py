"""How well a model reads pages: the character errors of its transcriptions, by page, by font and in all."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from data.inspection.character_errors import closest_length, comparable, edit_distances
from data.store.files import write_json
from data.validation import read_record
from evaluation.bootstrap import intervals
from evaluation.measures.places import page_ends
from evaluation.report import REPORT
from evaluation.scores import RougeSettings, SampleMean


@dataclass(frozen=True, slots=True, kw_only=True)
class PageText:
    """What one page shows, and how many character errors its transcription has."""

    text: str
    """In the form in which texts are compared."""
    num_errors: int
    """Edit distance (insertions, deletions, replacements) to the transcription, which may be above the number
    of characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadPage:
    """One page as a model transcribed it: a line of pages.jsonl."""

    document_id: str
    row: int
    """Of the dataset's split, from 0."""
    page: int
    """From 1."""
    font_family: str
    font_size_px: float
    transcription: str
    text: str
    """Of the page, as `PageText`."""
    num_characters: int
    num_errors: int
    cut: bool
    """The transcription reached the length limit before its end."""
    looping: bool

    @property
    def character_error_rate(self) -> float:
        return self.num_errors / max(1, self.num_characters)


@dataclass(frozen=True, slots=True, kw_only=True)
class FontRate:
    """The character error rate of the pages in one font and size."""

    font_family: str
    font_size_px: int
    """Rounded, since sizes may vary within a range."""
    num_pages: int
    character_error_rate: SampleMean


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingReport:
    """The content of report.json of a reading check."""

    config: Mapping[str, Any]
    """With which the check can be repeated."""
    model: str
    dataset: str
    dataset_fingerprint: str
    """SHA-256 of the manifest of the dataset that was read."""
    split: str
    mode: str
    blank_pages: bool
    character_error_rate: SampleMean
    """Errors of all pages over their characters, with an interval over the documents."""
    fonts: tuple[FontRate, ...]
    """The best read first."""
    num_pages: int
    num_characters: int
    num_looping: int
    num_cut: int
    num_empty: int
    created: str
    """Time in UTC, ISO 8601."""
    versions: Mapping[str, str]
    """Library -> version."""


def compare_pages(
    text: str, page_tokens: Sequence[int], transcriptions: Sequence[str], *, is_cut: bool
) -> Iterator[PageText]:
    """Yield for each page of a document what it shows, and the errors of its transcription.

    A page follows the page before it in the text. Its end is known by its number of text tokens to about 10%,
    so of the line ends in this range the one with the fewest errors is taken; the last page of a whole
    document ends with the text. Numbers of tokens are rounded, so the ends expected of later pages are
    corrected by each page that was read.

    Args:
        text: the whole document.
        page_tokens: text tokens of each page.
        transcriptions: of each page.
        is_cut: the pages show only the beginning of the text.
    """
    whole = comparable(text)
    start = drift = 0
    ends = page_ends(whole, page_tokens)
    for number, (end, transcription) in enumerate(zip(ends, transcriptions, strict=True), 1):
        ends_with_text = number == len(ends) and not is_cut
        about = end + drift - start
        rest = whole[start:] if ends_with_text else whole[start : start + 2 * about]
        distances = edit_distances(comparable(transcription), rest)
        length = len(rest) if ends_with_text else closest_length(distances, rest, about)
        yield PageText(text=rest[:length], num_errors=distances[length])
        start += length + rest.startswith(" ", length)
        if 2 * distances[length] < length:  # a page that was read tells where it ended
            drift = start - end


def reading_report(pages: Sequence[ReadPage], **subject: Any) -> ReadingReport:
    """Sum up the pages of a check; at least one. `subject`: the other fields of the report."""
    by_font: dict[tuple[str, int], list[ReadPage]] = defaultdict(list)
    for page in pages:
        by_font[page.font_family, round(page.font_size_px)].append(page)
    fonts = [
        FontRate(
            font_family=family,
            font_size_px=size_px,
            num_pages=len(some),
            character_error_rate=error_rate(some),
        )
        for (family, size_px), some in by_font.items()
    ]
    return ReadingReport(
        **subject,
        character_error_rate=error_rate(pages),
        fonts=tuple(sorted(fonts, key=lambda font: font.character_error_rate.mean)),
        num_pages=len(pages),
        num_characters=sum(page.num_characters for page in pages),
        num_looping=sum(page.looping for page in pages),
        num_cut=sum(page.cut for page in pages),
        num_empty=sum(not page.transcription.strip() for page in pages),
    )


def error_rate(pages: Sequence[ReadPage]) -> SampleMean:
    """Return the errors of pages over their characters, with its bootstrap interval; its samples are
    documents, since pages of one document are alike.

    A ratio of sums is no mean, so documents are resampled by its linear form: of document i with e errors and
    n characters, r + (e - r n) / mean(n) has the mean r = sum(e) / sum(n), and varies as r does (Cochran,
    Sampling Techniques, 1977, chapter 6).
    """
    totals: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    for page in pages:
        totals[page.row][0] += page.num_errors
        totals[page.row][1] += page.num_characters
    errors, characters = np.array(list(totals.values()), np.float64).T
    rate = errors.sum() / max(1.0, characters.sum())
    values = rate + (errors - rate * characters) / max(1.0, characters.mean())
    settings = RougeSettings()
    (low,), (high,) = intervals(values[:, None], settings.confidence, settings.num_resamples, settings.seed)
    return SampleMean(mean=float(rate), low=max(0.0, float(low)), high=float(high), num_samples=len(totals))


def write_reading_report(folder: Path, report: ReadingReport) -> None:
    """Write report.json into a folder, atomically. Raises StorageError."""
    write_json(folder / REPORT, asdict(report))


def read_reading_report(folder: Path) -> ReadingReport:
    """Read report.json of a reading check.

    Raises:
        NotFound: the folder has none.
        StorageError: the file is damaged.
    """
    return read_record(folder / REPORT, ReadingReport)
