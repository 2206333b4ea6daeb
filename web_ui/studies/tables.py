"""The table of a study as Markdown and as LaTeX."""

from collections.abc import Mapping

from web_ui.studies.figure import compression
from web_ui.studies.rows import CellRow, StudyReport
from web_ui.studies.wording import describe_study, describe_twins

_SCORES = ("ROUGE-L", "seeds", "lead-3", "blank pages", "tokens", "text tokens", "text/token")
_LATEX = str.maketrans(
    {character: f"\\{character}" for character in "&%$#_{}"}
    | {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
)
_MARKDOWN = str.maketrans({"|": r"\|", "\n": " "})


def markdown_table(report: StudyReport) -> str:
    """Return the table, and under it what it means. Cells on the front are bold."""
    head = [*map(_short, report.axes), *_SCORES]
    lines = [head, ["---"] * len(head), *(_cells(row, report, "**{}**", _MARKDOWN) for row in report.cells)]
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    twins = "".join(f"- {describe_twins(each)}\n" for each in report.twins)
    beside = f"\n## Pages against text\n\n{twins}\n{TWINS_NOTE}\n" if twins else ""
    return f"# Study {report.name}\n\n{describe_study(report.cells)}\n\n{table}\n\n{_NOTE}\n{beside}"


_NOTE = (
    "ROUGE-L of the test split, 0 to 100, mean over the seeds; in brackets the lowest and highest seed. "
    "Tokens: of a document of the test split in the decoder, as the models read it, in the mean; text "
    "tokens: of its whole text in the models' vocabulary; text/token: the second by the first. "
    "Bold: no other cell costs as few tokens and scores higher."
)


TWINS_NOTE = (
    "Both sides are the same base model, trained on the same documents in the same order; they differ in "
    "what the model reads. Cut text has as many tokens as the pages. Scores of a sample are means over the "
    "seeds; the interval is that of a paired bootstrap over the samples."
)


def latex_table(report: StudyReport) -> str:
    """Return the table for a paper, with booktabs."""
    head = [*map(_short, report.axes), *_SCORES]
    rows = [_cells(row, report, r"\textbf{{{}}}", _LATEX) for row in report.cells]
    lines = [" & ".join(row) + r" \\" for row in rows]
    columns = "l" * len(report.axes) + "r" * len(_SCORES)
    top = [
        rf"\begin{{tabular}}{{{columns}}}",
        r"\toprule",
        " & ".join(name.translate(_LATEX) for name in head) + r" \\",
        r"\midrule",
    ]
    return "\n".join([*top, *lines, r"\bottomrule", r"\end{tabular}", ""])


def _cells(row: CellRow, report: StudyReport, bold: str, escapes: Mapping[int, str]) -> list[str]:
    score = _number(row.rouge_l)
    if row.lowest is not None and len(row.runs) > 1:
        score += f" ({_number(row.lowest)}-{_number(row.highest)})"
    texts = [
        *(str(row.settings[path]) for path in report.axes),
        score if row.state != "failed" or row.rouge_l is not None else "failed",
        str(sum(run.rouge_l is not None for run in row.runs)),
        _number(row.lead_3),
        _number(row.blank_pages),
        _number(row.document_tokens),
        _number(row.text_tokens),
        _number(compression(row)),
    ]
    texts = [text.translate(escapes) for text in texts]
    index = len(report.axes)
    if row.is_on_front:
        texts[index] = bold.format(texts[index])
    return texts


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"


def _short(path: str) -> str:
    return path.rpartition(".")[2].replace("_", " ")
