"""What a user noted about a job: a name for the screen, tags, a note and a star. Its output keeps its
name."""

from pathlib import Path

from pydantic import ConfigDict

from data.errors import StorageError
from data.store.files import damaged_file
from web_ui.jobs.job import JsonFile, read_json_file

ANNOTATIONS = "annotations.json"
"""In the folder of a job, so that it is copied, moved and deleted with the job."""


class Annotations(JsonFile):
    """annotations.json: written by the web services only."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=True)

    name: str | None = None
    """Shown instead of the title; None: the title is shown."""
    tags: tuple[str, ...] = ()
    note: str = ""
    is_starred: bool = False


def read_annotations(folder: Path) -> Annotations:
    """Read what is noted about the job in a folder; nothing noted: the defaults. Raises StorageError if the
    file is damaged."""
    path = folder / ANNOTATIONS
    try:
        return read_json_file(path, Annotations) or Annotations()
    except StorageError as error:
        raise damaged_file(path, "it does not hold what was noted about the job") from error
