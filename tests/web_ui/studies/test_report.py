"""What the report of a study says, and its tables and figures."""

import io
import xml.etree.ElementTree as ET
from typing import Any

from PIL import Image

from evaluation.scores import PairedDifference
from web_ui.studies.figure import draw_figure
from web_ui.studies.report import CellRow, RunRow, StudyReport, describe_study, mark_front
from web_ui.studies.tables import latex_table, markdown_table


def cell(mode: str, score: float | None, tokens: float | None, **changes: Any) -> CellRow:
    run = RunRow(
        seed=1, output="a", job=None, state="succeeded", error=None, rouge_l=score, low=None, high=None,
        lead_3=50.0, blank_pages=10.0, to_lead_3=None, to_blank_pages=None, measures={},
    )  # fmt: skip
    values: dict[str, Any] = {
        "settings": {"dataset.rendering.mode": mode}, "dataset": mode, "dataset_job": None, "state": "done",
        "runs": (run, run), "rouge_l": score, "lowest": score, "highest": score, "lead_3": 50.0,
        "blank_pages": 10.0, "vision_tokens": tokens, "text_tokens": 300.0, "is_on_front": False,
        "to_best": None, "measures": {},
    }  # fmt: skip
    return CellRow(**{**values, **changes})


def report(*cells: CellRow) -> StudyReport:
    rows = mark_front(cells)
    return StudyReport(
        name="modes", created="2026-01-01", version="1", axes=("dataset.rendering.mode",), seeds=(1, 2),
        cells=tuple(rows), num_jobs=4, num_ended=4, num_failed=0, sentence=describe_study(rows),
    )  # fmt: skip


CELLS = (cell("tiny", 60.0, 64.0), cell("small", 80.0, 100.0), cell("base", 70.0, 256.0))


def test_cells_that_cost_more_and_score_less_are_not_on_the_front() -> None:
    assert [row.is_on_front for row in mark_front(CELLS)] == [True, True, False]


def test_of_two_cells_of_one_cost_the_better_one_is_on_the_front() -> None:
    rows = mark_front([cell("a", 60.0, 64.0), cell("b", 61.0, 64.0), cell("c", None, 64.0)])
    assert [row.is_on_front for row in rows] == [False, True, False]


def test_the_sentence_names_the_best_the_cheapest_and_the_controls() -> None:
    assert describe_study(mark_front(CELLS)) == (
        "Best of 3: mode small with 80.0 (2 seeds, 80.0 to 80.0) ROUGE-L at 100 vision tokens a document; "
        "lead-3 50.0, blank pages 10.0. mode tiny costs 64 tokens and scores 60.0 (2 seeds, 60.0 to 60.0)."
    )


def test_a_study_below_lead_3_says_so() -> None:
    assert "No cell is better than copying three sentences (lead-3)." in describe_study(
        [cell("a", 40.0, 64.0)]
    )
    assert describe_study([cell("a", None, None)]) == "No cell has a score yet."


def test_the_tables_hold_each_cell_and_mark_the_front() -> None:
    markdown = markdown_table(report(*CELLS))
    assert "| tiny | **60.0 (60.0-60.0)** | 2 | 50.0 | 10.0 | 64.0 | 300.0 | - | - |" in markdown
    assert "| base | 70.0 (70.0-70.0) |" in markdown
    latex = latex_table(report(*CELLS, cell("a_b&c", None, None, state="failed")))
    assert r"\textbf{60.0 (60.0-60.0)} & 2 & 50.0" in latex
    assert r"a\_b\&c & failed & 0" in latex


def test_the_tables_say_how_far_each_cell_is_from_the_best_and_what_rouge_does_not_show() -> None:
    apart = PairedDifference(
        num_samples=40, difference=-0.1, low=-0.15, high=0.02, won=0.3, lost=0.6, relation="not_shown"
    )
    other = cell("base", 70.0, 256.0, to_best=apart, measures={"coverage": 0.8, "length_ratio": 1.25})
    found = report(cell("small", 80.0, 100.0), other)
    assert found.sentence.endswith("On the same samples mode base is not shown to be worse.")
    markdown, latex = markdown_table(found), latex_table(found)
    assert "| 300.0 | -10.0 (-15.0 to +2.0) | 30% / 60% |" in markdown
    assert (
        "| mode | Coverage | Length |\n| --- | --- | --- |\n| small | - | - |\n| base | 80.0% | 1.25× |"
        in markdown
    )
    assert r"30\% / 60\%" in latex
    assert r"base & 80.0\% & 1.25$\times$ \\" in latex
    assert latex.count(r"\begin{tabular}") == 2


def test_hostile_values_break_no_table_and_no_figure() -> None:
    hostile = report(cell("a|b\nc$x_{", 60.0, 64.0))
    row = next(line for line in markdown_table(hostile).splitlines() if line.startswith(r"| a\|b c"))
    assert row.count("|") - row.count(r"\|") == 10
    assert r"c\$x\_\{" in latex_table(hostile)
    assert draw_figure(hostile, "png").startswith(b"\x89PNG")


def test_the_figures_are_pictures_and_equal_for_equal_reports() -> None:
    svg = draw_figure(report(*CELLS), "svg")
    assert svg == draw_figure(report(*CELLS), "svg")
    assert ET.fromstring(svg).tag.endswith("svg")
    assert draw_figure(report(*CELLS), "pdf").startswith(b"%PDF")
    assert Image.open(io.BytesIO(draw_figure(report(*CELLS), "png"))).width > 800
    assert draw_figure(report(cell("a", None, None)), "svg")
