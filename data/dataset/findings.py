"""Diagnostics of a finished dataset: texts that several splits share, and characters that the pages
do not show as they are."""

from collections.abc import Iterator

from data.dataset.manifest import Manifest
from data.progress import Level
from data.records import TRAIN
from data.rendering.missing import missing_glyph_warnings


def findings(manifest: Manifest) -> Iterator[tuple[Level, str]]:
    """Yield the level and the text of each diagnostic of a finished dataset."""
    for split, entry in manifest.splits.items():
        for other, num_rows in entry.counts.also_in.items():
            yield _shared(
                split, other, num_rows, is_left_out=split == TRAIN and bool(manifest.config["deduplicate"])
            )
    mode = str(manifest.config["rendering"]["mode"])
    for sentence in missing_glyph_warnings(manifest.totals.missing_glyphs, mode):
        yield "warning", sentence


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
