"""Diagnostics of a finished dataset: what it lost of its source, texts that several splits share, and
characters that the pages do not show as they are."""

from collections.abc import Iterator

from data.dataset.losses import NOTHING_LOST, losses
from data.dataset.manifest import REJECTED, Manifest
from data.progress import Level
from data.records import TRAIN
from data.rendering.missing import missing_glyph_warnings


def findings(manifest: Manifest, *, is_published: bool = False) -> Iterator[tuple[Level, str]]:
    """Yield the level and the text of each diagnostic of a finished dataset.

    Args:
        is_published: the reader has the dataset's published files only, which rejected.jsonl is none of.
    """
    yield from loss_findings(manifest, is_published=is_published)
    for split, entry in manifest.splits.items():
        for other, num_rows in entry.counts.also_in.items():
            yield _shared(
                split, other, num_rows, is_left_out=split == TRAIN and bool(manifest.config["deduplicate"])
            )


def loss_findings(manifest: Manifest, *, is_published: bool = False) -> Iterator[tuple[Level, str]]:
    """Yield the level and the text of each loss, or one sentence where nothing was lost."""
    found = [loss for loss in losses(manifest) if loss.num_rows]
    for loss in found:
        if loss.kind == "rejected" and not is_published:
            yield loss.level, f"{loss.text} All are listed in {REJECTED} in the dataset's folder."
        elif loss.kind == "missing_glyphs":
            yield loss.level, " ".join([loss.text, *_glyph_advice(manifest)])
        else:
            yield loss.level, loss.text
    if not found:
        yield "info", NOTHING_LOST


def _glyph_advice(manifest: Manifest) -> Iterator[str]:
    return missing_glyph_warnings(manifest.totals.missing_glyphs, str(manifest.config["rendering"]["mode"]))


def _shared(split: str, other: str, num_rows: int, *, is_left_out: bool) -> tuple[Level, str]:
    texts = f"{num_rows:,} texts of {split} are also in {other}"
    if is_left_out:
        return (
            "info",
            f"{texts}: they were left out of {split}, so that no model is scored on a text of its training.",
        )
    return (
        "warning",
        f"{texts}, and stay in both: a model trained on them gets too high scores on {other}."
        if split == TRAIN
        else f"{texts}.",
    )
