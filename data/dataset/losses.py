"""What a finished dataset lost of its source, by reason, and from which share on that is a warning. Screen,
command line, API and cards say what is decided here."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from data.config import ANSWER_CONFIG
from data.dataset.manifest import Counts, Manifest
from data.progress import Level

WARN_ABOVE_SHARE: Final = 0.01
"""Of the rows of the dataset, or of one split. A greater loss is a warning; a smaller one is only said."""
MAX_REASONS: Final = 3
"""Reasons that a sentence names, the commonest first."""
SAME_SUMMARY: Final = "the same document and summary"
OTHER_SUMMARY: Final = "the same document with another summary"
HELD_OUT: Final = "a document that validation or test holds"
CUT_REASON: Final = "the text is longer than one page (rendering.overflow=truncate)"
UNKNOWN_REASON: Final = "a reason that an earlier version did not record"

NOTHING_LOST: Final = (
    "Nothing was lost: no row was rejected or merged as a duplicate, no text was cut, and every character "
    "has its glyph."
)

LossKind = Literal["rejected", "merged", "cut", "missing_glyphs"]
_SENTENCES: Final[Mapping[LossKind, str]] = {
    "rejected": "{rows} were rejected",
    "merged": "{rows} were merged as duplicates",
    "cut": "{samples} show only the beginning of their text",
    "missing_glyphs": "{samples} have characters that the pages do not show as they are",
}
_SEVERAL_SUMMARIES: Final = (
    " A sample has one summary, so the first one of each document is kept; with deduplicate off, each row "
    "stays a sample of its own."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """One way in which rows, or parts of their texts, did not become what a training reads."""

    __pydantic_config__ = ANSWER_CONFIG

    kind: LossKind
    num_rows: int
    num_of: int
    """The rows read; for texts that are cut and missing glyphs, the samples."""
    share: float
    """num_rows / num_of, from 0 to 1."""
    is_warning: bool
    """The share is above 1% in the whole dataset or in one split."""
    reasons: Mapping[str, int]
    """Reason -> rows, the commonest first. A sample that lacks glyphs may have several reasons."""
    text: str
    """The loss in words: its share, splits that lost much more than the whole, and the commonest reasons."""

    @property
    def level(self) -> Level:
        return "warning" if self.is_warning else "info"


def losses(manifest: Manifest) -> tuple[Loss, ...]:
    """Return the losses of a finished dataset, one of each kind, also where nothing was lost."""
    return tuple(_loss(kind, manifest) for kind in _SENTENCES)


def commonest(reasons: Mapping[str, int], most: int = MAX_REASONS) -> str:
    """Return the first reasons with their numbers, and the number of the others."""
    named = [f"{reason} ({number:,})" for reason, number in list(reasons.items())[:most]]
    num_others = len(reasons) - most
    return ", ".join(named) + (f" and {num_others} other reasons" if num_others > 0 else "")


def _loss(kind: LossKind, manifest: Manifest) -> Loss:
    num_rows, num_of, reasons = _lost(kind, manifest.totals)
    share = _share(num_rows, num_of)
    splits = {name: _share(*_lost(kind, entry.counts)[:2]) for name, entry in manifest.splits.items()}
    worse = {name: part for name, part in splits.items() if part > WARN_ABOVE_SHARE >= share}
    by_number = dict(sorted(reasons.items(), key=lambda item: (-item[1], item[0])))
    return Loss(
        kind=kind,
        num_rows=num_rows,
        num_of=num_of,
        share=share,
        is_warning=share > WARN_ABOVE_SHARE or bool(worse),
        reasons=by_number,
        text=_sentence(kind, f"{num_rows:,} of {num_of:,}", share, worse, by_number),
    )


def _lost(kind: LossKind, counts: Counts) -> tuple[int, int, Mapping[str, int]]:
    """Return the rows lost, the rows or samples of which they are, and the reasons."""
    if kind == "rejected":
        return counts.num_rejected, counts.num_read, _complete(counts.rejected_by_reason, counts.num_rejected)
    if kind == "merged":
        reasons = _complete(counts.duplicates_by_reason, counts.num_duplicate)
        return counts.num_duplicate, counts.num_read, reasons
    if kind == "cut":
        reasons = {CUT_REASON: counts.num_truncated} if counts.num_truncated else {}
        return counts.num_truncated, counts.num_kept, reasons
    return counts.num_with_missing_glyphs, counts.num_kept, counts.missing_glyphs_by_reason


def _complete(reasons: Mapping[str, int], num_rows: int) -> Mapping[str, int]:
    """Add the rows without a reason, which shards of earlier versions have."""
    num_unknown = num_rows - sum(reasons.values())
    return {**reasons, UNKNOWN_REASON: num_unknown} if num_unknown else reasons


def _sentence(
    kind: LossKind, numbers: str, share: float, worse: Mapping[str, float], reasons: Mapping[str, int]
) -> str:
    of_splits = "".join(f", {_percent(part)} of {name}" for name, part in worse.items())
    places = {unit: f"{numbers} {unit} ({_percent(share)}{of_splits})" for unit in ("rows", "samples")}
    named = f": {commonest(reasons)}" if reasons else ""
    advice = _SEVERAL_SUMMARIES if OTHER_SUMMARY in reasons else ""
    return f"{_SENTENCES[kind].format(**places)}{named}.{advice}"


def _share(num_rows: int, num_of: int) -> float:
    return num_rows / num_of if num_of else 0.0


def _percent(share: float) -> str:
    return "below 0.1%" if 0 < share < 0.001 else f"{share:.1%}".replace(".0%", "%")
