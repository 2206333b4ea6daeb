"""Publish a finished dataset afterwards: a job of its own, or `deepsynth publish dataset`."""

from data.config import PublishDatasetConfig
from data.dataset.manifest import read_manifest
from data.hub.publish import HubPublisher
from data.hub.upload import Publication
from data.progress import Progress
from data.store.workspace import Workspace
from data.store.writer import hold_reader_lock


def publish_dataset(config: PublishDatasetConfig, workspace: Workspace, progress: Progress) -> Publication:
    """Push the files of a finished dataset that its repository lacks. A push that was stopped continues.

    Raises:
        NotFound, Conflict: there is no such dataset, it is not finished, or the repository holds something
            else.
        Unavailable: HF_TOKEN or HF_USERNAME is missing.
        HubError: the Hub refused, or holds other bytes afterwards.
        Stopped: the listener asked to stop.
    """
    folder = workspace.dataset(config.dataset)
    with hold_reader_lock(workspace, "dataset", config.dataset):
        manifest = read_manifest(folder)
        manifest.require_complete()
        publisher = HubPublisher(config, folder, progress)
        try:
            return publisher.finish(manifest)
        finally:
            publisher.close()
