"""Deletion of a dataset, a trained model or an upload: refused while a job needs it.

A rename into the trash makes it disappear at once; the files are removed afterwards.
"""

import shutil
from collections.abc import Callable
from pathlib import Path

from data.errors import Conflict, NotFound, UnsafePath
from data.store.files import move_to_trash, storage_error
from data.store.workspace import UPLOAD_PREFIX, Workspace, names_hint
from data.store.writer import hold_writer_lock, refuse_readers
from web_ui.jobs.job import Job
from web_ui.jobs.store import JobStore


def delete_dataset(name: str, workspace: Workspace, jobs: JobStore) -> None:
    """Delete a dataset, finished or not, and its copies in the cache (latest page, decoded shards).

    Its repository on the Hub, and the models trained on it, stay.

    Raises:
        UnsafePath: the name leads out of the workspace, or is a link.
        NotFound: there is no such dataset.
        Conflict: a job that has not ended, or another process, writes or reads the dataset.
        StorageError: the folder cannot be moved.
    """
    folder = _require_folder("dataset", workspace.dataset(name), workspace.datasets / name)
    _refuse_if_used(
        f"the dataset {name!r}",
        jobs,
        lambda job: job.made_folder == ("dataset", name) or job.config.get("dataset") == name,
    )
    with hold_writer_lock(workspace, "dataset", name), refuse_readers(workspace, "dataset", name):
        _remove_file(workspace.latest_page(name))
        trashed = move_to_trash(folder, workspace.trash)
    for copy in (workspace.arrow_cache(name), trashed):
        shutil.rmtree(copy, ignore_errors=True)


def delete_model(name: str, workspace: Workspace, jobs: JobStore) -> None:
    """Delete a training's folder: checkpoints, model, metrics. Its repository on the Hub stays. Raises as
    `delete_dataset` does."""
    folder = _require_folder("model", workspace.model(name), workspace.models / name)

    def is_inside(model: object) -> bool:
        return isinstance(model, str) and (workspace.models / model).is_relative_to(folder)

    def uses(job: Job) -> bool:
        return is_inside(job.config.get("model")) or job.made_folder == ("model", name)

    _refuse_if_used(f"the model {name!r}", jobs, uses)
    with hold_writer_lock(workspace, "model", name), refuse_readers(workspace, "model", name):
        trashed = move_to_trash(folder, workspace.trash)
    shutil.rmtree(trashed, ignore_errors=True)


def delete_upload(name: str, workspace: Workspace, jobs: JobStore) -> None:
    """Delete an uploaded file or folder. Datasets made from it stay. Raises as `delete_dataset` does."""
    path = workspace.upload(name)
    if not path.exists():
        raise NotFound(
            f"There is no upload {name!r}.", hint=names_hint(path.name for path in path.parent.glob("[!.]*"))
        )
    _refuse_if_used(f"the upload {name!r}", jobs, lambda job: _reads_upload(job, path, workspace.uploads))
    trashed = move_to_trash(path, workspace.trash)
    if trashed.is_dir():
        shutil.rmtree(trashed, ignore_errors=True)
    else:
        trashed.unlink(missing_ok=True)


def _reads_upload(job: Job, path: Path, uploads: Path) -> bool:
    source = job.config.get("source")
    names = [source.get("path") if isinstance(source, dict) else None, *(job.config.get("inputs") or ())]
    read = [uploads / name.removeprefix(UPLOAD_PREFIX) for name in names if isinstance(name, str)]
    return any(path.is_relative_to(each) or each.is_relative_to(path) for each in read)


def _require_folder(kind: str, folder: Path, place: Path) -> Path:
    if place.is_symlink():
        raise UnsafePath(
            f"The {kind} {place.name!r} is a link to {folder}.",
            hint="Remove the link by hand. Its target stays.",
        )
    if not folder.is_dir():
        names = (path.name for path in folder.parent.glob("[!.]*") if path.is_dir())
        raise NotFound(f"There is no {kind} {folder.name!r}.", hint=names_hint(names))
    return folder


def _refuse_if_used(name: str, jobs: JobStore, uses: Callable[[Job], bool]) -> None:
    job = next(filter(uses, jobs.unfinished()), None)
    if job:
        raise Conflict(
            f"Job {job.id}, which is {job.state}, needs {name}.",
            hint="Wait for that job to end, or cancel it.",
        )


def _remove_file(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise storage_error(path, error) from error
