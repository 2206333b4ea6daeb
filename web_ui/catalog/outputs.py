"""What a job made: a folder or one file in the workspace, and what of it may be listed and downloaded."""

from collections.abc import Iterator
from pathlib import Path

from data.dataset.manifest import EXAMPLE_PAGE
from data.errors import NotFound
from data.store.files import TEMPORARY_SUFFIX, files_below, inside
from data.store.workspace import Workspace
from web_ui.jobs.job import Job

MAX_FILES = 10_000


def job_output(job: Job, workspace: Workspace) -> Path:
    """Return the folder, or the one file, that a job writes its results to.

    Raises:
        NotFound: nothing is there yet.
        UnsafePath: the job names a place outside the workspace.
    """
    result = job.result or {}
    if job.kind == "dataset":
        output = workspace.dataset(job.configured_name("name"))
    elif job.kind == "training":
        output = workspace.model(job.configured_name("output"))
    else:  # these choose their place when they run, and say so in their result
        output = reported_path(result.get("folder") or result.get("path"), workspace)
    if not output.exists():
        raise NotFound(f"Job {job.id} has no results yet.", hint="Wait until it has begun to write them.")
    return output


def example_page(job: Job, workspace: Workspace) -> Path:
    """Return the page that a finished dataset is shown by: jobs of a second or two end before they report
    one.

    Raises:
        NotFound: the job made no dataset, or has not finished it.
    """
    page = job_output(job, workspace) / EXAMPLE_PAGE
    if job.kind != "dataset" or not page.is_file():
        raise NotFound(f"Job {job.id} has drawn no page yet.")
    return page


def reported_path(path: object, workspace: Workspace) -> Path:
    """Resolve an absolute path that a stage reported. Raises NotFound without one, UnsafePath outside the
    workspace."""
    if not isinstance(path, str) or not path:
        raise NotFound("The job has reported no place yet.", hint="Wait until it has ended.")
    given = Path(path)
    return inside(
        workspace.root, given.relative_to(workspace.root) if given.is_relative_to(workspace.root) else given
    )


def output_files(output: Path) -> Iterator[Path]:
    """Yield the finished files of an output, in order; links and files in the making are left out."""
    if output.is_file():
        yield output
        return
    found = 0
    for path in sorted(files_below(output)):
        if (
            _is_hidden(path, output)
            or path.is_symlink()
            or not path.is_file()
            or path.suffix == TEMPORARY_SUFFIX
        ):
            continue
        found += 1
        if found > MAX_FILES:
            return
        yield path


def output_name(output: Path, path: Path) -> str:
    """Return the name under which a file of an output is asked for."""
    return path.name if output.is_file() else path.relative_to(output).as_posix()


def output_file(output: Path, name: str) -> Path:
    """Return one file of an output.

    Raises:
        NotFound: there is no such file.
        UnsafePath: the name leaves the output's folder.
    """
    folder = output.parent if output.is_file() else output
    path = inside(folder, name)
    is_other = output.is_file() and path != output.resolve()
    if is_other or not path.is_file() or _is_hidden(path, folder.resolve()):
        raise NotFound(f"There is no file {name!r} among the results.")
    return path


def _is_hidden(path: Path, folder: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(folder).parts)
