"""Outputs of a job: one folder or file, and the files in it that may be listed and downloaded."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from data.dataset.manifest import EXAMPLE_PAGE
from data.errors import NotFound
from data.store.files import TEMPORARY_SUFFIX, files_below, inside
from data.store.workspace import FOLDERS, Workspace
from web_ui.jobs.job import Job
from web_ui.jobs.stages import STAGES

MAX_FILES = 10_000


def job_output(job: Job, workspace: Workspace) -> Path:
    """Return the folder or the file to which a job writes its results.

    Raises:
        NotFound: the job has written nothing yet.
        UnsafePath: the path is outside the workspace.
    """
    stage, result = STAGES.get(job.kind), job.result or {}
    if stage and stage.makes:
        folder = workspace.dataset if stage.makes == "dataset" else workspace.model
        output = folder(job.configured_name(stage.output_setting))
    else:  # the stage chooses its output when it runs, and names it in its result
        output = reported_path(result.get("folder") or result.get("path"), workspace)
    if not output.exists():
        raise NotFound(f"Job {job.id} has no results yet.", hint="Wait until it starts to write them.")
    return output


def example_page(job: Job, workspace: Workspace) -> Path:
    """Return the example page of a finished dataset, for jobs that ended before they reported a page.

    Raises:
        NotFound: the job makes no dataset, or has not finished it.
    """
    page = job_output(job, workspace) / EXAMPLE_PAGE
    if not page.is_file():
        raise NotFound(f"Job {job.id} has drawn no page yet.")
    return page


def reported_path(path: object, workspace: Workspace) -> Path:
    """Return where a path that a stage reported is now. Raises NotFound without a path, UnsafePath outside
    the workspace."""
    if not isinstance(path, str) or not path:
        raise NotFound("The job has reported no path yet.", hint="Wait until it has ended.")
    folder, _, name = workspace.portable(workspace.located(path)).partition("/")
    is_ours = folder in FOLDERS and name != ""
    return inside(workspace.root / folder, name) if is_ours else inside(workspace.root, path)


def output_files(output: Path) -> Iterator[Path]:
    """Yield the files of an output in order, without links and unfinished files."""
    if output.is_file():
        yield output
        return
    for path in sorted(files_below(output)):
        if (
            _is_hidden(path, output)
            or path.is_symlink()
            or not path.is_file()
            or path.suffix == TEMPORARY_SUFFIX
        ):
            continue
        yield path


def listed_files(output: Path) -> Iterator[Path]:
    """Yield the first MAX_FILES of `output_files`: a list on the screen has an end."""
    return islice(output_files(output), MAX_FILES)


def output_name(output: Path, path: Path) -> str:
    """Return the name of a file of an output, as in the URL of its download."""
    return path.name if output.is_file() else path.relative_to(output).as_posix()


def output_file(output: Path, name: str) -> Path:
    """Return one file of an output.

    Raises:
        NotFound: there is no such file.
        UnsafePath: the name leads out of the output's folder.
    """
    folder = output.parent if output.is_file() else output
    path = inside(folder, name)
    is_other = output.is_file() and path != output.resolve()
    if is_other or not path.is_file() or _is_hidden(path, folder.resolve()):
        raise NotFound(f"There is no file {name!r} among the results.")
    return path


def _is_hidden(path: Path, folder: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(folder).parts)
