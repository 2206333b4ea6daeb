"""Names of models: the folder that a name means, and the kind of the model in it."""

from pathlib import Path
from typing import Any, Final

from data.errors import InvalidInput, ModelError, UnknownName
from data.store.files import inside, read_json, resolve_path
from data.store.workspace import Workspace
from training.options.model_config import read_config
from training.options.model_kinds import (
    BUILT_IN,
    PROVENANCE_FILE,
    TRAINED_FILE,
    ModelKind,
    detect_kind,
    kind_of_name,
)
from training.options.reads import Reads
from training.options.run_folder import MODEL
from training.options.trained_info import read_trained_info, require_short_chain

_PATH_PREFIXES: Final = ("/", "./", "../", "~")


def model_kind(name: str, workspace: Workspace, depth: int = 0) -> ModelKind | None:
    """Return the kind of a model without reading its weights; None where it is not known yet: another
    repository on the Hub, or a training without a model.

    Args:
        depth: how many checkpoints led to `name`.

    Raises:
        UnknownName: a path leads nowhere.
        ModelError: DeepSynth does not know the model in that folder, or its files are damaged.
    """
    require_short_chain(name, depth)
    folder = local_folder(name, workspace) if name != BUILT_IN else None
    model = find_model_folder(folder) if folder else None
    if model is None:
        return kind_of_name(name)
    if (model / TRAINED_FILE).is_file():
        return model_kind(read_trained_info(model).base_model_name_or_path, workspace, depth + 1)
    return detect_kind(read_config(model), _base_model(model))


def trained_reads(name: str, workspace: Workspace) -> Reads:
    """Return what a model was trained on; pages for a model that was not trained here. Raises UnknownName: a
    path leads nowhere."""
    folder = local_folder(name, workspace) if name != BUILT_IN else None
    model = find_model_folder(folder) if folder else None
    found: Reads = _provenance(model).get("reads", "pages") if model else "pages"
    return found


def require_page_reader(name: str, workspace: Workspace, consequence: str, field: str) -> None:
    """Refuse a model that reads text.

    Args:
        consequence: what follows for the request, in words.
        field: the setting at fault.

    Raises:
        InvalidInput: the model reads text.
        UnknownName: a path leads nowhere.
    """
    if trained_reads(name, workspace) != "pages":
        raise InvalidInput(
            f"The model {name} reads text instead of pages, so {consequence}.",
            hint="Name a model that reads pages."
            if field == "model"
            else f"Leave {field} out, or name a model that reads pages.",
            fields={field: "the model reads text"},
        )


def _base_model(model: Path) -> str | None:
    """Return the model before all trainings, where the folder of a trained model names it."""
    base_model = _provenance(model).get("base_model")
    return base_model if isinstance(base_model, str) else None


def _provenance(model: Path) -> dict[str, Any]:
    """Return the record of the training in the folder of a model; empty: it was not trained here."""
    record = read_json(model / PROVENANCE_FILE) if (model / PROVENANCE_FILE).is_file() else None
    return record if isinstance(record, dict) else {}


def local_folder(name: str, workspace: Workspace) -> Path | None:
    """Return the folder that a name or path means on this machine; None: the name may be a Hub id.

    Raises:
        UnknownName: there is no folder at a path.
    """
    if not name.startswith(_PATH_PREFIXES):
        folder = inside(workspace.models, name)
        return folder if folder.is_dir() else None
    folder = resolve_path(Path(name))
    if not folder.is_dir():
        raise UnknownName(
            f"There is no folder {folder}.",
            hint="Check the path of the model.",
            fields={"model": "no such folder"},
        )
    return folder


def model_folder(name: str, folder: Path) -> Path:
    """Return the folder of a model's files: the folder itself, or the subfolder `model` of a training.

    Raises:
        ModelError: the training has no model yet.
    """
    model = find_model_folder(folder)
    if model is not None:
        return model
    if name.startswith(_PATH_PREFIXES):
        return folder  # reading its files reports their faults
    raise ModelError(
        f"The training {name!r} has no finished model yet.",
        hint="Let the training finish, or name one of its checkpoints: "
        f"{name}/checkpoints/checkpoint-<step>.",
        fields={"model": "not finished"},
    )


def find_model_folder(folder: Path) -> Path | None:
    """Return the folder of a model's files: the subfolder `model` of a training, or the folder itself; None:
    neither holds a model."""
    for path in (folder / MODEL, folder):
        if any((path / file).is_file() for file in ("config.json", TRAINED_FILE)):
            return path
    return None
