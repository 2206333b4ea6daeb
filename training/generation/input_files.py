"""The inputs of a prediction as pages: images, PDFs, text files (rendered first), and folders of these.

The list of files and their kinds is checked before a model is loaded; each file is opened at its turn.
"""

import io
import os
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import pypdfium2
from PIL import Image

from data.config import RenderingConfig
from data.errors import InvalidInput, RenderError, SourceError, cause, listed
from data.rendering.render import RenderedDocument, render
from data.rendering.style import PageStyle, resolve_style
from data.rendering.vision_tokens import num_text_tokens
from data.sources.files import resolve_source_path
from data.store.files import file_sha256
from data.store.workspace import Workspace
from training.inputs.dataset import PageSample
from training.inputs.pixels import decode_image, open_image, reading_image, to_rgb

MAX_LISTED = 5
FEWER_PAGES = "Set max_pages to {capacity} or less to read the first pages, or split the document."
MAX_RENDERED_PAGES = 256
"""The most pages rendered of one text, for any model."""


@dataclass(frozen=True, slots=True)
class UnreadableInput:
    """An input that cannot be summarised, and the message for the user."""

    document_id: str
    error: str


@dataclass(frozen=True, slots=True)
class InputFile:
    """A file to summarise."""

    path: Path
    name: str
    """File name; with its folders where two inputs have the same name."""


@dataclass(frozen=True, slots=True)
class InputFiles:
    """The files of a prediction in the order of `inputs`; those of a folder sorted by name."""

    files: tuple[InputFile, ...]
    unread: tuple[str, ...] = ()
    """For each folder with subfolders or files of other kinds: which ones are not read."""

    @classmethod
    def find(cls, names: Sequence[str], workspace: Workspace) -> "InputFiles":
        """Find the files.

        Raises:
            InvalidInput: a file has an unknown kind, or a folder holds no file of a known kind.
            SourceError: a file is missing.
        """
        places = [resolve_source_path(name, workspace, "inputs") for name in names]
        paths = [path for place in places for path in _files(place)]
        unread = tuple(text for place in places if place.is_dir() for text in _describe_unread(place))
        return cls(tuple(map(InputFile, paths, _names(paths))), unread)

    @property
    def fingerprint(self) -> list[tuple[str, str]]:
        """Name and digest of each file: equal for the same inputs."""
        return [(file.name, _digest(file.path)) for file in self.files]

    def as_page_inputs(
        self,
        rendering: RenderingConfig,
        page_capacity: int,
        max_pages: int | None,
        too_long_hint: str = FEWER_PAGES,
        needs_text: bool = False,
    ) -> "PageInputs":
        """Return the files as inputs of a model.

        Args:
            rendering: how texts become pages.
            page_capacity: the most pages of a document; documents with more are refused.
            max_pages: read only the first pages of each document; None: all.
            too_long_hint: what to do about a document with too many pages, with a place for `capacity`.
            needs_text: refuse documents without text: the model reads it instead of the pages.
        """
        style = resolve_style(rendering.model_copy(update={"max_pages": MAX_RENDERED_PAGES}))
        return PageInputs(
            files=self.files,
            style=style,
            page_capacity=page_capacity,
            max_pages=max_pages,
            too_long_hint=too_long_hint.format(capacity=page_capacity),
            needs_text=needs_text,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PageInputs:
    """Files as samples without summaries; each file is opened on access."""

    files: tuple[InputFile, ...]
    style: PageStyle
    page_capacity: int
    max_pages: int | None
    too_long_hint: str
    needs_text: bool = False

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, index: int) -> PageSample | UnreadableInput:
        file = self.files[index]
        try:
            return self._read(file)
        except (InvalidInput, SourceError, RenderError) as error:
            return UnreadableInput(file.name, f"{error.message} {error.hint}".strip())
        except OSError as error:
            return UnreadableInput(file.name, f"{file.name} cannot be read: {error.strerror or error}.")

    def _read(self, file: InputFile) -> PageSample:
        page_input = _INPUT_READERS[file.path.suffix.lower()](file, self.style)
        if not page_input.num_pages:
            raise SourceError(f"{file.name} is empty.")
        text = text_of(file.path) if self.needs_text else ""
        if self.needs_text and not text:
            raise InvalidInput(
                f"{file.name} has no text, and the model reads text instead of pages.",
                hint="Give a text file, or a PDF with text.",
            )
        num_read = min(page_input.num_pages, self.max_pages or page_input.num_pages)
        if num_read > self.page_capacity:
            raise InvalidInput(
                f"{file.name} has {page_input.num_pages} pages; the model holds {self.page_capacity} beside "
                "its prompt and summary.",
                hint=self.too_long_hint,
            )
        pages = tuple(islice(page_input.pages, num_read))
        num_left_out = page_input.num_pages - num_read + page_input.num_unrendered
        return PageSample(
            document_id=file.name,
            pages=pages,
            text=text,
            num_pages_left_out=num_left_out,
            missing_glyphs=page_input.missing_glyphs,
        )


