"""Measure the legibility of pages: the character errors of tesseract, an independent OCR program."""

import io
import os
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from PIL import Image

from data.errors import Unavailable, UnknownName
from data.inspection.character_errors import closest_length, comparable, edit_distances
from data.records import Page
from data.rendering.vision_tokens import length_of_tokens

# Tesseract was trained on scans whose letters are about twice as tall as those of a page.
_SCALE: Final = 2
_TIMEOUT_S: Final = 120


@dataclass(frozen=True, slots=True)
class OcrResult:
    """The character errors of one document."""

    document_id: str
    num_pages: int
    num_characters: int
    """Characters of the text; if its end was cut off, of the part that the page shows."""
    num_errors: int
    """Edit distance (insertions, deletions, replacements) between the text and the OCR result in Unicode's
    form NFKC; runs of white space count as one space, or as none in scripts without spaces."""

    @property
    def character_error_rate(self) -> float:
        return self.num_errors / max(1, self.num_characters)


@dataclass(frozen=True, slots=True)
class LegibilityReport:
    """Character errors of a sample of documents, the highest error rate first."""

    readings: tuple[OcrResult, ...]

    @property
    def character_error_rate(self) -> float:
        return sum(reading.num_errors for reading in self.readings) / max(
            1, sum(reading.num_characters for reading in self.readings)
        )

    def as_dict(self) -> dict[str, Any]:
        return {
            "num_documents": len(self.readings),
            "num_pages": sum(reading.num_pages for reading in self.readings),
            "num_characters": sum(reading.num_characters for reading in self.readings),
            "character_error_rate": self.character_error_rate,
            "documents": [
                asdict(reading) | {"character_error_rate": reading.character_error_rate}
                for reading in self.readings
            ],
        }


@dataclass(frozen=True, slots=True)
class RenderedText:
    """The text of a document and all its pages."""

    document_id: str
    text: str
    pages: Sequence[Page]
    truncated: bool = False
    """The pages show only the beginning of the text."""


def check_legibility(documents: Iterable[RenderedText], language: str = "eng") -> LegibilityReport:
    """Read the pages of documents with tesseract, and compare the results with their texts.

    Args:
        documents: the sample.
        language: tesseract's name of the texts' language; several are joined by +.

    Raises:
        Unavailable: tesseract is not installed.
        UnknownName: it has no data for the language.
    """
    program = find_tesseract(language)
    readings = [
        measure_errors(document, " ".join(run_tesseract(page, program, language) for page in document.pages))
        for document in documents
    ]
    return LegibilityReport(
        tuple(sorted(readings, key=lambda reading: reading.character_error_rate, reverse=True))
    )


def measure_errors(document: RenderedText, read: str) -> OcrResult:
    """Count the character errors of the OCR result `read`, against the text, or against the part that the
    page shows if the end was cut off."""
    expected = comparable(document.text)
    distances = edit_distances(comparable(read), expected)
    num_tokens = sum(page.num_text_tokens for page in document.pages)
    about = length_of_tokens(expected, num_tokens) if document.truncated else None
    length = len(expected) if about is None else closest_length(distances, expected, about)
    return OcrResult(
        document_id=document.document_id,
        num_pages=len(document.pages),
        num_characters=length,
        num_errors=distances[length],
    )


def find_tesseract(language: str) -> str:
    """Return the path of tesseract; raises as `check_legibility`."""
    program = shutil.which("tesseract")
    if program is None:
        raise Unavailable(
            "tesseract is not installed; legibility cannot be checked.", hint="apt-get install tesseract-ocr"
        )
    listed = subprocess.run(
        [program, "--list-langs"], capture_output=True, text=True, timeout=_TIMEOUT_S, check=False
    ).stdout.splitlines()[1:]  # the first line is a title
    absent = [name for name in language.split("+") if name not in listed]
    if absent:
        there = ", ".join(sorted(listed))
        raise UnknownName(
            f"tesseract has no data for the language {absent[0]!r}.",
            hint=f"Use one of {there}; or install another as the package tesseract-ocr-<language>.",
            fields={"language": f"must be one of {there}"},
        )
    return program


def run_tesseract(page: Page, program: str, language: str) -> str:
    """Return what tesseract reads from a page. Raises Unavailable if it fails."""
    command = [program, "stdin", "stdout", "--psm", "3", "-l", language]
    try:
        done = subprocess.run(
            command,
            input=_enlarged_png(page),
            capture_output=True,
            timeout=_TIMEOUT_S,
            check=False,
            env=os.environ | {"OMP_THREAD_LIMIT": "1"},
        )
    except subprocess.TimeoutExpired as error:
        raise Unavailable(
            f"tesseract did not read a page within {_TIMEOUT_S} s.",
            hint="Try again when the machine is less busy.",
        ) from error
    if done.returncode:
        reason = done.stderr.decode(errors="replace").strip()[:300]
        raise Unavailable(f"tesseract failed: {reason}", hint="Check its installation.")
    return done.stdout.decode(errors="replace")


def _enlarged_png(page: Page) -> bytes:
    picture = Image.open(io.BytesIO(page.png)).convert("L")
    size_px = page.size_px * _SCALE
    file = io.BytesIO()
    picture.resize((size_px, size_px), Image.Resampling.BICUBIC).save(file, "PNG", compress_level=1)
    return file.getvalue()
