"""The samples of datasets, trainings, evaluations and predictions: pages of a list, one sample, a file."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, send_file, url_for

from data.errors import NotFound
from evaluation.samples.index import SampleIndex
from evaluation.samples.record import SampleRecord
from evaluation.samples.store import Collection, SampleSet
from web_ui.api.endpoint import Operation, endpoint
from web_ui.api.sample_schemas import (
    SampleDocument,
    SampleList,
    SamplesQuery,
    SelectionQuery,
    SplitQuery,
    mark_names,
)
from web_ui.api.service import current_service
from web_ui.catalog.sample_index import prepare_index
from web_ui.catalog.sample_pages import kept_page, note_on_pages, sample_text
from web_ui.catalog.sample_sets import list_sample_sets

JSON_LINES = "application/jsonl"

samples = Blueprint("samples", __name__)


@endpoint(
    samples,
    "GET",
    "/api/samples/<collection>/<name>",
    Operation(query=SamplesQuery, answer=SampleList, errors=(409, 429, 507)),
)
def list_samples(collection: Collection, name: str, query: SamplesQuery) -> SampleList:
    """List samples of a dataset, a training, an evaluation or a prediction."""
    sets, shown = _open(collection, name, query)
    selection, workspace = query.selection(), current_service().workspace
    with shown.open_index(workspace) as index:
        offset = _offset(index, query)
        page = index.page(selection, query.order, offset, query.limit)
    return SampleList(
        split=next(split for split, found in sets.items() if found == shown),
        splits=tuple(sets),
        dataset=shown.dataset,
        num_samples=page.num_samples,
        num_selected=page.num_selected,
        offset=offset,
        samples=tuple(_answer(name, position, record, shown) for position, record in page.samples),
        histogram=page.histogram,
        marks={name: num for mark, num in page.marks.items() for name in mark_names(mark)},
        pages_note=note_on_pages(shown, [record for _, record in page.samples], workspace),
    )


@endpoint(
    samples,
    "GET",
    "/api/samples/<collection>/<name>/<int:position>",
    Operation(query=SplitQuery, answer=SampleDocument, errors=(409, 429, 507)),
)
def get_sample(collection: Collection, name: str, position: int, query: SplitQuery) -> SampleDocument:
    """Show one sample with the text of its document."""
    _, shown = _open(collection, name, query)
    workspace, record = current_service().workspace, _record(shown, name, position)
    return SampleDocument(
        **_answer(name, position, record, shown), text=sample_text(shown, record, workspace)
    )


@endpoint(
    samples,
    "GET",
    "/api/samples/<collection>/<name>/download.jsonl",
    Operation(query=SelectionQuery, media=JSON_LINES, errors=(409, 429, 507)),
)
def download_samples(collection: Collection, name: str, query: SelectionQuery) -> Response:
    """Download the selected samples, one JSON object a line."""
    _, shown = _open(collection, name, query)
    workspace, selection = current_service().workspace, query.selection()

    def lines() -> Iterator[str]:
        with shown.open_index(workspace) as index:
            for record in index.records(selection, query.order):
                values = {**asdict(record), "marks": mark_names(record.marks)}
                yield json.dumps(values, ensure_ascii=False) + "\n"

    response = Response(lines(), mimetype=JSON_LINES)
    response.headers.set("Content-Disposition", "attachment", filename=f"{name}-samples.jsonl")
    return response


@endpoint(
    samples,
    "GET",
    "/api/samples/<collection>/<name>/<int:position>/pages/<int:page>.png",
    Operation(query=SplitQuery, media="image/png", errors=(409, 429, 507)),
)
def get_kept_page(collection: Collection, name: str, position: int, page: int, query: SplitQuery) -> Response:
    """Show a page that was kept of an input file or of the first batch of a training, as the model read it;
    pages count from 1."""
    _, shown = _open(collection, name, query)
    path = kept_page(shown, _record(shown, name, position), page)
    if path is None:
        raise NotFound(f"No page {page} of sample {position} of {name!r} was kept.")
    return send_file(path, mimetype="image/png", conditional=True)


def _record(shown: SampleSet, name: str, position: int) -> SampleRecord:
    try:
        with shown.open_index(current_service().workspace) as index:
            return index.record(position)
    except IndexError as error:
        raise NotFound(f"{name!r} has no sample {position}.", hint="Samples count from 0.") from error


def _open(collection: Collection, name: str, query: SplitQuery) -> tuple[dict[str, SampleSet], SampleSet]:
    """Return the samples of a result by their split, and those that the query names; their index is made."""
    workspace = current_service().workspace
    sets = dict(list_sample_sets(collection, name, workspace))
    shown = sets.get(query.split) if query.split else next(iter(sets.values()))
    if shown is None:
        raise NotFound(f"{name!r} has no samples of {query.split!r}.", hint=f"Splits: {', '.join(sets)}.")
    prepare_index(shown, workspace)
    return sets, shown


def _offset(index: SampleIndex, query: SamplesQuery) -> int:
    """Return where the page begins: the one with the sample `position`, if it is selected."""
    if query.position is None:
        return query.offset
    place = index.place(query.position, query.selection(), query.order)
    return query.offset if place is None else place - place % query.limit


def _answer(name: str, position: int, record: SampleRecord, shown: SampleSet) -> dict[str, Any]:
    values = asdict(record)
    kept = ("document_id", "prediction", "reference", "score", "length", "unsupported", "error", "style")
    return {
        **{name: values[name] for name in kept},
        "position": position,
        "marks": mark_names(record.marks),
        "pages": tuple(_pages(name, position, record, shown)),
    }


def _pages(name: str, position: int, record: SampleRecord, shown: SampleSet) -> Iterator[str]:
    """Yield the addresses of the pages of a sample: of its dataset's row, or kept of an input file."""
    for number in range(1, record.num_pages + 1):
        if record.row is not None:
            dataset, split, row = shown.dataset, shown.split, record.row
            yield url_for("datasets.get_page", name=dataset, split=split, row=row, page=number)
        elif kept_page(shown, record, number):
            yield url_for(
                "samples.get_kept_page",
                collection=shown.collection,
                name=name,
                position=position,
                page=number,
                split=shown.split,
            )
