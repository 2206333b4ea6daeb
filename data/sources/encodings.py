"""Encodings of text files: the one to read with, and refusals of text that is plainly in another one."""

import codecs
import io
from pathlib import Path
from typing import IO, Final

from data.config import FilesSource
from data.errors import InvalidInput, SourceError
from data.sources.compressed import open_bytes

PROBED_CHARACTERS: Final = 1 << 20
MAX_NUL_SHARE: Final = 0.2
"""Of the bytes of a text. Of UTF-16 it is half for Latin letters."""


def find_encoding(path: Path, options: FilesSource | None) -> str:
    """Return the encoding to read with; refuse text that is plainly in another one."""
    if options and options.encoding:
        try:
            return codecs.lookup(options.encoding).name
        except LookupError as error:
            raise InvalidInput(
                f"There is no encoding {options.encoding!r}.",
                hint="Encodings: utf-8, utf-16, cp1252, latin-1, gb18030, shift_jis and others.",
                fields={"source.encoding": "is not known"},
            ) from error
    with open_bytes(path) as file:
        require_utf8(path, file)
    return "utf-8"


def find_line_end(path: Path, encoding: str) -> str:
    with io.TextIOWrapper(open_bytes(path), encoding=encoding, errors="replace", newline="") as file:
        beginning = file.read(PROBED_CHARACTERS)
    return "\r" if "\r" in beginning and "\n" not in beginning else "\n"


def require_utf8(path: Path, file: IO[bytes]) -> None:
    """Refuse UTF-16 and UTF-32, which are told by their byte order marks or by NUL bytes between letters."""
    beginning = file.read(4096)
    marks = {codecs.BOM_UTF32_LE: "UTF-32", codecs.BOM_UTF32_BE: "UTF-32", codecs.BOM_UTF16_LE: "UTF-16"}
    marks[codecs.BOM_UTF16_BE] = "UTF-16"
    found = next((name for mark, name in marks.items() if beginning.startswith(mark)), None)
    if found is None and beginning.count(0) > MAX_NUL_SHARE * len(beginning):
        even, odd = beginning[::2].count(0), beginning[1::2].count(0)
        found = "UTF-16-LE" if odd > 2 * even else "UTF-16-BE" if even > 2 * odd else None
        if found is None:
            raise SourceError(
                f"{path} holds many NUL bytes: it is no text.", hint="Check what its suffix says."
            )
    if found:
        raise SourceError(
            f"{path} is {found}.", hint=f"Save it as UTF-8, or set source.encoding to {found.lower()}."
        )
