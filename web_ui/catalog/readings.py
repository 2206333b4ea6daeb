"""What the reading checks of a workspace say of a dataset: how well models read its pages."""

from data.dataset.manifest import MANIFEST
from data.errors import NotFound, StorageError
from data.store.files import file_sha256
from data.store.workspace import Workspace
from evaluation.reading import read_reading_report
from evaluation.report import REPORT
from web_ui.api.preview_schemas import ModelReading


def readings_of(dataset: str, workspace: Workspace) -> list[ModelReading]:
    """Return the finished reading checks of a dataset as it is now, the newest first. Damaged reports are
    left out, since they are no fault of the dataset.

    Raises:
        NotFound: there is no such dataset.
        StorageError: its manifest cannot be read.
    """
    fingerprint = file_sha256(workspace.dataset(dataset) / MANIFEST)
    found = []
    for path in workspace.reading_checks.glob(f"[!.]*/{REPORT}"):
        try:
            report = read_reading_report(path.parent)
        except (NotFound, StorageError):
            continue
        if (report.dataset, report.dataset_fingerprint) == (dataset, fingerprint):
            rate = report.character_error_rate
            found.append(
                ModelReading(
                    name=path.parent.name,
                    model=report.model,
                    split=report.split,
                    blank_pages=report.blank_pages,
                    num_pages=report.num_pages,
                    character_error_rate=rate.mean,
                    low=rate.low,
                    high=rate.high,
                    created=report.created,
                )
            )
    return sorted(found, key=lambda reading: reading.created, reverse=True)
