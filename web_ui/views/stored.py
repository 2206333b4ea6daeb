"""A stored dataset or model without its job: card, files, download as one file; and the lineage of any
result."""

from contextlib import ExitStack, suppress
from typing import Any, Literal

from flask import Blueprint, Response, send_file, url_for

from data.errors import NotFound
from data.store.writer import hold_reader_lock
from web_ui.api.endpoint import Operation, endpoint
from web_ui.api.service import current_service
from web_ui.api.stored_schemas import Lineage, LineageQuery, StoredCard, StoredCollection, StoredFileList
from web_ui.catalog.archives import archive_bytes, stream_archive
from web_ui.catalog.lineage import job_lineage, lineage
from web_ui.catalog.outputs import listed_files, output_file, output_name
from web_ui.catalog.stored import members_of, stored_card, stored_folder
from web_ui.views.artifacts import SAFE_MEDIA

TAR = "application/x-tar"

stored = Blueprint("stored", __name__)


@endpoint(stored, "GET", "/api/stored/<collection>/<name>", Operation(answer=StoredCard))
def get_stored(collection: StoredCollection, name: str) -> StoredCard:
    """Show the card, size and date of a stored dataset or model."""
    return stored_card(collection, stored_folder(collection, name, current_service().workspace))


@endpoint(stored, "GET", "/api/stored/<collection>/<name>/files", Operation(answer=StoredFileList))
def list_stored_files(collection: StoredCollection, name: str) -> dict[str, Any]:
    """List the files of a stored dataset or model."""
    folder = stored_folder(collection, name, current_service().workspace)
    files = []
    for path in listed_files(folder):
        with suppress(FileNotFoundError):  # an old checkpoint was removed just now
            part = output_name(folder, path)
            url = url_for("stored.get_stored_file", collection=collection, name=name, path=part)
            files.append({"path": part, "size_bytes": path.stat().st_size, "url": url})
    return {"files": files}


@endpoint(stored, "GET", "/api/stored/<collection>/<name>/files/<path:path>", Operation(media="*/*"))
def get_stored_file(collection: StoredCollection, name: str, path: str) -> Response:
    """Download one file of a stored dataset or model."""
    file = output_file(stored_folder(collection, name, current_service().workspace), path)
    media = SAFE_MEDIA.get(file.suffix, "application/octet-stream")
    return send_file(file, as_attachment=True, mimetype=media, conditional=True)


@endpoint(
    stored, "GET", "/api/stored/<collection>/<name>/archive.tar", Operation(media=TAR, errors=(409, 507))
)
def download_archive(collection: StoredCollection, name: str) -> Response:
    """Download a finished dataset or model as one tar file, a model without its checkpoints.

    It cannot be deleted or replaced meanwhile.
    """
    workspace = current_service().workspace
    folder = stored_folder(collection, name, workspace)
    kind: Literal["dataset", "model"] = "model" if collection == "models" else "dataset"
    with ExitStack() as held:
        held.enter_context(hold_reader_lock(workspace, kind, name))
        members = members_of(collection, folder)
        if not members:
            raise NotFound(f"The {kind} {name!r} has nothing to download yet.", hint="Let its job end first.")
        response = Response(stream_archive(members, sent := held.pop_all()), mimetype=TAR)
        response.call_on_close(sent.close)  # also if not one byte was asked for
    response.content_length = archive_bytes(members)
    response.headers.set("Content-Disposition", "attachment", filename=f"{name}.tar")
    return response


@endpoint(stored, "GET", "/api/lineage", Operation(query=LineageQuery, answer=Lineage))
def get_lineage(query: LineageQuery) -> Lineage:
    """Show what a result was made from, and what was made with it."""
    service = current_service()
    return lineage((query.collection, query.name), service.workspace, service.jobs)


@endpoint(stored, "GET", "/api/jobs/<job_id>/lineage", Operation(answer=Lineage))
def get_job_lineage(job_id: str) -> Lineage:
    """Show what a job reads, and what was made with its result."""
    service = current_service()
    return job_lineage(service.jobs.get(job_id), service.workspace, service.jobs)
