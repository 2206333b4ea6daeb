"""Names of models: which folder a name means, and which kind of model lies there."""

from pathlib import Path
from typing import Final

from data.errors import ModelError, UnknownName
from data.store.files import inside, read_json
from data.store.workspace import Workspace
from training.options.model_kinds import HUB_KINDS, TRAINED_FILE, ModelKind, detect_kind

_PATH_PREFIXES: Final = ("/", "./", "../", "~")


def model_kind(name: str, workspace: Workspace) -> ModelKind | None:
    """Say which kind a model is without reading weights; None where that is not known yet: on the Hub, or in
    training.

    Raises:
        UnknownName, ModelError: nothing has that name, or it is no model that DeepSynth knows.
    """
    if name == "tiny":
        return "tiny"
    folder = local_folder(name, workspace)
    model = _find_model_folder(folder) if folder else None
    if model is None:
        return HUB_KINDS.get(name)
    if (model / TRAINED_FILE).is_file():
        return model_kind(read_json(model / TRAINED_FILE)["base_model_name_or_path"], workspace)
    return detect_kind(read_json(model / "config.json"))


def local_folder(name: str, workspace: Workspace) -> Path | None:
    """Return the folder that a name or path means on this machine; None: there is none, so it may be a Hub
    id.

    Raises:
        UnknownName: a path leads nowhere.
    """
    if not name.startswith(_PATH_PREFIXES):
        folder = inside(workspace.models, name)
        return folder if folder.is_dir() else None
    folder = Path(name).expanduser()
    if not folder.is_dir():
        raise UnknownName(
            f"There is no folder {folder}.",
            hint="Check the path of the model.",
            fields={"model": "no such folder"},
        )
    return folder.resolve()


def model_folder(name: str, folder: Path) -> Path:
    """Return where, in the folder of a training or of a model, the model itself lies.

    Raises:
        ModelError: there is none yet.
    """
    model = _find_model_folder(folder)
    if model is not None:
        return model
    if name.startswith(_PATH_PREFIXES):
        return folder  # what is wrong with its files is said when they are read
    raise ModelError(
        f"The training {name!r} has no finished model yet.",
        hint="Let the training finish, or name one of its checkpoints: "
        f"{name}/checkpoints/checkpoint-<step>.",
        fields={"model": "not finished"},
    )


def _find_model_folder(folder: Path) -> Path | None:
    candidates = (folder / "model", folder)
    return next(
        (
            path
            for path in candidates
            if any((path / file).is_file() for file in ("config.json", TRAINED_FILE))
        ),
        None,
    )
