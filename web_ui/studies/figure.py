"""The figure of a study: score against the tokens that a document costs, ready for a paper."""

import io
from collections.abc import Sequence
from typing import Any, Final, Literal

from data.errors import Unavailable
from web_ui.studies.plan import describe_cell
from web_ui.studies.report import CellRow, StudyReport

FigureFormat = Literal["svg", "pdf", "png"]
_INK: Final = "#4338ca"
_MUTED: Final = "#8a93a8"


def draw_figure(report: StudyReport, file_format: FigureFormat) -> bytes:
    """Draw the figure. Bars reach from the lowest to the highest seed.

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
        figure = Figure(figsize=(5.2, 3.4), layout="constrained")
        _draw(figure.subplots(), [row for row in report.cells if row.rouge_l is not None])
        content = io.BytesIO()
        # Without a date, so that the same report gives the same bytes.
        dates: dict[str, Any] = {"svg": {"Date": None}, "pdf": {"CreationDate": None}, "png": {}}
        figure.savefig(content, format=file_format, dpi=200, metadata=dates[file_format])
    return content.getvalue()


def _draw(axes: Any, rows: Sequence[CellRow]) -> None:
    points = [row for row in rows if row.vision_tokens is not None]
    for row in points:
        colour = _INK if row.is_on_front else _MUTED
        reach = [[row.rouge_l - row.lowest], [row.highest - row.rouge_l]]  # type: ignore[operator]
        axes.errorbar(
            row.vision_tokens, row.rouge_l, yerr=reach, fmt="o", color=colour, capsize=3, markersize=5
        )
        axes.annotate(
            describe_cell(row.settings).replace("$", r"\$"),  # which would begin a formula
            (row.vision_tokens, row.rouge_l),
            textcoords="offset points",
            xytext=(6, 4),
            fontsize=7,
            color="#566078",
        )
    front = sorted((row for row in points if row.is_on_front), key=lambda row: row.vision_tokens or 0.0)
    if len(front) > 1:
        axes.plot(
            [row.vision_tokens for row in front], [row.rouge_l for row in front], color=_INK, linewidth=1
        )
    levels = {"lead-3": [row.lead_3 for row in rows], "blank pages": [row.blank_pages for row in rows]}
    for (name, values), style in zip(levels.items(), ("--", ":"), strict=True):
        known = [value for value in values if value is not None]
        if known:
            axes.axhline(max(known), linestyle=style, color=_MUTED, linewidth=1, label=f"{name} (highest)")
    axes.set_xlabel("vision tokens a document")
    axes.set_ylabel("ROUGE-L on the test split")
    axes.margins(x=0.25, y=0.15)
    axes.set_xlim(left=0)
    axes.grid(alpha=0.25)
    if any(axes.get_legend_handles_labels()[1]):
        axes.legend(fontsize=7, loc="best", frameon=False)
