"""The tables of a study as Markdown and as LaTeX: scores, and what ROUGE does not show."""

from collections.abc import Mapping, Sequence
from typing import Final

from evaluation.measures.registry import MEASURES
from web_ui.studies.figure import compression
from web_ui.studies.rows import CellRow, StudyReport
from web_ui.studies.wording import describe_study, describe_twins

_SCORES: Final = (
    "ROUGE-L",
    "seeds",
    "lead-3",
    "blank pages",
    "tokens",
    "text tokens",
    "text/token",
    "to the best",
    "won / lost",
)
_MISREAD: Final = "misread"
"""Only studies with reading checks have this column."""
_LATEX: Final = str.maketrans(
    {character: f"\\{character}" for character in "&%$#_{}"}
    | {
        "\\": r"\textbackslash{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "\u00d7": r"$\times$",
    }
)
_MARKDOWN: Final = str.maketrans({"|": r"\|", "\n": " "})
_NOTE: Final = (
    "ROUGE-L of the test split, 0 to 100, mean over the seeds; in brackets the lowest and highest seed. "
    "Tokens: of a document of the test split in the decoder, as the models read it, in the mean; text "
    "tokens: of its whole text in the models' vocabulary; text/token: the second by the first. "
    "To the best: mean difference to the cell with the highest score on the same samples, in brackets its "
    "95% interval by paired bootstrap, with the shares of the samples won and lost. "
    "Bold: no other cell costs as few tokens and scores higher."
)
_MISREAD_NOTE: Final = (
    "Misread: character errors of the model before the training, which transcribes pages of the dataset."
)


TWINS_NOTE: Final = (
    "Both sides are the same base model, trained on the same documents in the same order; they differ in "
    "what the model reads. Cut text has as many tokens as the pages. Scores of a sample are means over the "
    "seeds; the interval is that of a paired bootstrap over the samples."
)


def markdown_table(report: StudyReport) -> str:
    """Return the tables, and under each what it means. Cells on the front are bold."""
    head = [*map(_short, report.axes), *_scores(report)]
    rows = [_cells(row, report, "**{}**", _MARKDOWN) for row in report.cells]
    parts = [f"# Study {report.name}", describe_study(report.cells), _markdown(head, rows), _NOTE]
    if _has_readings(report):
        parts.append(_MISREAD_NOTE)
    if report.twins:
        twins = "\n".join(f"- {describe_twins(each)}" for each in report.twins)
        parts += ["## Pages against text", twins, TWINS_NOTE]
    if keys := _measured(report):
        head = [*map(_short, report.axes), *(MEASURES[key].label for key in keys)]
        rows = [_measure_cells(row, report, keys, _MARKDOWN) for row in report.cells]
        notes = (f"{MEASURES[key].label}: {MEASURES[key].note}" for key in keys)
        parts += ["## Beyond ROUGE", _markdown(head, rows), " ".join(notes)]
    return "\n\n".join(parts) + "\n"


def latex_table(report: StudyReport) -> str:
    """Return the tables for a paper, with booktabs."""
    rows = [_cells(row, report, r"\textbf{{{}}}", _LATEX) for row in report.cells]
    tables = [_latex(report, _scores(report), rows)]
    if keys := _measured(report):
        rows = [_measure_cells(row, report, keys, _LATEX) for row in report.cells]
        tables.append(_latex(report, [MEASURES[key].label for key in keys], rows))
    return "\n".join(tables)


def _markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(line)} |" for line in (head, ["---"] * len(head), *rows))


def _latex(report: StudyReport, names: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    columns = "l" * len(report.axes) + "r" * len(names)
    head = " & ".join(name.translate(_LATEX) for name in (*map(_short, report.axes), *names))
    lines = [" & ".join(row) + r" \\" for row in rows]
    top = [rf"\begin{{tabular}}{{{columns}}}", r"\toprule", head + r" \\", r"\midrule"]
    return "\n".join([*top, *lines, r"\bottomrule", r"\end{tabular}", ""])


def _cells(row: CellRow, report: StudyReport, bold: str, escapes: Mapping[int, str]) -> list[str]:
    score = _number(row.rouge_l)
    if row.lowest is not None and len(row.runs) > 1:
        score += f" ({_number(row.lowest)}-{_number(row.highest)})"
    texts = [
        *_settings(row, report),
        score if row.state != "failed" or row.rouge_l is not None else "failed",
        str(sum(run.rouge_l is not None for run in row.runs)),
        _number(row.lead_3),
        _number(row.blank_pages),
        _number(row.document_tokens),
        _number(row.text_tokens),
        _number(compression(row)),
        *_to_best(row),
        *([_percent(row.character_error_rate)] if _has_readings(report) else []),
    ]
    texts = [text.translate(escapes) for text in texts]
    index = len(report.axes)
    if row.is_on_front:
        texts[index] = bold.format(texts[index])
    return texts


def _scores(report: StudyReport) -> tuple[str, ...]:
    return (*_SCORES, _MISREAD) if _has_readings(report) else _SCORES


def _has_readings(report: StudyReport) -> bool:
    return any(row.character_error_rate is not None for row in report.cells)


def _to_best(row: CellRow) -> tuple[str, str]:
    found = row.to_best
    if found is None or found.difference is None or found.low is None or found.high is None:
        return "-", "-"
    won, lost = (f"{share:.0%}" if share is not None else "-" for share in (found.won, found.lost))
    ends = f"{100 * found.low:+.1f} to {100 * found.high:+.1f}"
    return f"{100 * found.difference:+.1f} ({ends})", f"{won} / {lost}"


def _measured(report: StudyReport) -> list[str]:
    """Return the keys of the measures that some cell has."""
    return [key for key in MEASURES if any(key in row.measures for row in report.cells)]


def _measure_cells(
    row: CellRow, report: StudyReport, keys: Sequence[str], escapes: Mapping[int, str]
) -> list[str]:
    values = (MEASURES[key].format(row.measures[key]) if key in row.measures else "-" for key in keys)
    return [text.translate(escapes) for text in (*_settings(row, report), *values)]


def _settings(row: CellRow, report: StudyReport) -> list[str]:
    return [str(row.settings[path]) for path in report.axes]


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{value:.2%}"


def _short(path: str) -> str:
    return path.rpartition(".")[2].replace("_", " ")
