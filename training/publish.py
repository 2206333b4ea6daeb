"""Publish a finished model afterwards: a job of its own, or `deepsynth publish model`."""

from data.errors import ModelError
from data.hub.upload import Publication, push_folder
from data.progress import Progress
from data.store.workspace import Workspace
from data.store.writer import hold_reader_lock
from training.options.publish_config import PublishModelConfig
from training.options.run_folder import MODEL


def publish_model(config: PublishModelConfig, workspace: Workspace, progress: Progress) -> Publication:
    """Push the files of a finished model that its repository lacks, without checkpoints.

    Raises:
        ModelError: there is no finished model of that name.
        Unavailable: HF_TOKEN or HF_USERNAME is missing.
        HubError: the Hub refused, or holds other bytes afterwards.
        Stopped: the listener asked to stop; a later push continues.
    """
    folder = workspace.model(config.model) / MODEL
    with hold_reader_lock(workspace, "model", config.model):
        if not (folder / "config.json").is_file():
            raise ModelError(
                f"There is no finished model {config.model!r}.",
                hint="Let its training end first.",
                fields={"model": "not finished"},
            )
        progress.begin("Publishing")
        repo_id, private = config.repo_id, config.private
        return push_folder(folder, config.model, "model", progress, repo_id=repo_id, private=private)
