"""The record of a training that travels with its model: `deepsynth.json`, in the training's folder, in each
checkpoint and in its export.

It holds facts that a model's other files lack: the prompt, the style of the pages, the base model and its
licence.
"""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from data.config import RenderingConfig
from data.errors import InvalidInput, ModelError
from data.page_modes import PageMode
from data.store.files import write_json
from data.validation import parse_config
from training.options.model_config import read_model_json
from training.options.model_kinds import PROVENANCE_FILE
from training.options.reads import Reads
from training.options.run_folder import CHECKPOINTS


class Provenance(BaseModel):
    """Written by a training; read from the folder or the Hub repository of its model."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    prompt: str = Field(max_length=512)
    rendering: RenderingConfig
    """The style of the pages that it was trained on. Where it varied (`vary`), texts are drawn in the base
    style: the single values."""
    base_model: str | None
    """The model before all trainings: tiny or a Hub id; None for a local folder: its path is private."""
    base_revision: str | None
    licence: str
    """Licence of the base model, as the Hub names it."""
    max_num_pages: int | None = Field(None, ge=1)
    """Pages of the longest document that any of its trainings learnt from; None: not recorded."""
    max_length: int = Field(512, ge=2)
    """Target tokens of the training, EOS included."""
    no_repeat_ngram_size: int = Field(30, ge=0)
    """The rule against repeats that its scores were made with."""
    no_repeat_ngram_window_size: int = Field(90, ge=1)
    reads: Reads = "pages"
    """What it was trained on: pages, or texts as a control."""

    @property
    def mode(self) -> PageMode:
        return self.rendering.mode

    def write(self, folder: Path) -> None:
        """Write the file into a folder. Raises StorageError."""
        write_json(folder / PROVENANCE_FILE, self.model_dump(mode="json"))


def read_provenance(folder: Path) -> Provenance | None:
    """Read the record of a model's folder or of a checkpoint; None for a model that was not trained here, and
    for a checkpoint of an earlier version that was copied out of its training's folder.

    Raises:
        ModelError: the file is damaged.
    """
    places = [folder, *folder.parents[1:2]] if folder.parent.name == CHECKPOINTS else [folder]
    paths = (place / PROVENANCE_FILE for place in places)
    path = next((path for path in paths if path.is_file()), None)
    if path is None:
        return None
    try:
        return parse_config(Provenance, read_model_json(path))
    except InvalidInput as error:
        hint = "Restore it from a backup, or delete it: the model then counts as trained elsewhere."
        raise ModelError(f"{path}: {error.message}", hint=hint) from error
