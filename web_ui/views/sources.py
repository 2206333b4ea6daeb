"""Files that a user uploads as sources. Each arrives as one streamed PUT and is whole or absent."""

import os
import secrets
import shutil
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, request

from data.errors import InvalidInput, NotFound, StorageError
from data.store.files import TEMPORARY_SUFFIX, storage_error, sync_folder
from data.store.workspace import names_hint
from web_ui import schemas
from web_ui.endpoint import Operation, endpoint
from web_ui.service import current_service

CHUNK_BYTES = 1 << 20
KEPT_FREE_BYTES = 256 << 20
BYTES = "application/octet-stream"

sources = Blueprint("sources", __name__)


@endpoint(sources, "PUT", "/api/uploads/<name>", Operation(body_media=BYTES, answer=schemas.Upload, status=201, errors=(413, 507)))
def put_upload(name: str) -> dict[str, Any]:
    """Upload one file, as raw bytes; a file of the same name is replaced."""
    service = current_service()
    path = service.workspace.upload(name)
    request.max_content_length = service.settings.max_upload_bytes
    _check_room(path, request.content_length or 0)
    return _document(path, _receive(path))


@endpoint(sources, "GET", "/api/uploads", Operation(answer=schemas.UploadList))
def list_uploads() -> dict[str, Any]:
    """List the uploaded files."""
    folder = current_service().workspace.uploads
    files = [path for path in sorted(folder.iterdir()) if path.is_file() and not path.name.startswith(".")]
    return {"uploads": [_document(path, path.stat().st_size) for path in files]}


@endpoint(sources, "DELETE", "/api/uploads/<name>", Operation(status=204))
def delete_upload(name: str) -> Response:
    """Delete an uploaded file; datasets made from it stay."""
    path = current_service().workspace.upload(name)
    if not path.is_file():
        raise NotFound(f"There is no upload {name!r}.", hint=names_hint(path.name for path in path.parent.glob("[!.]*")))
    path.unlink(missing_ok=True)
    return Response(status=204)


def _document(path: Path, size_bytes: int) -> dict[str, Any]:
    return {"path": f"upload:{path.name}", "name": path.name, "size_bytes": size_bytes}


def _check_room(path: Path, size_bytes: int) -> None:
    free_bytes = shutil.disk_usage(path.parent).free
    if size_bytes + KEPT_FREE_BYTES > free_bytes:
        raise StorageError(
            f"{path.name} ({size_bytes:,} bytes) does not fit on the disk: {free_bytes:,} bytes are free.",
            hint="Free some space, then try again.",
        )


def _receive(path: Path) -> int:
    """Write the request's body beside `path`, then rename it there; return its size in bytes."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}{TEMPORARY_SUFFIX}")
    try:
        with temporary.open("xb") as file:
            shutil.copyfileobj(request.stream, file, CHUNK_BYTES)
            size_bytes = file.tell()
            file.flush()
            os.fsync(file.fileno())
        if request.content_length not in (None, size_bytes):
            raise InvalidInput(f"{path.name} was cut off after {size_bytes:,} bytes.", hint="Upload it again.")
        if not size_bytes:
            raise InvalidInput(f"{path.name} is empty.", hint="Upload a file that holds documents.")
        temporary.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        raise storage_error(path, error) from error
    finally:
        temporary.unlink(missing_ok=True)
    return size_bytes
