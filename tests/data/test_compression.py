"""The compression report: what its numbers mean, from pages just drawn and from shards."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from data.config import RenderingConfig
from data.inspection.compression import PageTokens, compression_report, rendered_pages, stored_pages
from data.rendering.render import render
from data.rendering.style import resolve_style
from tests.data.rendering.texts import prose

STYLE = resolve_style(RenderingConfig(mode="tiny"))


def test_percentiles_budget_and_densest_pages() -> None:
    pages = [
        PageTokens(
            document_id=f"d{number:03}",
            page=1,
            num_text_tokens=64 * number // 10,
            num_vision_tokens=64,
            font_size_px=12,
        )
        for number in range(1, 101)
    ]
    report = compression_report(pages, STYLE).as_dict()
    assert report["num_pages"] == 100
    assert (report["page_ratio"]["p50"], report["page_ratio"]["p95"], report["page_ratio"]["p100"]) == (
        5.0,
        9.5,
        10.0,
    )
    assert report["num_pages_over_budget"] == sum(64 * number // 10 > 600 for number in range(1, 101))
    assert [page["document_id"] for page in report["densest_pages"]][:2] == ["d100", "d099"]
    assert len(report["densest_pages"]) == 10


def test_pages_just_drawn_are_counted() -> None:
    rendered = render(prose(5000, seed=1), STYLE)
    report = compression_report(rendered_pages("doc", rendered), STYLE)
    assert report.num_pages == len(rendered.pages) > 1
    assert report.num_vision_tokens == 64 * len(rendered.pages)
    assert 1 < report.compression_ratio < 10
    assert report.as_dict()["font_size_px"] == 12


def test_stored_pages_are_counted_without_their_pictures(tmp_path: Path) -> None:
    rows = {
        "document_id": ["a", "b"],
        "num_pages": [2, 1],
        "num_vision_tokens": [128, 64],
        "page_text_tokens": [[90, 610], [64]],
        "truncated": [False, True],
        "font_size_px": [12.0, 10.5],
    }
    pq.write_table(pa.table(rows), tmp_path / "shard.parquet")
    report = compression_report(stored_pages([tmp_path / "shard.parquet"]), STYLE)
    assert (report.num_pages, report.num_text_tokens, report.num_vision_tokens) == (3, 764, 192)
    assert (report.num_pages_over_budget, report.num_pages_truncated) == (1, 1)
    assert report.densest_pages[0] == PageTokens(
        document_id="a", page=2, num_text_tokens=610, num_vision_tokens=64, font_size_px=12.0
    )
    assert (report.as_dict()["font_size_px"], report.as_dict()["smallest_font_size_px"]) == (12.0, 10.5)


def test_no_pages_give_a_report_of_zeros() -> None:
    report = compression_report([], STYLE).as_dict()
    assert report["num_pages"] == report["compression_ratio"] == report["page_ratio"]["p50"] == 0
