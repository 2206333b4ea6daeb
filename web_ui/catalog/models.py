"""Trainings in the workspace as the API shows them, from the files of their folders."""

from dataclasses import dataclass
from pathlib import Path

from data.errors import ModelError, NotFound, StorageError
from data.store.files import read_json_object, stored_bytes
from data.store.workspace import Workspace, names_hint
from data.validation import read_record
from evaluation.report import REPORT
from evaluation.training_metrics import read_metrics
from training.options.model_kinds import BUILT_IN, MODEL_KINDS
from training.options.model_names import model_kind, trained_reads
from training.options.run_folder import CHECKPOINTS, CONFIG, MODEL
from web_ui.api.schemas import BaseModelName, ErrorBody, JsonObject, Model, ModelSummary
from web_ui.api.verdict_schemas import ModelVerdict

BASES = tuple(
    BaseModelName(
        name=spec.hub_id or kind,
        title=spec.description + (f", at commit {spec.revision[:7]}" if spec.revision else ""),
        modes=spec.page_modes,
    )
    for kind, spec in MODEL_KINDS.items()
    if spec.revision or not spec.hub_id
)
"""Models that a training may start from without naming a revision."""


@dataclass(frozen=True, slots=True)
class _Names:
    """What a list shows of training_config.json."""

    model: str | None = None
    dataset: str | None = None


def model_summary(folder: Path, workspace: Workspace) -> ModelSummary:
    """Return a training in short. A damaged one is listed with its error."""
    size_bytes = stored_bytes(folder)
    try:
        config = read_record(folder / CONFIG, _Names) if (folder / CONFIG).exists() else _Names()
        latest = read_metrics(folder).latest
        kind = model_kind(folder.name, workspace)
    except (StorageError, ModelError) as error:
        body = ErrorBody(**error.as_dict())
        return ModelSummary(name=folder.name, complete=False, size_bytes=size_bytes, error=body)
    return ModelSummary(
        name=folder.name,
        complete=_is_complete(folder),
        size_bytes=size_bytes,
        base=config.model,
        dataset=config.dataset,
        modes=MODEL_KINDS[kind].page_modes if kind else (),
        metrics=latest,
    )


def usable_models(workspace: Workspace) -> list[str]:
    """Return the names of the models that answer requests: the finished trainings that read pages, and the
    model that comes with DeepSynth."""
    trained = [folder.name for folder in sorted(workspace.models.glob("[!.]*")) if _is_complete(folder)]
    return [*(name for name in trained if trained_reads(name, workspace) == "pages"), BUILT_IN]


def model_details(folder: Path, verdict: ModelVerdict | None) -> Model:
    """Return everything that a training's folder says, and the verdict on its report.

    Raises:
        NotFound: there is no such training.
        StorageError: one of its files is damaged.
    """
    if not folder.is_dir():
        known = (path.name for path in folder.parent.glob("[!.]*"))
        raise NotFound(f"There is no model {folder.name!r}.", hint=names_hint(known))
    return Model(
        name=folder.name,
        complete=_is_complete(folder),
        config=_json_object(folder / CONFIG),
        metrics=read_metrics(folder).latest,
        report=_json_object(folder / REPORT) or None,
        verdict=verdict,
        checkpoints=sorted((path.name for path in (folder / CHECKPOINTS).glob("checkpoint-*")), key=_step),
    )


def _is_complete(folder: Path) -> bool:
    return (folder / MODEL / "config.json").is_file()


def _json_object(path: Path) -> JsonObject:
    return read_json_object(path) if path.exists() else {}


def _step(name: str) -> tuple[int, str]:
    step = name.rpartition("-")[2]
    return (int(step) if step.isdecimal() else 0, name)
