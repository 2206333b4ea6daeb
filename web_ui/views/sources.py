"""Files that a user uploads as sources, single or in a folder. Each file is one streamed PUT; it is stored
completely or not at all."""

import shutil
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, request

from data.errors import Conflict, InvalidInput, StorageError
from data.store.files import inside, new_file, storage_error, stored_bytes
from data.store.workspace import UPLOAD_PREFIX, validate_name
from web_ui.api import schemas
from web_ui.api.endpoint import Operation, endpoint
from web_ui.api.service import current_service
from web_ui.catalog.deletion import delete_upload

CHUNK_BYTES = 1 << 20
RESERVED_BYTES = 256 << 20
BYTES = "application/octet-stream"

sources = Blueprint("sources", __name__)


@endpoint(
    sources,
    "PUT",
    "/api/uploads/<name>",
    Operation(body_media=BYTES, answer=schemas.Upload, status=201, errors=(413, 507)),
)
def put_upload(name: str) -> dict[str, Any]:
    """Upload one file as raw bytes; a file with the same name is replaced."""
    path = current_service().workspace.upload(name)
    if path.is_dir():
        raise Conflict(
            f"The upload {name!r} is a folder of files.", hint="Choose another name, or delete it first."
        )
    return _store_upload(path, name, name)


@endpoint(
    sources,
    "PUT",
    "/api/uploads/<folder>/<name>",
    Operation(body_media=BYTES, answer=schemas.Upload, status=201, errors=(413, 507)),
)
def put_upload_into_folder(folder: str, name: str) -> dict[str, Any]:
    """Upload one of several files that form one source, as raw bytes.

    The folder is made if it does not exist.
    """
    place = current_service().workspace.upload(folder)
    path = inside(place, validate_name(name))
    try:
        place.mkdir(exist_ok=True)
    except FileExistsError as error:
        raise Conflict(
            f"The upload {folder!r} is a file.",
            hint="Choose another name for the folder, or delete the file first.",
        ) from error
    except OSError as error:
        raise storage_error(place, error) from error
    return _store_upload(path, folder, f"{folder}/{name}")


@endpoint(sources, "GET", "/api/uploads", Operation(answer=schemas.UploadList))
def list_uploads() -> dict[str, Any]:
    """List the uploaded files and folders."""
    entries = [
        path
        for path in sorted(current_service().workspace.uploads.iterdir())
        if not path.name.startswith(".") and path.exists()  # not a link that leads nowhere
    ]
    return {"uploads": [_answer(path.name, path.name, stored_bytes(path)) for path in entries]}


@endpoint(sources, "DELETE", "/api/uploads/<name>", Operation(status=204, errors=(409, 507)))
def remove_upload(name: str) -> Response:
    """Delete an uploaded file or folder that no job needs; datasets made from it stay."""
    service = current_service()
    delete_upload(name, service.workspace, service.jobs)
    return Response(status=204)


def _store_upload(path: Path, source: str, name: str) -> dict[str, Any]:
    request.max_content_length = current_service().settings.max_upload_bytes
    _check_free_space(path, request.content_length or 0)
    return _answer(source, name, _receive_body(path))


def _answer(source: str, name: str, size_bytes: int) -> dict[str, Any]:
    return {"path": f"{UPLOAD_PREFIX}{source}", "name": name, "size_bytes": size_bytes}


def _check_free_space(path: Path, size_bytes: int) -> None:
    free_bytes = shutil.disk_usage(path.parent).free
    if size_bytes + RESERVED_BYTES > free_bytes:
        raise StorageError(
            f"{path.name} does not fit on the disk: {free_bytes:,} bytes are free, of which uploads leave "
            f"{RESERVED_BYTES:,}.",
            hint="Free some space, then try again.",
        )


def _receive_body(path: Path) -> int:
    """Write the body of the request beside `path`, then rename it to `path`; return its size in bytes.

    The free space is checked before each chunk: the length may be unknown, and other uploads and jobs write
    to the same disk.
    """
    with new_file(path) as temporary:
        with temporary.open("xb") as file:
            while chunk := request.stream.read(CHUNK_BYTES):
                _check_free_space(path, len(chunk))
                file.write(chunk)
            size_bytes = file.tell()
        if request.content_length not in (None, size_bytes):
            raise InvalidInput(
                f"{path.name} was cut off after {size_bytes:,} bytes.", hint="Upload it again."
            )
        if not size_bytes:
            raise InvalidInput(f"{path.name} is empty.", hint="Upload a file that holds documents.")
    return size_bytes
