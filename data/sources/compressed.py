"""Files as bytes: uncompressed by their suffix, and refused when the bytes are not what the name says."""

import bz2
import gzip
import lzma
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from typing import IO, Any, AnyStr, Final

from backports import zstd

from data.errors import SourceError

MAX_ROW_BYTES: Final = 64 << 20
"""Longer rows are refused: a row is held in memory, and a compressed file of a few kilobytes may hold one."""
DECOMPRESSORS: Final[Mapping[str, Callable[[Path], Any]]] = {
    ".gz": gzip.open,
    ".bz2": bz2.open,
    ".xz": lzma.open,
    ".zst": zstd.open,
}
DECOMPRESSION_ERRORS: Final = (EOFError, lzma.LZMAError, zstd.ZstdError)
_SIGNATURES: Final = (
    (b"\x1f\x8b", "is compressed by gzip", "Give it the suffix .gz too, as in .csv.gz."),
    (b"BZh", "is compressed by bzip2", "Give it the suffix .bz2 too, as in .csv.bz2."),
    (b"\xfd7zXZ\x00", "is compressed by xz", "Give it the suffix .xz too, as in .csv.xz."),
    (b"\x28\xb5\x2f\xfd", "is compressed by Zstandard", "Give it the suffix .zst too, as in .csv.zst."),
    (b"PK\x03\x04", "is a ZIP archive or an Excel workbook", "Unpack it, or export the sheet as CSV."),
    (b"\xd0\xcf\x11\xe0", "is an old Excel workbook", "Export the sheet as CSV."),
    (b"PAR1", "is a Parquet file", "Give it the suffix .parquet."),
    (b"ARROW1", "is an Arrow file", "Write it as Parquet: pyarrow.parquet.write_table."),
    (b"SQLite format 3\x00", "is an SQLite database", "Export the table as CSV."),
    (b"%PDF", "is a PDF", "Extract its text, and write one document a row."),
    (b"version https://git-lfs", "is a pointer of Git LFS, not the file itself", "Run: git lfs pull."),
)
_HTML: Final = (b"<!doctype html", b"<html")


def open_bytes(path: Path) -> IO[bytes]:
    """Open a file, uncompressed.

    Raises:
        SourceError: its first bytes are those of another kind of file.
        OSError, EOFError, LZMAError, ZstdError: it cannot be read.
    """
    decompress = DECOMPRESSORS.get(path.suffix.lower())
    file: IO[bytes] = decompress(path) if decompress else path.open("rb")
    with ExitStack() as stack:
        stack.enter_context(file)
        require_text(path, file.read(64))
        file.seek(0)
        stack.pop_all()  # the caller closes it
    return file


def require_text(path: Path, beginning: bytes) -> None:
    """Refuse a file that is named as text and is something else, by its first bytes (uncompressed)."""
    for signature, what, hint in _SIGNATURES:
        if beginning.startswith(signature):
            raise SourceError(f"{path} {what}.", hint=hint)
    if beginning.lstrip().lower().startswith(_HTML):
        raise SourceError(f"{path} is an HTML page.", hint="Download the file itself, not the page about it.")


def require_parquet(path: Path) -> None:
    """Refuse a file that is named .parquet and is something else."""
    with path.open("rb") as file:
        beginning = file.read(64)
    if not beginning.startswith(b"PAR1"):
        require_text(path, beginning)
        if beginning:
            raise SourceError(
                f"{path} is not a Parquet file.", hint="Check that it is whole, and what its suffix says."
            )


def bounded_lines(readline: Callable[[int], AnyStr], path: Path) -> Iterator[AnyStr]:
    """Yield lines. Raises SourceError for one that is longer than MAX_ROW_BYTES."""
    for number in count(1):
        line = readline(MAX_ROW_BYTES)
        if len(line) == MAX_ROW_BYTES:
            raise SourceError(
                f"{path} line {number} is longer than {MAX_ROW_BYTES >> 20} MiB.",
                hint="Write one document a line.",
            )
        if not line:
            return
        yield line
