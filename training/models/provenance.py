"""What a model was trained to do and from what it came: `deepsynth.json`, in a training's folder and in the
model that it exports.

A model's own files say nothing of its prompt, of how its pages were drawn, or of the licence of the model
that it started from.
"""

from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from data.config import RenderingConfig
from data.page_modes import PageMode
from data.store.files import read_json, write_json
from data.validation import parse_config
from training.options.run_folder import CHECKPOINTS

PROVENANCE_FILE: Final = "deepsynth.json"


class Provenance(BaseModel):
    """Written by trainings, read from whatever folder or Hub repository holds their models."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    prompt: str = Field(max_length=512)
    rendering: RenderingConfig
    """How the pages that it learned from were drawn."""
    base_model: str | None
    """The model at the beginning of all trainings: tiny or a Hub id; None for a folder, whose path is
    nobody's business."""
    base_revision: str | None
    licence: str
    """Of the base model."""

    @property
    def mode(self) -> PageMode:
        return self.rendering.mode

    def write(self, folder: Path) -> None:
        """Write the file into a folder. Raises StorageError."""
        write_json(folder / PROVENANCE_FILE, self.model_dump(mode="json"))


def read_provenance(folder: Path) -> Provenance | None:
    """Read what a model's folder says of itself, a checkpoint's from its training; None for a model that was
    not trained here.

    Raises:
        InvalidInput, StorageError: the file is damaged.
    """
    found = folder if folder.parent.name != CHECKPOINTS else folder.parents[1]
    return (
        parse_config(Provenance, read_json(found / PROVENANCE_FILE))
        if (found / PROVENANCE_FILE).is_file()
        else None
    )
