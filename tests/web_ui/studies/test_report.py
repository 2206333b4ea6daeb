"""What the report of a study says, and its tables and figures."""

import io
import xml.etree.ElementTree as ET
from typing import Any

import pytest
from PIL import Image

from evaluation.scores import PairedDifference
from web_ui.studies.figure import draw_figure
from web_ui.studies.report import mark_front
from web_ui.studies.rows import CellRow, RunRow, StudyReport, TwinDifference
from web_ui.studies.tables import latex_table, markdown_table
from web_ui.studies.wording import describe_study, describe_twins


def cell(mode: str, score: float | None, tokens: float | None, **changes: Any) -> CellRow:
    run = RunRow(
        seed=1, output="a", job=None, state="succeeded", error=None, rouge_l=score, low=None, high=None,
        lead_3=50.0, blank_pages=10.0, document_tokens=tokens, text_tokens=300.0, to_lead_3=None,
        to_blank_pages=None, measures={},
    )  # fmt: skip
    values: dict[str, Any] = {
        "settings": {"dataset.rendering.mode": mode}, "reads": "pages", "dataset": mode,
        "dataset_job": None, "state": "done",
        "runs": (run, run), "rouge_l": score, "lowest": score, "highest": score, "lead_3": 50.0,
        "blank_pages": 10.0, "document_tokens": tokens, "text_tokens": 300.0, "is_on_front": False,
        "character_error_rate": None,
        "to_best": None, "measures": {},
    }  # fmt: skip
    return CellRow(**{**values, **changes})


def report(*cells: CellRow, twins: tuple[TwinDifference, ...] = ()) -> StudyReport:
    rows = mark_front(cells)
    return StudyReport(
        name="modes", created="2026-01-01", version="1", axes=("dataset.rendering.mode",), seeds=(1, 2),
        cells=tuple(rows), twins=twins, num_jobs=4, num_ended=4, num_failed=0, num_sorting=0,
        sentence=describe_study(rows, twins),
    )  # fmt: skip


CELLS = (cell("tiny", 60.0, 64.0), cell("small", 80.0, 100.0), cell("base", 70.0, 256.0))


def test_cells_that_cost_more_and_score_less_are_not_on_the_front() -> None:
    assert [row.is_on_front for row in mark_front(CELLS)] == [True, True, False]


def test_of_two_cells_of_one_cost_the_better_one_is_on_the_front() -> None:
    rows = mark_front([cell("a", 60.0, 64.0), cell("b", 61.0, 64.0), cell("c", None, 64.0)])
    assert [row.is_on_front for row in rows] == [False, True, False]


def test_the_sentence_names_the_best_the_cheapest_and_the_controls() -> None:
    assert describe_study(mark_front(CELLS)) == (
        "Best of 3: mode small with 80.0 (2 seeds, 80.0 to 80.0) ROUGE-L at 100 tokens a document; "
        "lead-3 50.0, blank pages 10.0. For 64 tokens, mode tiny scores 60.0 (2 seeds, 60.0 to 60.0)."
    )


