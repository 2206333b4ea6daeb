"""What can be refused before a job exists: cheap looks at the workspace, so that no job starts that cannot succeed.

Requests may name files only inside the workspace; the command line may name any.
"""

import re
from pathlib import Path

from data.config import DatasetConfig, FilesSource
from data.errors import Conflict, InvalidInput, NotFound, UnknownName, UnsafePath
from data.store.files import inside
from data.store.workspace import Workspace
from training.config import TrainingConfig
from training.optimal_configs import PRESETS

UPLOAD = "upload:"
HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")


def check_dataset(config: DatasetConfig, workspace: Workspace) -> None:
    """Refuse a dataset whose name or local source cannot work.

    Raises:
        UnsafePath: the name or the path leaves the workspace.
        InvalidInput: a file, folder or column does not exist.
    """
    workspace.dataset(config.name)
    if isinstance(config.source, FilesSource):
        check_source_path(config.source.path, workspace)


def check_source_path(path: str, workspace: Workspace) -> None:
    """Refuse a source path that is not an upload or inside the workspace, or that does not exist."""
    is_upload = path.startswith(UPLOAD)
    found = workspace.upload(path.removeprefix(UPLOAD)) if is_upload else _inside(workspace, path, "source.path")
    if not found.exists():
        raise InvalidInput(
            f"There is no {path!r} to read documents from.",
            hint="Upload the file first (PUT /api/uploads/<name>), then use upload:<name>.",
            fields={"source.path": "no such file or folder"},
        )


def check_training(config: TrainingConfig, workspace: Workspace) -> None:
    """Refuse a training whose dataset, model or output name cannot work.

    Raises:
        UnsafePath: a name leaves the workspace.
        UnknownName: there is no such dataset, model or preset.
        Conflict: the dataset is not finished.
    """
    workspace.model(config.output)
    check_finished_dataset(config.dataset, workspace)
    check_model(config.model, workspace)


def check_training_preset(name: str) -> None:
    """Refuse a preset that does not exist."""
    if name not in PRESETS:
        names = ", ".join(PRESETS)
        raise UnknownName(f"There is no preset {name!r}.", hint=f"Presets are {names}.", fields={"preset": f"must be one of {names}"})


def check_finished_dataset(name: str, workspace: Workspace) -> None:
    """Refuse a dataset that is not there or not complete."""
    from data.shards import read_manifest  # noqa: PLC0415  (pyarrow is not needed to serve a page)

    try:
        manifest = read_manifest(workspace.dataset(name))
    except NotFound as error:
        raise UnknownName(error.message, hint=error.hint, fields={"dataset": "no such dataset"}) from error
    if not manifest.complete:
        raise Conflict(
            f"The dataset {name!r} is not finished.", hint="Wait for its job to end, or resume it.", fields={"dataset": "not finished"}
        )


def check_model(name: str, workspace: Workspace) -> None:
    """Refuse a model that is not tiny, a training in the workspace, a folder in the workspace or a Hub id."""
    if name == "tiny":
        return
    if name.startswith(("/", ".", "~")):
        if _inside(workspace, name, "model").is_dir():
            return
    elif inside(workspace.models, name).is_dir() or HUB_ID.fullmatch(name):
        return
    raise UnknownName(
        f"There is no model {name!r}.",
        hint="Use tiny, the name of a finished training, or a Hub id such as deepseek-ai/DeepSeek-OCR.",
        fields={"model": "no such model"},
    )


def _inside(workspace: Workspace, path: str, field: str) -> Path:
    """Resolve a path, absolute or relative to the workspace, and refuse what lies outside."""
    try:
        given = Path(path)
        return inside(workspace.root, given.relative_to(workspace.root) if given.is_absolute() else given)
    except (UnsafePath, ValueError) as error:
        raise UnsafePath(
            f"{path!r} is not inside the workspace.",
            hint="Upload the file, or copy it into the workspace.",
            fields={field: "outside the workspace"},
        ) from error
