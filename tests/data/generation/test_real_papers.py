"""250 real papers through the files source: every one becomes pages, in their own splits, with nothing
lost."""

from pathlib import Path

from data.config import Columns, RenderingConfig
from tests.data.generation.runs import files_config, run
from tests.papers import write_papers


def test_every_paper_becomes_a_sample(tmp_path: Path) -> None:
    source = write_papers(tmp_path / "papers")
    config = files_config(
        source,
        name="papers",
        columns=Columns(id="paper_id"),
        rendering=RenderingConfig(mode="small"),
        shard_rows=25,
        num_workers=2,
    )
    manifest = run(tmp_path, config).manifest
    kept = {split: entry.counts.num_kept for split, entry in manifest.splits.items()}
    assert kept == {"train": 100, "validation": 50, "test": 100}
    assert manifest.totals.num_rejected == 0
    assert manifest.totals.num_pages > 250
    assert not manifest.totals.missing_glyphs
