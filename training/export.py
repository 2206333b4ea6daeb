"""Export a model for other programs: whole, with its adapter merged, or the adapter alone."""

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data.errors import InvalidInput, NotFound
from data.page_modes import describe_pages
from data.store.files import write_bytes
from data.store.workspace import Workspace
from training.loop.checkpoints import checkpoint_path, last_good, verify
from training.models.adapter import export_adapter
from training.models.export import export_model
from training.models.loading import load_model
from training.models.model_card import CARD
from training.models.model_files import ModelFiles, find_model
from training.models.serving_files import PLUGIN, serve_command
from training.options.model_kinds import MODEL_KINDS, TYPICAL_KIND, ModelKind
from training.options.model_names import local_folder
from training.options.run_folder import RunFolder
from training.options.trained_info import read_trained_info


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportResult:
    """A written folder, and how other programs use it."""

    folder: Path
    kind: ModelKind
    pages: str
    """What it reads, in words."""
    use: str
    """Lines to type."""

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {"folder": str(self.folder), "kind": self.kind, "pages": self.pages, "use": self.use}


def export(
    name: str, revision: str | None, folder: Path, workspace: Workspace, *, is_adapter: bool = False
) -> ExportResult:
    """Write a model or its adapter into a folder.

    Args:
        name: a training, one of its checkpoints, a folder or a Hub id.
        revision: commit of a Hub id; None: the pinned one.
        folder: must be absent or empty.
        is_adapter: write only the adapter of a training with train=lora.

    Raises:
        UnknownName, ModelError: the model cannot be loaded.
        InvalidInput: the folder holds something, or there is no adapter with published names.
        StorageError: the disk is full or not writable.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InvalidInput(
            f"{folder} exists already.", hint="Name a new folder.", fields={"output": "exists already"}
        )
    files = find_model(name, revision, workspace)
    write = _write_adapter if is_adapter else _write_whole
    use = write(name, files, folder, workspace)
    modes = (files.provenance.mode,) if files.provenance else files.modes
    pages = " or ".join(map(describe_pages, modes))
    return ExportResult(folder=folder, kind=files.kind, pages=pages, use=use)


def _write_whole(name: str, files: ModelFiles, folder: Path, workspace: Workspace) -> str:
    loaded = load_model(name, files.revision, workspace)
    export_model(loaded.model, loaded, folder, files.provenance)
    card = files.folder / CARD if files.folder and files.provenance and not files.checkpoints else None
    if card and card.is_file():
        write_bytes(folder / CARD, card.read_bytes())
    if (folder / PLUGIN).is_dir():
        return serve_command(str(folder), Path(name).name)
    words = ("deepsynth", "predict", "--model", str(folder), "--input", "page.png", "--output", "out.jsonl")
    return shlex.join(words)


def _write_adapter(name: str, files: ModelFiles, folder: Path, workspace: Workspace) -> str:
    spec = MODEL_KINDS[files.kind]
    if spec.model_class != MODEL_KINDS[TYPICAL_KIND].model_class:
        raise InvalidInput(
            f"{name} is a {spec.title} model: adapters of that model cannot be exported.",
            hint="Export the whole model, without --adapter.",
            fields={"adapter": f"not of a {spec.title} model"},
        )
    checkpoint = files.checkpoints[-1] if files.checkpoints else _final_checkpoint(name, workspace)
    trained = read_trained_info(checkpoint)
    base = find_model(trained.base_model_name_or_path, trained.revision, workspace)
    return export_adapter(checkpoint, base, folder)


def _final_checkpoint(name: str, workspace: Workspace) -> Path:
    """Return the checkpoint that a finished training exported. Raises NotFound where there is none."""
    folder = local_folder(name, workspace)
    run = RunFolder(folder) if folder else None
    if run and (state := run.read_state()):
        if state.best_step is not None:
            return verify(checkpoint_path(run.checkpoints, state.best_step), state.run).path
        if last := last_good(run.checkpoints, state.run, lambda _: None):
            return last.path
    raise NotFound(
        f"{name} has no checkpoint, and an adapter is kept only there.",
        hint="Name a training whose checkpoints are still there, or export the whole model.",
    )
