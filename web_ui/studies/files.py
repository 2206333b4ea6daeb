"""The report of a study as files: tables and figures."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from web_ui.studies.figure import draw_figure
from web_ui.studies.rows import StudyReport
from web_ui.studies.tables import latex_table, markdown_table

REPORT_FILES: Final[Mapping[str, tuple[str, Callable[[StudyReport], str | bytes]]]] = {
    "table.md": ("text/markdown", markdown_table),
    "table.tex": ("application/x-tex", latex_table),
    "figure.svg": ("image/svg+xml", partial(draw_figure, file_format="svg")),
    "figure.pdf": ("application/pdf", partial(draw_figure, file_format="pdf")),
    "figure.png": ("image/png", partial(draw_figure, file_format="png")),
}
"""Name of a file -> its media type, and what makes it of a report."""
