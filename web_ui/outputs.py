"""What a job made: its folder in the workspace, and the files there that may be listed and downloaded."""

from collections.abc import Iterator
from pathlib import Path

from data.errors import NotFound
from data.store.files import TEMPORARY_SUFFIX, inside
from data.store.workspace import Workspace
from web_ui.jobs.job import Job

MAX_FILES = 10_000


def output_folder(job: Job, workspace: Workspace) -> Path:
    """Return the folder that a job writes its results to.

    Raises:
        NotFound: the job has no folder of its own, or it is not there yet.
        UnsafePath: its configuration names a folder outside the workspace.
    """
    if job.kind == "dataset":
        folder = workspace.dataset(job.config["name"])
    elif job.kind == "training":
        folder = workspace.model(job.config["output"])
    else:
        folder = workspace.jobs / job.id / "output"
    if not folder.is_dir():
        raise NotFound(f"Job {job.id} has no results yet.", hint="Wait until it has begun to write them.")
    return folder


def output_files(folder: Path) -> Iterator[Path]:
    """Yield the finished files below `folder`, in order; links and files in the making are left out."""
    found = 0
    for path in sorted(folder.rglob("*")):
        is_hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if is_hidden or path.is_symlink() or not path.is_file() or path.suffix == TEMPORARY_SUFFIX:
            continue
        found += 1
        if found > MAX_FILES:
            return
        yield path


def output_file(folder: Path, name: str) -> Path:
    """Return one file below `folder`.

    Raises:
        NotFound: there is no such file.
        UnsafePath: the name leaves the folder.
    """
    path = inside(folder, name)
    if not path.is_file() or any(part.startswith(".") for part in path.relative_to(folder.resolve()).parts):
        raise NotFound(f"There is no file {name!r} among the results.")
    return path
