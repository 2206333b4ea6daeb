"""The document of a request -> pages as the model of a warm process sees them."""

import base64
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import BoundedSemaphore, Lock
from typing import Final

from data.errors import InvalidInput, SourceError
from data.page_modes import MODES
from data.rendering.missing import missing_glyph_warnings
from training.generation.input_files import InputFile, InputFiles, UnreadableInput, text_of
from training.generation.summarizer import Summarizer
from training.inputs.dataset import PageSample
from training.inputs.pixels import page_png
from training.options.warm_protocol import DocumentPart, ReadEvent, WarmRequest
from training.warm.tickets import Ticket

MAX_TEXT_CHARACTERS: Final = 1_000_000
"""A longer text has more pages than any model here holds."""
_NAMES: Final = {"text": "The text", "image": "The picture", "pdf": "The PDF"}
"""Kind of a part -> its name in messages."""
_DRAWING: Final = BoundedSemaphore(2)
"""Documents that become pages at the same time: the model needs the processor too."""
_PDFIUM: Final = Lock()
"""PDFium is not safe in several threads."""


def read_document(request: WarmRequest, summarizer: Summarizer) -> tuple[Ticket, ReadEvent]:
    """Turn the document of a request into pages.

    Raises:
        InvalidInput, SourceError, RenderError: a part cannot be read, or the document has too many pages.
    """
    with _DRAWING, TemporaryDirectory(prefix="deepsynth-") as folder:
        if not request.parts:
            raise InvalidInput("The request holds no document.", hint="Send a text, a picture or a PDF.")
        names = _part_names(request)
        paths = [_write(part, Path(folder), name) for part, name in zip(request.parts, names, strict=True)]
        samples = [_read(path, name, summarizer) for path, name in zip(paths, names, strict=True)]
        with _PDFIUM:
            text = "\n\n".join(filter(None, map(text_of, paths)))
    pages = tuple(page for sample in samples for page in sample.pages)
    sample = PageSample(document_id="the document", pages=pages, text=text)
    _require_capacity(sample, summarizer)
    collator = summarizer.collator
    if is_other_prompt(request, summarizer):
        prompt = f"\n{str(request.prompt).strip()}"  # on a line of its own, as the stock chat templates do
        collator = replace(collator, token_layout=replace(collator.token_layout, prompt=prompt))
    layout = collator.token_layout
    most = summarizer.decoding.max_new_tokens
    ticket = Ticket(
        sample=sample,
        collator=collator,
        max_new_tokens=min(request.max_new_tokens or most, most),
        with_attention=request.with_attention,
    )
    mode = MODES[summarizer.rendering.mode]
    shown = [page_png(page, mode.size_px) for page in pages] if request.with_pages else []
    return ticket, ReadEvent(
        num_pages=len(pages),
        num_prompt_tokens=len(layout.encode_prompt(len(pages))),
        num_vision_tokens=mode.num_vision_tokens * len(pages),
        num_text_tokens=len(layout.encode_text(text)) if text else None,
        text=text,
        notes=tuple(_notes(request, samples, summarizer)),
        pages=tuple(base64.b64encode(page).decode() for page in shown),
    )


def _part_names(request: WarmRequest) -> list[str]:
    """Return the names of the parts for messages, with numbers where there are several."""
    kinds = [part.kind for part in request.parts]
    if len(kinds) == 1:
        return [_NAMES[kinds[0]]]
    return [f"{_NAMES[kind]} (part {number})" for number, kind in enumerate(kinds, 1)]


def is_other_prompt(request: WarmRequest, summarizer: Summarizer) -> bool:
    """Return whether a request has a prompt of its own. White space around it
    is no difference."""
    prompt = request.prompt
    return prompt is not None and prompt.strip() != summarizer.collator.token_layout.prompt.strip()


def _write(part: DocumentPart, folder: Path, name: str) -> Path:
    """Write a part to a file, whose ending tells its kind.

    Args:
        name: of the part, for messages.
    """
    if part.kind == "text":
        if len(part.content) > MAX_TEXT_CHARACTERS:
            raise InvalidInput(
                f"{name} has {len(part.content):,} characters; at most {MAX_TEXT_CHARACTERS:,} are read.",
                hint="Split the document.",
            )
        path = folder / f"{name}.txt"
        path.write_text(part.content, encoding="utf-8")
        return path
    path = folder / f"{name}{'.pdf' if part.kind == 'pdf' else part.suffix}"
    try:
        path.write_bytes(base64.b64decode(part.content, validate=True))
    except ValueError as error:
        raise InvalidInput(f"{name} is not base64: {error}.", hint="Send its bytes in base64.") from error
    return path


def _read(path: Path, name: str, summarizer: Summarizer) -> PageSample:
    files = InputFiles((InputFile(path, name),))
    inputs = files.as_page_inputs(summarizer.rendering, summarizer.page_capacity, None, "Split the document.")
    with _PDFIUM if path.suffix == ".pdf" else nullcontext():
        item = inputs[0]
    if isinstance(item, UnreadableInput):
        raise SourceError(item.error)
    return item


def _require_capacity(sample: PageSample, summarizer: Summarizer) -> None:
    capacity = summarizer.page_capacity
    if len(sample.pages) > capacity:
        raise InvalidInput(
            f"The document has {len(sample.pages):,} pages; the model holds {capacity:,} beside its prompt "
            "and summary.",
            hint="Split the document.",
        )


def _notes(request: WarmRequest, samples: list[PageSample], summarizer: Summarizer) -> list[str]:
    notes = []
    if request.max_new_tokens and request.max_new_tokens > summarizer.decoding.max_new_tokens:
        most = summarizer.decoding.max_new_tokens
        notes.append(f"The model writes at most {most:,} tokens, not {request.max_new_tokens:,}.")
    if is_other_prompt(request, summarizer):
        trained_prompt = summarizer.collator.token_layout.prompt.strip()
        notes.append(f"The model was trained with the prompt {trained_prompt!r}, not with this one.")
    num_pages, trained = sum(len(sample.pages) for sample in samples), summarizer.trained_num_pages
    if trained and num_pages > trained:
        notes.append(f"The document has {num_pages:,} pages; the model was trained on at most {trained:,}.")
    if left_out := sum(sample.num_pages_left_out for sample in samples):
        notes.append(f"About {left_out:,} pages at the end of the text were not drawn.")
    missing: dict[str, int] = {}
    for sample in samples:
        for character, count in sample.missing_glyphs.items():
            missing[character] = missing.get(character, 0) + count
    return [*notes, *missing_glyph_warnings(missing, summarizer.rendering.mode)]