def text_of(path: Path) -> str:
    """Return the text of a text file, or the text layer of a PDF, which may be empty; of a picture none."""
    suffix = path.suffix.lower()
    if _INPUT_READERS[suffix] is _read_text:
        return path.read_text(encoding="utf-8").strip()
    if suffix != ".pdf":
        return ""
    with pypdfium2.PdfDocument(path) as document:
        return "\n\n".join(page.get_textpage().get_text_bounded() for page in document).strip()


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        if path.suffix.lower() not in _INPUT_READERS:
            raise InvalidInput(
                f"{path.name} is not a kind of file that can be summarised.",
                hint=_KINDS,
                fields={"inputs": "unknown kind of file"},
            )
        if not path.is_file():
            raise InvalidInput(
                f"{path.name} is no regular file.",
                hint="Write its content into a file first.",
                fields={"inputs": "no regular file"},
            )
        return [path]
    files = sorted(filter(_is_input, path.iterdir()))
    if not files:
        raise InvalidInput(
            " ".join((f"The folder {path} holds no file to summarise.", *_describe_unread(path))),
            hint=_KINDS,
            fields={"inputs": "nothing to read"},
        )
    return files


def _is_input(path: Path) -> bool:
    """Return whether a folder's entry is read. A link to nothing is: its line says that it is broken. A pipe
    is not: reading it might never end."""
    is_broken_link = path.is_symlink() and not path.exists()
    return path.suffix.lower() in _INPUT_READERS and (path.is_file() or is_broken_link)


def _describe_unread(folder: Path) -> list[str]:
    others = [path for path in sorted(folder.iterdir()) if path.name[0] != "." and not _is_input(path)]
    if not others:
        return []
    names = listed([f"{path.name}/" if path.is_dir() else path.name for path in others], MAX_LISTED)
    hint = " Name subfolders as inputs of their own." if any(map(Path.is_dir, others)) else ""
    return [f"Not read in {folder}, for they are folders or files of other kinds: {names}.{hint}"]


def _digest(path: Path) -> str:
    try:
        return file_sha256(path)
    except OSError as error:  # the file's line will say so
        return str(error)


def _names(paths: Sequence[Path]) -> list[str]:
    folders = defaultdict(set)
    for path in paths:
        folders[path.name].add(path.parent)
    return [path.relative_to(os.path.commonpath(folders[path.name])).as_posix() for path in paths]


@dataclass(frozen=True, slots=True)
class _PageInput:
    """The number of pages of a file, and its pages, each read at its turn."""

    num_pages: int
    pages: Iterator[bytes]
    num_unrendered: int = 0
    """Estimated number of pages of the text that were not rendered (the style draws the first page only)."""
    missing_glyphs: Mapping[str, int] = field(default_factory=dict)
    """As of `PageSample`."""


