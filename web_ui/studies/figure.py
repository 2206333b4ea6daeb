"""The figure of a study: score against the tokens that a document costs, ready for a paper."""

import io
from collections.abc import Callable, Sequence
from typing import Any, Final, Literal

from data.errors import Unavailable
from training.options.reads import SHORT_NAMES
from web_ui.studies.plan import READS_AXIS, describe_cell
from web_ui.studies.rows import CellRow, StudyReport

FigureFormat = Literal["svg", "pdf", "png"]
_MUTED: Final = "#8a93a8"
_LABEL: Final = "#566078"
_LOOKS: Final = {"pages": ("#4338ca", "o"), "text": ("#c2410c", "s"), "whole_text": ("#0f766e", "^")}
"""What models read -> colour and mark."""
_LOG_RATIO: Final = 6
"""An axis whose values differ by more is logarithmic."""


def draw_figure(report: StudyReport, file_format: FigureFormat) -> bytes:
    """Draw the score against the tokens of a document, and against its text tokens for each of them. Bars
    reach from the lowest to the highest seed; of one seed they are its interval over the samples.

    Raises:
        Unavailable: matplotlib is not installed: the image of the CPU service has none.
    """
    try:
        import matplotlib as mpl  # noqa: PLC0415 - takes a second, and only figures need it
        from matplotlib.figure import Figure  # noqa: PLC0415
    except ImportError as error:
        raise Unavailable(
            "Figures need matplotlib, which is not installed here.",
            hint="Ask the training service, or install the packages of `train`.",
        ) from error
    with mpl.rc_context({"svg.hashsalt": "deepsynth", "font.size": 9, "pdf.fonttype": 42}):
        figure = Figure(figsize=(7.2, 3.4), layout="constrained")
        _draw(figure, [row for row in report.cells if row.rouge_l is not None])
        content = io.BytesIO()
        # Without a date, so that the same report gives the same bytes.
        dates: dict[str, Any] = {"svg": {"Date": None}, "pdf": {"CreationDate": None}, "png": {}}
        figure.savefig(content, format=file_format, dpi=200, metadata=dates[file_format])
    return content.getvalue()


def compression(row: CellRow) -> float | None:
    """Return the text tokens of a document for each token that the models read of it."""
    return row.text_tokens / row.document_tokens if row.text_tokens and row.document_tokens else None


def _draw(figure: Any, rows: Sequence[CellRow]) -> None:
    left, right = figure.subplots(1, 2, sharey=True, width_ratios=(3, 2))
    _draw_panel(left, rows, lambda row: row.document_tokens, "tokens of a document in the decoder")
    _draw_panel(right, rows, compression, "text tokens for each token read")
    left.set_ylabel("ROUGE-L on the test split")
    _draw_levels(left, rows)
    _draw_levels(right, rows)
    if left.get_legend_handles_labels()[1]:
        left.legend(fontsize=7, loc="best", frameon=False)


def _draw_panel(
    axes: Any, rows: Sequence[CellRow], cost: Callable[[CellRow], float | None], label: str
) -> None:
    known = [(value, row) for row in rows if (value := cost(row)) is not None]
    points = sorted(known, key=lambda point: point[0])
    for reads, (colour, mark) in _LOOKS.items():
        own = [(value, row) for value, row in points if row.reads == reads]
        if own:
            _draw_reader(axes, own, colour, mark, SHORT_NAMES[reads])
    values = [value for value, _ in points]
    if values and max(values) > _LOG_RATIO * min(values):
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter("{x:g}")
        axes.margins(x=0.15, y=0.15)
    else:
        axes.margins(x=0.25, y=0.15)
    axes.set_xlabel(label)
    axes.grid(alpha=0.25)


def _draw_reader(
    axes: Any, points: Sequence[tuple[float, CellRow]], colour: str, mark: str, name: str
) -> None:
    """Draw the cells of one reader, filled where they are on the front, and a line through the best ones."""
    values, rows = zip(*points, strict=True)
    scores = [row.rouge_l for row in rows]
    ends = list(zip(*map(_reach, rows), strict=True))
    axes.errorbar(values, scores, yerr=ends, fmt=mark, color=colour, capsize=3, markersize=5, label=name)
    behind = [(value, row.rouge_l) for value, row in points if not row.is_on_front]
    if behind:
        axes.plot(
            *zip(*behind, strict=True), mark, color=colour, markersize=5, markerfacecolor="white", zorder=3
        )
    best = dict(sorted(zip(values, scores, strict=True), key=lambda point: point[1]))  # the highest one stays
    if len(best) > 1:
        axes.plot(*zip(*sorted(best.items()), strict=True), color=colour, linewidth=1)
    for value, row in points:
        axes.annotate(
            _point_label(row),
            (value, row.rouge_l),
            textcoords="offset points",
            xytext=(6, 4),
            fontsize=7,
            color=_LABEL,
        )


def _reach(row: CellRow) -> tuple[float, float]:
    """Return how far the bar of a cell reaches below and above its score."""
    score, only = row.rouge_l or 0.0, row.runs[0] if len(row.runs) == 1 else None
    low, high = (only.low, only.high) if only else (row.lowest, row.highest)
    return score - (score if low is None else low), (score if high is None else high) - score


def _point_label(row: CellRow) -> str:
    """Return the settings of a cell besides what it reads, which its colour tells."""
    settings = {path: value for path, value in row.settings.items() if path != READS_AXIS}
    return describe_cell(settings).replace("$", r"\$") if settings else ""  # a dollar would begin a formula


def _draw_levels(axes: Any, rows: Sequence[CellRow]) -> None:
    levels = {"lead-3": [row.lead_3 for row in rows], "blank pages": [row.blank_pages for row in rows]}
    for (name, values), style in zip(levels.items(), ("--", ":"), strict=True):
        known = [value for value in values if value is not None]
        if known:
            axes.axhline(max(known), linestyle=style, color=_MUTED, linewidth=1, label=f"{name} (highest)")
