"""Can a page be read? Tesseract, a reader that nobody here wrote, reads it, and its character errors are counted."""

import io
import os
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
from PIL import Image

from data.errors import Unavailable
from data.records import Page
from data.rendering.structure import drawable

# Tesseract was trained on scans whose letters are about twice as tall as a page's.
_ENLARGEMENT: Final = 2
_TIMEOUT_S: Final = 120


@dataclass(frozen=True, slots=True)
class Reading:
    """One document, read back."""

    document_id: str
    num_pages: int
    num_characters: int
    num_errors: int
    """Insertions, deletions and replacements between the text and what was read, runs of white space counted as one space."""

    @property
    def character_error_rate(self) -> float:
        return self.num_errors / max(1, self.num_characters)


@dataclass(frozen=True, slots=True)
class LegibilityReport:
    """Character errors over a sample of documents, the worst first."""

    readings: tuple[Reading, ...]

    @property
    def character_error_rate(self) -> float:
        return sum(reading.num_errors for reading in self.readings) / max(1, sum(reading.num_characters for reading in self.readings))

    def as_dict(self) -> dict[str, Any]:
        return {
            "num_documents": len(self.readings),
            "num_pages": sum(reading.num_pages for reading in self.readings),
            "num_characters": sum(reading.num_characters for reading in self.readings),
            "character_error_rate": self.character_error_rate,
            "documents": [asdict(reading) | {"character_error_rate": reading.character_error_rate} for reading in self.readings],
        }


def check_legibility(documents: Iterable[tuple[str, str, Sequence[Page]]], language: str = "eng") -> LegibilityReport:
    """Read the pages of documents with tesseract and compare with their texts.

    Args:
        documents: (id, text, all its pages) of each document of the sample.
        language: tesseract's name of the language of the texts; several are joined by +.

    Raises:
        Unavailable: tesseract or its data for the language is not installed.
    """
    program = _tesseract(language)
    readings = []
    for document_id, text, pages in documents:
        expected = _normalised(drawable(text))
        read = _normalised(" ".join(_read_page(page, program, language) for page in pages))
        readings.append(Reading(document_id, len(pages), len(expected), edit_distance(expected, read)))
    return LegibilityReport(tuple(sorted(readings, key=lambda reading: reading.character_error_rate, reverse=True)))


def edit_distance(first: str, second: str) -> int:
    """Return the Levenshtein distance: the fewest insertions, deletions and replacements of single characters."""
    codes = np.frombuffer(second.encode("utf-32-le"), np.uint32)
    steps = np.arange(len(codes) + 1)
    row = steps.copy()
    for index, character in enumerate(first, 1):
        best = np.minimum(row[1:] + 1, row[:-1] + (codes != ord(character)))
        # An insertion costs one more than the cell to the left: a running minimum once the slope is taken out.
        row = np.minimum.accumulate(np.concatenate(([index], best)) - steps) + steps
    return int(row[-1])


def _tesseract(language: str) -> str:
    program = shutil.which("tesseract")
    if program is None:
        raise Unavailable("tesseract is not installed; legibility cannot be checked.", hint="apt-get install tesseract-ocr")
    listed = subprocess.run([program, "--list-langs"], capture_output=True, text=True, timeout=_TIMEOUT_S, check=False).stdout.split()
    for name in language.split("+"):
        if name not in listed:
            package = f"tesseract-ocr-{name.lower().replace('_', '-')}"
            raise Unavailable(f"tesseract has no data for the language {name!r}.", hint=f"apt-get install {package}")
    return program


def _read_page(page: Page, program: str, language: str) -> str:
    picture = Image.open(io.BytesIO(page.png)).convert("L")
    size_px = page.size_px * _ENLARGEMENT
    file = io.BytesIO()
    picture.resize((size_px, size_px), Image.Resampling.BICUBIC).save(file, "PNG", compress_level=1)
    command = [program, "stdin", "stdout", "--psm", "3", "-l", language]
    environment = os.environ | {"OMP_THREAD_LIMIT": "1"}
    try:
        done = subprocess.run(command, input=file.getvalue(), capture_output=True, timeout=_TIMEOUT_S, check=False, env=environment)
    except subprocess.TimeoutExpired as error:
        raise Unavailable(
            f"tesseract did not read a page within {_TIMEOUT_S} s.", hint="Try again when the machine is less busy."
        ) from error
    if done.returncode:
        raise Unavailable(f"tesseract failed: {done.stderr.decode(errors='replace').strip()[:300]}", hint="Check its installation.")
    return done.stdout.decode(errors="replace")


def _normalised(text: str) -> str:
    return " ".join(text.split())