def _read_picture(file: InputFile, style: PageStyle) -> _PageInput:
    content = file.path.read_bytes()
    with reading_image(file.name, _SAVE_AGAIN):
        decode_image(content)
    return _PageInput(1, iter((content,)))


def _read_tiff(file: InputFile, style: PageStyle) -> _PageInput:
    """Read each picture of a TIFF file as a page, as scanners write them."""
    with reading_image(file.name, _SAVE_AGAIN), open_image(file.path) as picture:
        num_pages = getattr(picture, "n_frames", 1)
    return _PageInput(num_pages, (_tiff_page(file, index) for index in range(num_pages)))


def _tiff_page(file: InputFile, index: int) -> bytes:
    name = f"Page {index + 1} of {file.name}"
    with reading_image(name, _SAVE_AGAIN), open_image(file.path, index) as picture:
        return _png(to_rgb(picture))


def _read_text(file: InputFile, style: PageStyle) -> _PageInput:
    try:
        text = file.path.read_text(encoding="utf-8").strip()
    except UnicodeDecodeError as error:
        raise SourceError(
            f"{file.name} is not UTF-8 text: {cause(error)}.", hint="Save the file as UTF-8."
        ) from error
    if not text:
        return _PageInput(0, iter(()))
    drawn = _draw(text, style, file.name)
    tokens_per_page = max(1, drawn.num_text_tokens // len(drawn.pages))
    num_unrendered = (
        -(-(num_text_tokens(text) - drawn.num_text_tokens) // tokens_per_page) if drawn.truncated else 0
    )
    pages = (page.png for page in drawn.pages)
    return _PageInput(len(drawn.pages), pages, num_unrendered, missing_glyphs=drawn.missing_glyphs)


def _draw(text: str, style: PageStyle, name: str) -> RenderedDocument:
    try:
        return render(text, style)
    except RenderError as error:
        if "rendering.max_pages" not in error.fields:
            raise
        raise InvalidInput(
            f"{name} is too long: its text needs more than {MAX_RENDERED_PAGES} pages.",
            hint="Split the document.",
        ) from error


def _read_pdf(file: InputFile, style: PageStyle) -> _PageInput:
    try:
        with pypdfium2.PdfDocument(file.path) as document:
            num_pages = len(document)
    except pypdfium2.PdfiumError as error:
        raise SourceError(
            f"{file.name} is not a readable PDF: {cause(error)}.", hint="It may be damaged or locked."
        ) from error
    return _PageInput(num_pages, _pdf_pages(file, style.size_px))


def _pdf_pages(file: InputFile, size_px: int) -> Iterator[bytes]:
    """Draw each page with its longer side at the model's page size; the model's preprocessing makes it a
    square."""
    try:
        with pypdfium2.PdfDocument(file.path) as document:
            document.init_forms()  # so that the values of form fields are drawn
            for page in document:
                yield _png(page.render(scale=size_px / max(page.get_size())).to_pil())
    except pypdfium2.PdfiumError as error:
        raise SourceError(
            f"A page of {file.name} cannot be drawn: {cause(error)}.", hint="The PDF may be damaged."
        ) from error


def _png(picture: Image.Image) -> bytes:
    content = io.BytesIO()
    picture.save(content, "PNG")
    return content.getvalue()


_INPUT_READERS: Mapping[str, Callable[[InputFile, PageStyle], _PageInput]] = {
    **dict.fromkeys((".png", ".jpg", ".jpeg", ".webp", ".bmp"), _read_picture),
    **dict.fromkeys((".tif", ".tiff"), _read_tiff),
    ".pdf": _read_pdf,
    **dict.fromkeys((".txt", ".md"), _read_text),
}
_SAVE_AGAIN = "Save it again as PNG or JPEG."
_KINDS = f"Files may end in {', '.join(_INPUT_READERS)}."
