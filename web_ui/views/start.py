"""The first screen: what the product does, in three pictures of one document, and a button that runs the
demo."""

import os
from typing import Any, Final

from data.page_modes import MODES, PageMode
from data.records import Document
from data.rendering.vision_tokens import num_text_tokens
from data.sources.sample import sample_document
from data.store.workspace import Workspace
from web_ui.api.demo import DATASET, TRAINING

PAGE_MODE: Final[PageMode] = "small"
"""Mode of the page in the second picture."""
_EXAMPLE_SEED: Final = 42


def example_document() -> Document:
    """Return the document of the pictures. scripts/write_pictures.py draws its page."""
    return sample_document(_EXAMPLE_SEED, "test", 0, "article")


def start_values() -> dict[str, Any]:
    """Return what the template of the screen shows."""
    document, mode = example_document(), MODES[PAGE_MODE]
    return {
        "text": document.text,
        "summary": document.summary,
        "num_text_tokens": num_text_tokens(document.text),
        "num_vision_tokens": mode.num_vision_tokens,
        "page_px": mode.size_px,
        "num_documents": DATASET["max_samples"],
        "num_steps": TRAINING["max_steps"],
    }


def is_empty_workspace(workspace: Workspace) -> bool:
    """Say whether nothing has been made in a workspace: no dataset, no model, no job."""
    folders = (workspace.datasets, workspace.models, workspace.jobs)
    names = (entry.name for folder in folders for entry in os.scandir(folder))
    return all(name.startswith(".") for name in names)