def twins(reads: str, relation: str, difference: float, **changes: Any) -> TwinDifference:
    found = PairedDifference(
        num_samples=1000, difference=difference, low=difference - 0.01,
        high=difference + 0.01, won=0.6, lost=0.3, relation=relation,  # type: ignore[arg-type]
    )  # fmt: skip
    values = {
        "settings": {"dataset.rendering.mode": "tiny"}, "reads": reads, "document_tokens": 73.0,
        "other_tokens": 71.6, "num_seeds": 2, "rouge_l": found,
    }  # fmt: skip
    return TwinDifference(**{**values, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("difference", "words"),
    [
        (
            twins("text", "above", 0.081),
            "With mode tiny, pages (73 tokens) score 8.1 ROUGE-L above cut text (72 tokens) (95% interval "
            "7.1 to 9.1; 1,000 documents, 2 seeds).",
        ),
        (
            twins("whole_text", "below", -0.05, settings={}, other_tokens=900.0, num_seeds=1),
            "Pages (73 tokens) score 5.0 ROUGE-L below whole text (900 tokens) (95% interval -6.0 to -4.0; "
            "1,000 documents, 1 seed).",
        ),
        (
            twins("text", "not_shown", 0.004, document_tokens=None),
            "With mode tiny, pages (tokens not counted) and cut text (72 tokens) do not differ for sure: "
            "+0.4 ROUGE-L (95% interval -0.6 to 1.4; 1,000 documents, 2 seeds).",
        ),
        (
            twins("text", "too_few", 0.1),
            "With mode tiny, pages (73 tokens) and cut text (72 tokens) have too few documents in common "
            "to be compared: 1,000.",
        ),
    ],
)
def test_pages_and_text_are_compared_in_one_sentence(difference: TwinDifference, words: str) -> None:
    assert describe_twins(difference) == words
    assert describe_study(CELLS, [difference]).endswith(words)
    assert f"- {words}" in markdown_table(report(*CELLS, twins=(difference,)))


def test_the_figure_tells_readers_apart() -> None:
    cells = (
        cell("tiny", 60.0, 64.0), cell("base", 70.0, 256.0), cell("tiny", 50.0, 62.0, reads="text"),
        cell("tiny", 90.0, 900.0, reads="whole_text"),
    )  # fmt: skip
    svg = draw_figure(report(*cells), "svg").decode()
    assert all(f"<!-- {name} -->" in svg for name in ("pages", "cut text", "whole text"))


def test_a_study_below_lead_3_says_so() -> None:
    assert "No cell is better than copying three sentences (lead-3)." in describe_study(
        [cell("a", 40.0, 64.0)]
    )
    assert describe_study([cell("a", None, None)]) == "No cell has a score yet."


def test_the_tables_hold_each_cell_and_mark_the_front() -> None:
    markdown = markdown_table(report(*CELLS))
    assert "| tiny | **60.0 (60.0-60.0)** | 2 | 50.0 | 10.0 | 64.0 | 300.0 | 4.7 | - | - |" in markdown
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
    assert found.sentence.endswith("Not shown to be worse on the same samples: mode base.")
    markdown, latex = markdown_table(found), latex_table(found)
    assert "| 300.0 | 1.2 | -10.0 (-15.0 to +2.0) | 30% / 60% |" in markdown
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
    assert row.count("|") - row.count(r"\|") == 11
    assert r"c\$x\_\{" in latex_table(hostile)
    assert draw_figure(hostile, "png").startswith(b"\x89PNG")


def test_the_figures_are_pictures_and_equal_for_equal_reports() -> None:
    svg = draw_figure(report(*CELLS), "svg")
    assert svg == draw_figure(report(*CELLS), "svg")
    assert ET.fromstring(svg).tag.endswith("svg")
    assert draw_figure(report(*CELLS), "pdf").startswith(b"%PDF")
    assert Image.open(io.BytesIO(draw_figure(report(*CELLS), "png"))).width > 800
    assert draw_figure(report(cell("a", None, None)), "svg")


def test_reading_checks_are_a_column_and_a_sentence_of_the_studies_that_have_them() -> None:
    cells = (
        cell("tiny", None, None, character_error_rate=0.4),
        cell("small", None, None, character_error_rate=0.012),
        cell("base", None, None),
    )
    assert describe_study(cells) == (
        "No cell has a score yet. The model misreads 1.20% (mode small) to 40.00% (mode tiny) of the "
        "characters before its training."
    )
    same = [cell(mode, 40.0, 64.0, character_error_rate=0.03) for mode in ("tiny", "small")]
    assert describe_study(same).endswith("The model misreads 3.00% of the characters before its training.")
    markdown, latex = markdown_table(report(*cells)), latex_table(report(*cells))
    assert "| won / lost | misread |" in markdown
    assert "| 40.00% |" in markdown
    assert r"40.00\%" in latex
    assert "misread" not in markdown_table(report(*CELLS)).lower()
