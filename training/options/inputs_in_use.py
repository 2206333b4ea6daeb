"""What a stage reads of the workspace stays while it reads: its dataset, and the trainings that its model
comes from."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from data.errors import InvalidInput
from data.store.workspace import NAME_PATTERN, Workspace
from data.store.writer import hold_reader_lock
from training.options.config import TrainingConfig
from training.options.model_kinds import BUILT_IN, TRAINED_FILE
from training.options.model_names import find_model_folder, local_folder
from training.options.trained_info import read_trained_info, require_short_chain


@contextmanager
def hold_inputs(workspace: Workspace, dataset: str | None, model: str) -> Iterator[None]:
    """Keep a dataset and a model from being deleted or replaced.

    Raises:
        UnknownName, ModelError: the model cannot be found, or its files are damaged.
    """
    with ExitStack() as held:
        if dataset is not None:
            held.enter_context(hold_reader_lock(workspace, "dataset", dataset))
        for name in trainings_read(model, workspace):
            held.enter_context(hold_reader_lock(workspace, "model", name))
        yield


def trainings_read(model: str, workspace: Workspace, depth: int = 0) -> Iterator[str]:
    """Yield the names of the workspace's trainings whose files a model needs: its own, and those that its
    checkpoints continue."""
    require_short_chain(model, depth)
    folder = local_folder(model, workspace) if model != BUILT_IN else None
    if folder is None:
        return
    models = workspace.models.resolve()
    if models in folder.parents and NAME_PATTERN.fullmatch(name := folder.relative_to(models).parts[0]):
        yield name
    files = find_model_folder(folder)
    if files and (files / TRAINED_FILE).is_file():
        yield from trainings_read(read_trained_info(files).base_model_name_or_path, workspace, depth + 1)


def require_other_output(config: TrainingConfig, workspace: Workspace) -> None:
    """Refuse a training that would replace the model that it starts from. Raises InvalidInput."""
    if config.output in trainings_read(config.model, workspace):
        raise InvalidInput(
            f"The training would replace {config.output!r}, which its model comes from.",
            hint="Choose another output name.",
            fields={"output": "holds the model that the training starts from"},
        )
