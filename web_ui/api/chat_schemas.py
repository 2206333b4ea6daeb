"""The chat completions of OpenAI's API, as far as a summariser of pages has a meaning for them."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from data.errors import InvalidInput
from training.options.warm_protocol import PICTURE_SUFFIXES, DocumentPart, WarmRequest

MAX_PROMPT_CHARACTERS: Final = 512
_DATA_URI: Final = re.compile(r"data:([\w.+-]+/[\w.+-]+);base64,")
_PDF: Final = "application/pdf"


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TextPart(_Shape):
    """A text."""

    type: Literal["text"]
    text: str


class ImageUrl(_Shape):
    """A picture as a data URI."""

    url: str = Field(description="data:image/png;base64,...; other addresses are not fetched")
    detail: str | None = Field(None, description="ignored: the model's page mode decides")


class ImagePart(_Shape):
    """A page."""

    type: Literal["image_url"]
    image_url: ImageUrl


class FileData(_Shape):
    """A PDF as a data URI."""

    file_data: str = Field(description="data:application/pdf;base64,...")
    filename: str | None = None


class FilePart(_Shape):
    """A PDF whose pages are read."""

    type: Literal["file"]
    file: FileData


Part = Annotated[TextPart | ImagePart | FilePart, Field(discriminator="type")]


class ChatMessage(_Shape):
    """A message: of the user the document, of the system the prompt."""

    role: Literal["system", "developer", "user"]
    content: str | tuple[Part, ...]


class StreamOptions(_Shape):
    """What a stream holds beside the text."""

    include_usage: bool = False


class PageOptions(_Shape):
    """What the answer holds beside OpenAI's fields."""

    pages: bool = Field(False, description="the pages as the model sees them, as data URIs")
    attention: bool = Field(
        False, description="for each word of the summary, where on the pages the model looked"
    )


class ChatRequest(_Shape):
    """A document to summarise."""

    model: str = Field(description="name of a warm model, see /v1/models")
    messages: tuple[ChatMessage, ...] = Field(
        description="one message of the user: texts alone are the document, drawn as pages; beside pictures "
        "and PDFs a text is the prompt. A message of the system is the prompt"
    )
    stream: bool = False
    stream_options: StreamOptions | None = None
    max_tokens: int | None = Field(None, ge=1, description="tokens of the longest summary")
    max_completion_tokens: int | None = Field(None, ge=1, description="the same as max_tokens")
    temperature: Literal[0] | None = Field(None, description="0: generation is greedy, as the scores are")
    top_p: Literal[1] | None = Field(None, description="1")
    n: Literal[1] | None = Field(None, description="1")
    seed: int | None = Field(None, description="changes nothing: generation is greedy")
    user: str | None = Field(None, description="ignored")
    metadata: dict[str, Any] | None = Field(None, description="ignored")
    store: Literal[False] | None = Field(None, description="nothing is stored")
    deepsynth: PageOptions = PageOptions()

    def as_warm_request(self) -> WarmRequest:
        """Return the document and its prompt.

        Raises:
            InvalidInput: the messages are not one document.
        """
        documents = [message for message in self.messages if message.role == "user"]
        if len(documents) != 1:
            raise InvalidInput(
                f"There are {len(documents)} messages of the user; the model reads one document at a time.",
                hint="Send one message with the whole document.",
                fields={"messages": "must hold one message of the user"},
            )
        prompts = [_text(message.content) for message in self.messages if message.role != "user"]
        content = documents[0].content
        parts = (TextPart(type="text", text=content),) if isinstance(content, str) else content
        texts = [part.text for part in parts if isinstance(part, TextPart) and part.text.strip()]
        pages = tuple(_document_part(part) for part in parts if not isinstance(part, TextPart))
        if pages:
            prompts += texts
        else:
            pages = tuple(DocumentPart(kind="text", content=text) for text in texts)
        if not pages:
            raise InvalidInput(
                "The message holds no document.",
                hint="Send its text, its pages as pictures, or a PDF.",
                fields={"messages": "hold no document"},
            )
        return WarmRequest(
            parts=pages,
            prompt=_checked_prompt(prompts),
            max_new_tokens=self.max_completion_tokens or self.max_tokens,
            with_pages=self.deepsynth.pages,
            with_attention=self.deepsynth.attention,
        )


def _text(content: str | tuple[Part, ...]) -> str:
    if isinstance(content, str):
        return content
    if any(not isinstance(part, TextPart) for part in content):
        raise InvalidInput(
            "A message of the system holds a page.",
            hint="Put the pages into the message of the user.",
            fields={"messages": "pages belong into the message of the user"},
        )
    return "\n".join(part.text for part in content if isinstance(part, TextPart))


def _checked_prompt(prompts: list[str]) -> str | None:
    prompt = "\n".join(prompts)
    if len(prompt) > MAX_PROMPT_CHARACTERS:
        raise InvalidInput(
            f"The prompt has {len(prompt):,} characters; at most {MAX_PROMPT_CHARACTERS} are read. Beside "
            "pictures and PDFs, a text is the prompt.",
            hint="Send a document's text in a message without pictures.",
            fields={"messages": "hold a prompt that is too long"},
        )
    return prompt if prompt.strip() else None


def _document_part(part: ImagePart | FilePart) -> DocumentPart:
    if isinstance(part, FilePart):
        return _decoded(part.file.file_data, {_PDF: ".pdf"}, "a PDF")
    return _decoded(part.image_url.url, PICTURE_SUFFIXES, "a picture (PNG, JPEG, WebP, BMP or TIFF)")


def _decoded(address: str, suffixes: Mapping[str, str], named: str) -> DocumentPart:
    """Return the part of a data URI. Nothing is fetched from other addresses."""
    found = _DATA_URI.match(address)
    suffix = suffixes.get(found[1].lower()) if found else None
    if found is None or suffix is None:
        given = f"of type {found[1]}" if found else f"{address[:60]!r}"
        raise InvalidInput(
            f"A part is {given}, not {named} as a data URI. Addresses are not fetched.",
            hint="Send data:TYPE;base64,BYTES.",
            fields={"messages": f"hold a part that is not {named} as a data URI"},
        )
    kind: Literal["image", "pdf"] = "pdf" if suffix == ".pdf" else "image"
    return DocumentPart(kind=kind, content=address[found.end() :], suffix=suffix)
