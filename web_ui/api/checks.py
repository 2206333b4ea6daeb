"""Cheap checks before a job is created, so that no job starts that must fail.

A request may name files inside the workspace only; the command line may name any file. Checks that need
pyarrow or Skia import them when they run, since serving the pages needs neither.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

from data.config import DatasetConfig, FilesSource, HubSource, PublishDatasetConfig, Source, is_hub_id
from data.dataset.manifest import read_manifest
from data.errors import InvalidInput, NotFound, UnknownName, UnsafePath
from data.page_modes import PageMode
from data.store.files import files_below, inside, resolve_path, stored_bytes
from data.store.workspace import UPLOAD_PREFIX, Workspace, validate_name
from training.options.config import FindLrConfig, TrainingConfig
from training.options.decoding_config import BLANK_PAGES_CHANGE_NOTHING, EvaluationConfig, PredictionConfig
from training.options.inputs_in_use import require_other_output
from training.options.model_kinds import (
    BUILT_IN,
    EXAMPLE_HUB_ID,
    ModelKind,
    pinned_revision,
    require_page_mode,
    require_readable,
)
from training.options.model_names import model_kind, require_page_reader
from training.options.optimal_configs import PRESETS
from training.options.publish_config import PublishModelConfig
from training.options.reading_config import CANNOT_TRANSCRIBE, ReadingCheckConfig
from training.options.run_folder import MODEL, check_output
from training.options.warm_config import NEEDS_PAGES, WarmModelConfig

MAX_QUICK_BYTES = 64 << 20
"""Larger sources are opened only in the job: counting their rows takes longer than a request may."""

Planned = Mapping[tuple[str, object], Mapping[str, Any]]
"""Kind (dataset or model) and name of the folders that earlier jobs are still to make, with the
configurations of those jobs."""
NOTHING_PLANNED: Planned = MappingProxyType({})


def check_dataset(config: DatasetConfig, workspace: Workspace, planned: Planned = NOTHING_PLANNED) -> None:
    """Refuse a dataset that cannot be made with this configuration.

    Raises:
        UnsafePath: the name or the source's path leaves the workspace.
        InvalidInput: the page style leaves no room for text, or a font or split does not exist.
        SourceError, UnknownName: a local source cannot be read, or lacks a column.
        Conflict: the name is taken by a dataset with another configuration.
    """
    from data.dataset.folder import load_matching_manifest  # noqa: PLC0415
    from data.rendering.varied_style import resolve_base_style  # noqa: PLC0415
    from data.sharding.plan import plan_splits  # noqa: PLC0415
    from data.sources.open import open_source  # noqa: PLC0415

    folder = workspace.dataset(config.name)
    load_matching_manifest(folder, config)
    resolve_base_style(config.rendering)
    if is_quick_to_open(config.source, workspace):
        plan_splits(open_source(config, workspace), config)


def check_training(config: TrainingConfig, workspace: Workspace, planned: Planned = NOTHING_PLANNED) -> None:
    """Refuse a training whose dataset, model or output name cannot work.

    Raises:
        UnsafePath: a name leaves the workspace.
        UnknownName: there is no such dataset or model.
        InvalidInput: the dataset has no samples to train or to validate on, the model does not read its
            pages, or no revision of the model is pinned.
        Conflict: the dataset is not finished, or the output holds a training with other settings.
    """
    check_output(config, workspace)
    check_finished_dataset(config.dataset, workspace, ("train", "validation"), planned)
    check_model(config.model, config.revision, workspace, planned)
    require_other_output(config, workspace)  # whose path is safe now
    check_page_mode(config.model, config.dataset, workspace, planned)


def check_find_lr(config: FindLrConfig, workspace: Workspace, planned: Planned = NOTHING_PLANNED) -> None:
    """Refuse a search whose dataset or model cannot work; raises as `check_training`."""
    inside(workspace.learning_rates, validate_name(config.output))
    check_finished_dataset(config.dataset, workspace, ("train",), planned)
    check_model(config.model, config.revision, workspace, planned)
    check_page_mode(config.model, config.dataset, workspace, planned)


def check_evaluation(
    config: EvaluationConfig, workspace: Workspace, planned: Planned = NOTHING_PLANNED
) -> None:
    """Refuse an evaluation whose dataset or model cannot work; raises as `check_training`."""
    check_finished_dataset(config.dataset, workspace, (config.split,), planned)
    check_model(config.model, config.revision, workspace, planned)
    check_page_mode(config.model, config.dataset, workspace, planned)
    if config.blank_pages:
        require_page_reader(config.model, workspace, BLANK_PAGES_CHANGE_NOTHING, "blank_pages")
    if config.text_model is not None:
        check_text_model(config.text_model, config.text_model_revision, workspace)


def check_prediction(
    config: PredictionConfig, workspace: Workspace, planned: Planned = NOTHING_PLANNED
) -> None:
    """Refuse a prediction whose model, dataset or inputs do not exist; raises as `check_training`, and
    InvalidInput."""
    if config.output is not None:
        inside(workspace.predictions, validate_name(config.output))
    check_model(config.model, config.revision, workspace, planned)
    if config.dataset is not None:
        check_finished_dataset(config.dataset, workspace, (config.split,), planned)
        check_page_mode(config.model, config.dataset, workspace, planned)
    for index, path in enumerate(config.inputs):
        if not requested_path(path, workspace, f"inputs.{index}").exists():
            raise InvalidInput(
                f"There is no {path!r}.",
                hint="Upload it, then name it as upload:<name>.",
                fields={f"inputs.{index}": "does not exist"},
            )


def check_reading_check(
    config: ReadingCheckConfig, workspace: Workspace, planned: Planned = NOTHING_PLANNED
) -> None:
    """Refuse a reading check whose dataset or model cannot work; raises as `check_training`, and InvalidInput
    for a dataset without texts and a model that reads text."""
    from data.dataset.shards import require_texts  # noqa: PLC0415

    check_finished_dataset(config.dataset, workspace, (config.split,), planned)
    check_model(config.model, config.revision, workspace, planned)
    check_page_mode(config.model, config.dataset, workspace, planned)
    require_page_reader(config.model, workspace, CANNOT_TRANSCRIBE, "model")
    if ("dataset", config.dataset) not in planned:
        require_texts(workspace.dataset(config.dataset), config.split)


def check_warm_model(
    config: WarmModelConfig, workspace: Workspace, planned: Planned = NOTHING_PLANNED
) -> None:
    """Refuse to warm a model that does not exist; raises as `check_training`."""
    if config.socket_folder is not None:
        raise InvalidInput(
            "socket_folder is chosen by the job.",
            hint="Leave it out.",
            fields={"socket_folder": "leave it out"},
        )
    check_model(config.model, config.revision, workspace, planned)
    require_page_reader(config.model, workspace, NEEDS_PAGES, "model")


def check_publish_dataset(
    config: PublishDatasetConfig, workspace: Workspace, planned: Planned = NOTHING_PLANNED
) -> None:
    """Refuse to publish a dataset that is neither finished nor planned; raises as `check_training`."""
    check_finished_dataset(config.dataset, workspace, (), planned)


def check_publish_model(
    config: PublishModelConfig, workspace: Workspace, planned: Planned = NOTHING_PLANNED
) -> None:
    """Refuse to publish a model that is neither finished nor planned. Raises UnknownName."""
    if ("model", config.model) in planned:
        return
    if not (workspace.model(config.model) / MODEL / "config.json").is_file():
        raise UnknownName(
            f"There is no finished model {config.model!r}.",
            hint="Let its training end first.",
            fields={"model": "no finished model"},
        )


def check_training_preset(name: str) -> None:
    """Refuse a preset that does not exist."""
    if name not in PRESETS:
        names = ", ".join(PRESETS)
        raise NotFound(
            f"There is no preset {name!r}.",
            hint=f"Presets are {names}.",
            fields={"preset": f"must be one of {names}"},
        )


def check_finished_dataset(
    name: str, workspace: Workspace, splits: tuple[str, ...], planned: Planned = NOTHING_PLANNED
) -> None:
    """Refuse a dataset that does not exist, is not complete, or has no samples in a required split. One
    that is planned passes: the job that needs it checks it again when it starts."""
    if ("dataset", name) in planned:
        return
    try:
        manifest = read_manifest(workspace.dataset(name))
    except NotFound as error:
        raise UnknownName(error.message, hint=error.hint, fields={"dataset": "no such dataset"}) from error
    manifest.require_complete()
    for split in splits:
        manifest.require_split(split)


def check_model(
    name: str, revision: str | None, workspace: Workspace, planned: Planned = NOTHING_PLANNED
) -> None:
    """Refuse a model that is neither planned, nor tiny, nor a training or folder in the workspace, nor a Hub
    id with a known revision."""
    if ("model", name) in planned:
        return
    is_path = name.startswith(("/", ".", "~"))
    place = name if is_path else str(workspace.models / name)
    if name == BUILT_IN or inside_workspace(place, workspace, "model").is_dir():
        return
    if is_path or not is_hub_id(name):
        raise UnknownName(
            f"There is no model {name!r}.",
            hint=f"Use {BUILT_IN}, the name of a finished training, or a Hub id such as {EXAMPLE_HUB_ID}.",
            fields={"model": "no such model"},
        )
    require_readable(name)
    if revision is None and pinned_revision(name) is None:
        raise InvalidInput(
            f"No revision of {name} is pinned.",
            hint="Set revision to a commit of that repository, so that the work can be repeated.",
            fields={"revision": f"is required for {name}"},
        )


def find_model_kind(name: str, workspace: Workspace) -> ModelKind | None:
    """Return the kind of a model as `model_kind` does. Raises UnsafePath for a folder outside the
    workspace."""
    if name.startswith(("/", ".", "~")):
        inside_workspace(name, workspace, "model")
    with naming_field("model"):
        return model_kind(name, workspace)


def check_text_model(name: str, revision: str | None, workspace: Workspace) -> None:
    """Refuse a text model that is neither a folder in the workspace nor a Hub id with a revision."""
    if name.startswith(("/", ".", "~")):
        inside_workspace(name, workspace, "text_model")
    elif not is_hub_id(name):
        raise UnknownName(
            f"There is no text model {name!r}.",
            hint="Use a Hub id such as owner/name, or a folder.",
            fields={"text_model": "no such model"},
        )
    elif revision is None:
        raise InvalidInput(
            f"No revision of {name} is given.",
            hint="Set text_model_revision to a commit of that repository, so that the work can be repeated.",
            fields={"text_model_revision": f"is required for {name}"},
        )


def check_page_mode(
    model: str, dataset: str, workspace: Workspace, planned: Planned = NOTHING_PLANNED
) -> None:
    """Refuse a dataset whose page size the model cannot read. A model whose kind is known only after it is
    loaded passes."""
    base = model
    while training := planned.get(("model", base)):
        base = training["model"]
    kind = find_model_kind(base, workspace)
    if kind is None:
        return
    making = planned.get(("dataset", dataset))
    mode = making["rendering"]["mode"] if making else read_manifest(workspace.dataset(dataset)).style["mode"]
    require_page_mode(model, kind, mode)


def dataset_pages(name: str, workspace: Workspace) -> tuple[PageMode, int]:
    """Return the page mode of a finished dataset and the pages of its longest sample; raises as
    `check_finished_dataset`."""
    from data.dataset.shards import max_pages_per_sample  # noqa: PLC0415

    check_finished_dataset(name, workspace, ())
    folder = workspace.dataset(name)
    manifest = read_manifest(folder)
    return manifest.style["mode"], max_pages_per_sample(folder, manifest)


@contextmanager
def naming_field(field: str) -> Iterator[None]:
    """Say of each refused path in the block that it is the value of `field`."""
    try:
        yield
    except UnsafePath as error:
        words = next(iter(error.fields.values()), "is no usable path")
        raise UnsafePath(error.message, hint=error.hint, fields={field: words}) from error


def inside_workspace(path: str, workspace: Workspace, field: str) -> Path:
    """Resolve a path and its links. Raises UnsafePath if the target lies outside the workspace."""
    with naming_field(field):
        resolved = resolve_path(Path(path)) if Path(path).is_absolute() else None
    if resolved is None or not resolved.is_relative_to(workspace.root):
        raise UnsafePath(
            f"{path!r} is not a path inside the workspace.",
            hint=f"Upload the file and use upload:<name>, or copy it below {workspace.root} and give its "
            "whole path.",
            fields={field: "must lie inside the workspace"},
        )
    return resolved


def requested_path(path: str, workspace: Workspace, field: str) -> Path:
    """Return the path of an upload (upload:<name>), or a path inside the workspace."""
    if path.startswith(UPLOAD_PREFIX):
        with naming_field(field):
            return workspace.upload(path.removeprefix(UPLOAD_PREFIX))
    return inside_workspace(path, workspace, field)


def is_quick_to_open(source: Source, workspace: Workspace) -> bool:
    """Return whether a source can be opened within the time of a request. Raises UnsafePath for a source
    outside the workspace."""
    if not isinstance(source, FilesSource):
        return not isinstance(source, HubSource)
    from data.sources.tables import packed_suffix  # noqa: PLC0415

    place = requested_path(source.path, workspace, "source.path")
    # A compressed file may unpack to a thousand times its size.
    is_packed = any(map(packed_suffix, (place, *files_below(place))))
    return not is_packed and stored_bytes(place) <= MAX_QUICK_BYTES
