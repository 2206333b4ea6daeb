"""Configuration of a reading check. No torch here: the web service reads this."""

from typing import Final

from pydantic import Field

from data.config import Name
from training.options.decoding_config import DecodingConfig, ModelName, Split
from training.options.model_kinds import BUILT_IN

CANNOT_TRANSCRIBE: Final = "it cannot transcribe pages"
"""Why a reading check is refused for such a model."""
TRANSCRIPTION_PROMPT: Final = "\nFree OCR."
"""With which the authors of DeepSeek-OCR ask for the plain text of a page."""
MAX_TRANSCRIPTION_TOKENS: Final = 8192
"""As many as DeepSeek-OCR's positions; the fullest page of any mode has fewer."""


class ReadingCheckConfig(DecodingConfig):
    """Let a model transcribe pages of a dataset, each alone, and count the character errors."""

    prompt: str = Field(
        TRANSCRIPTION_PROMPT,
        max_length=512,
        description="text right after the page image; as the authors of DeepSeek-OCR ask for plain text",
    )
    max_length: int | None = Field(
        None,
        ge=2,
        le=MAX_TRANSCRIPTION_TOKENS,
        description="tokens of the longest transcription; null: twice those of the fullest page",
    )
    model: ModelName = Field(
        BUILT_IN, description="tiny, a Hub id, a local folder, or the name of a training in the workspace"
    )
    dataset: Name = Field(description="folder below workspace/datasets")
    split: Split = Field("test", description="split of the dataset")
    num_documents: int = Field(
        20, ge=1, le=1000, description="documents to read, chosen by the seed; all of a smaller split"
    )
    seed: int = Field(42, ge=0, lt=2**31, description="chooses the documents")
    blank_pages: bool = Field(
        False, description="show white pages: a control, of which nothing can be transcribed"
    )
    output: Name | None = Field(
        None,
        description="folder below workspace/reading_checks; null: the id of the job, by command "
        "<model>-<dataset>-<split>",
    )
