"""Datasets of the workspace as the API shows them, read from their manifests."""

from pathlib import Path

from data.dataset.losses import losses
from data.dataset.manifest import read_manifest
from data.errors import NotFound, StorageError
from web_ui.api.schemas import Dataset, DatasetSummary, ErrorBody


def dataset_summary(folder: Path) -> DatasetSummary | None:
    """Return the summary of a dataset. None if the folder holds none. A damaged dataset has an error."""
    try:
        manifest = read_manifest(folder)
    except NotFound:
        return None
    except StorageError as error:
        return DatasetSummary(name=folder.name, complete=False, error=ErrorBody(**error.as_dict()))
    return DatasetSummary(
        name=folder.name,
        complete=manifest.complete,
        mode=manifest.config["rendering"]["mode"],
        source=manifest.config["source"]["kind"],
        splits={split: entry.counts.num_kept for split, entry in manifest.splits.items()},
        num_samples=manifest.totals.num_kept,
        num_pages=manifest.totals.num_pages,
        num_text_tokens=manifest.totals.num_text_tokens,
        num_vision_tokens=manifest.totals.num_vision_tokens,
        size_bytes=manifest.size_bytes,
    )


def dataset_details(folder: Path) -> Dataset:
    """Return the content of a dataset's manifest.

    Raises:
        NotFound: there is no such dataset.
        StorageError: its manifest is damaged.
    """
    manifest = read_manifest(folder)
    return Dataset(
        name=folder.name,
        complete=manifest.complete,
        config=dict(manifest.config),
        source=dict(manifest.source),
        style=dict(manifest.style),
        versions=dict(manifest.versions),
        size_bytes=manifest.size_bytes,
        totals=manifest.totals,
        splits={split: entry.counts for split, entry in manifest.splits.items()},
        losses=list(losses(manifest)),
    )
