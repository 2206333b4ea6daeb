"""What a user wants summarised, as pages: pictures, PDFs by page, text files (rendered first), folders of these."""

import io
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pypdfium2
from PIL import Image

from data.config import PageMode, RenderingConfig
from data.errors import InvalidInput, SourceError
from data.rendering.modes import MODES
from data.rendering.render import render
from data.rendering.style import resolve_style
from data.sources.files import source_path
from data.store.workspace import Workspace
from training.dataset import PageSample

MAX_PDF_PAGES = 256


def read_inputs(names: Sequence[str], mode: PageMode, workspace: Workspace) -> list[PageSample]:
    """Turn each input into a sample without a summary, in order; folders give their files in the order of their names.

    Raises:
        InvalidInput: a file is of a kind that cannot be read.
        SourceError: a file is missing or damaged.
    """
    files = [file for name in names for file in _files(source_path(name, workspace, "inputs"))]
    return [PageSample(file.name, _pages(file, mode), "", "") for file in files]


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    files = sorted(file for file in path.iterdir() if file.suffix.lower() in _READERS)
    if not files:
        raise InvalidInput(f"The folder {path} holds no file to summarise.", hint=_KINDS, fields={"inputs": "nothing to read"})
    return files


def _pages(file: Path, mode: PageMode) -> tuple[bytes, ...]:
    read = _READERS.get(file.suffix.lower())
    if read is None:
        raise InvalidInput(f"{file.name} is of no kind that can be summarised.", hint=_KINDS, fields={"inputs": "unknown kind of file"})
    pages = read(file, mode)
    if not pages:
        raise SourceError(f"{file.name} is empty.", fields={"inputs": "an empty file"})
    return pages


def _read_picture(file: Path, mode: PageMode) -> tuple[bytes, ...]:
    return (file.read_bytes(),)


def _read_text(file: Path, mode: PageMode) -> tuple[bytes, ...]:
    try:
        text = file.read_text(encoding="utf-8").strip()
    except UnicodeDecodeError as error:
        raise SourceError(f"{file.name} is not UTF-8 text: {error}.", hint="Save it as UTF-8.", fields={"inputs": "not UTF-8"}) from error
    return tuple(page.png for page in render(text, resolve_style(RenderingConfig(mode=mode))).pages) if text else ()


def _read_pdf(file: Path, mode: PageMode) -> tuple[bytes, ...]:
    try:
        with pypdfium2.PdfDocument(file) as document:
            if len(document) > MAX_PDF_PAGES:
                raise InvalidInput(f"{file.name} has {len(document)} pages; at most {MAX_PDF_PAGES} are read.", hint="Split it.")
            return tuple(_pdf_page(page, MODES[mode].size_px) for page in document)
    except pypdfium2.PdfiumError as error:
        raise SourceError(f"{file.name} is not a readable PDF: {error}.", fields={"inputs": "damaged or locked PDF"}) from error


def _pdf_page(page: pypdfium2.PdfPage, size_px: int) -> bytes:
    """Draw a page so that its longer side has the model's size; bringing it to a square is the model's own preprocessing."""
    picture: Image.Image = page.render(scale=size_px / max(page.get_size())).to_pil()
    content = io.BytesIO()
    picture.save(content, "PNG")
    return content.getvalue()


_READERS: Mapping[str, Callable[[Path, PageMode], tuple[bytes, ...]]] = {
    **dict.fromkeys((".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp"), _read_picture),
    ".pdf": _read_pdf,
    **dict.fromkeys((".txt", ".md"), _read_text),
}
_KINDS = f"Files may end in {', '.join(_READERS)}."
