"""Configuration of a warm model: one that is loaded once and then answers requests. No torch here: the web
service reads this."""

from typing import Final

from pydantic import Field

from data.config import Name
from data.page_modes import PageMode
from training.options.decoding_config import DecodingConfig

NEEDS_PAGES: Final = "it is not kept warm: it answers no pages"
"""Why a model that reads text is refused."""


class WarmModelConfig(DecodingConfig):
    """Load a model once, and answer requests until it is stopped, paused or idle for a set time."""

    mode: PageMode | None = Field(
        None, description="page size that documents are rendered at; null: the page size of the training"
    )
    max_waiting: int = Field(
        64, ge=1, le=10_000, description="requests that may wait for their turn; more are refused"
    )
    idle_timeout_s: int = Field(
        1800, ge=0, le=30 * 86400, description="unload after this many seconds without a request; 0: never"
    )
    socket_folder: Name | None = Field(
        None, description="folder below workspace/jobs for the model's socket; null: that of the job"
    )
