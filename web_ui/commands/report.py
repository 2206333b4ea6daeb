"""`deepsynth report`: compression and legibility of a finished dataset, and how models read it, as tables or
JSON."""

from argparse import Namespace
from typing import Any

from data.validation import parse_config
from web_ui.api.preview_schemas import ReportQuery
from web_ui.catalog.readings import readings_of
from web_ui.commands.stages import open_workspace
from web_ui.commands.terminal import print_result


def run(options: Namespace) -> int:
    """Print the report."""
    from data.inspection.report import dataset_report  # noqa: PLC0415  (imports pyarrow and Skia)

    values = {
        name: value for name in ("num_documents", "language") if (value := getattr(options, name)) is not None
    }
    query = parse_config(ReportQuery, values)
    workspace = open_workspace(options)
    report = dataset_report(workspace.dataset(options.dataset), query.num_documents, query.language)
    readings = [reading.model_dump() for reading in readings_of(options.dataset, workspace)]
    found = {**report.as_dict(), "readings": readings}
    print_result(found if options.json else _tables(found), options.json)
    return 0


def _tables(found: dict[str, Any]) -> dict[str, Any]:
    """Return the report as lists of rows with equal keys, which `print_result` prints as tables."""
    compression, legibility = found["compression"], found["legibility"]
    figures = {name: value for name, value in compression.items() if not isinstance(value, dict | list)}
    if legibility:
        figures |= {f"{name}_read": legibility[name] for name in ("num_documents", "num_pages")}
        figures["character_error_rate"] = f"{legibility['character_error_rate']:.2%}"
    tables = {
        "figures": [{"figure": name.replace("_", " "), "value": value} for name, value in figures.items()],
        "text_tokens_per_vision_token": [
            {"pages": f"{name.removeprefix('p')}%", "at most": value}
            for name, value in compression["page_ratio"].items()
        ],
        "densest_pages": compression["densest_pages"],
    }
    read = {"documents_read": legibility["documents"]} if legibility else {}
    return {**tables, **read, "read_by_models": [_reading_row(reading) for reading in found["readings"]]}


def _reading_row(reading: dict[str, Any]) -> dict[str, Any]:
    return {
        "model": reading["model"],
        "split": reading["split"],
        "pages": f"{reading['num_pages']}{' blank' if reading['blank_pages'] else ''}",
        "character_error_rate": f"{reading['character_error_rate']:.2%}",
        "interval_of_95%": f"{reading['low']:.2%}-{reading['high']:.2%}",
    }
