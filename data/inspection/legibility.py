"""Can a page be read? Tesseract, a reader that nobody here wrote, reads it, and its character errors are
counted."""

import io
import os
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from PIL import Image

from data.errors import Unavailable
from data.records import Page
from data.rendering.structure import drawable
from data.rendering.vision_tokens import length_of_tokens

# Tesseract was trained on scans whose letters are about twice as tall as a page's.
_SCALE: Final = 2
_TIMEOUT_S: Final = 120
_CUT_UNCERTAINTY: Final = 0.1


@dataclass(frozen=True, slots=True)
class OcrResult:
    """One document, read back."""

    document_id: str
    num_pages: int
    num_characters: int
    """Of the text; of its beginning that the page shows, where the rest was cut off."""
    num_errors: int
    """Insertions, deletions and replacements between the text and what was read, runs of white space counted
    as one space."""

    @property
    def character_error_rate(self) -> float:
        return self.num_errors / max(1, self.num_characters)


@dataclass(frozen=True, slots=True)
class LegibilityReport:
    """Character errors over a sample of documents, the worst first."""

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
    """A document and all its pages."""

    document_id: str
    text: str
    pages: Sequence[Page]
    truncated: bool = False
    """The pages show only the beginning of the text."""


def check_legibility(documents: Iterable[RenderedText], language: str = "eng") -> LegibilityReport:
    """Read the pages of documents with tesseract and compare with their texts.

    Args:
        documents: the sample.
        language: tesseract's name of the language of the texts; several are joined by +.

    Raises:
        Unavailable: tesseract or its data for the language is not installed.
    """
    program = _find_tesseract(language)
    readings = [
        measure_errors(document, " ".join(_run_tesseract(page, program, language) for page in document.pages))
        for document in documents
    ]
    return LegibilityReport(
        tuple(sorted(readings, key=lambda reading: reading.character_error_rate, reverse=True))
    )


def measure_errors(document: RenderedText, read: str) -> OcrResult:
    """Count the errors of what was read, against the text or, where it was cut off, against the part that the
    page shows."""
    expected = _normalize_spaces(drawable(document.text))
    distances = edit_distances(_normalize_spaces(read), expected)
    length = len(expected)
    if document.truncated:
        # Page tokens tell where the text was cut, roughly; among the lengths near by, the one that fits best
        # is taken.
        about = length_of_tokens(expected, sum(page.num_text_tokens for page in document.pages))
        near = range(
            int(about * (1 - _CUT_UNCERTAINTY)), min(length, int(about * (1 + _CUT_UNCERTAINTY))) + 1
        )
        length = min(near, key=lambda length: (distances[length], -length))
    return OcrResult(
        document_id=document.document_id,
        num_pages=len(document.pages),
        num_characters=length,
        num_errors=distances[length],
    )


def edit_distances(pattern: str, text: str) -> list[int]:
    """Return the Levenshtein distances of `pattern` to each beginning of `text`, from the empty one to the
    whole.

    The bit-parallel algorithm of Myers (1999) in the form of Hyyro (2003): a column of the table is two whole
    numbers, whose bits say where it rises and falls, so that a paper of 60,000 characters takes a second.
    """
    masks: dict[str, int] = {}
    for character in set(pattern):
        bits = "".join("1" if character == other else "0" for other in reversed(pattern))
        masks[character] = int(bits, 2)
    every, last = (1 << len(pattern)) - 1, (1 << len(pattern)) >> 1
    rises, falls, distance = every, 0, len(pattern)
    distances = [distance]
    for character in text:
        equal = masks.get(character, 0)
        diagonal = (((equal & rises) + rises) ^ rises) | equal | falls
        right_rises = falls | (every & ~(diagonal | rises))
        right_falls = diagonal & rises
        distance += bool(right_rises & last) - bool(right_falls & last) if pattern else 1
        distances.append(distance)
        right_rises = (right_rises << 1) | 1
        rises = ((right_falls << 1) | ~(diagonal | right_rises)) & every
        falls = right_rises & diagonal & every
    return distances


def _find_tesseract(language: str) -> str:
    program = shutil.which("tesseract")
    if program is None:
        raise Unavailable(
            "tesseract is not installed; legibility cannot be checked.", hint="apt-get install tesseract-ocr"
        )
    listed = subprocess.run(
        [program, "--list-langs"], capture_output=True, text=True, timeout=_TIMEOUT_S, check=False
    ).stdout.split()
    for name in language.split("+"):
        if name not in listed:
            package = f"tesseract-ocr-{name.lower().replace('_', '-')}"
            raise Unavailable(
                f"tesseract has no data for the language {name!r}.", hint=f"apt-get install {package}"
            )
    return program


def _run_tesseract(page: Page, program: str, language: str) -> str:
    picture = Image.open(io.BytesIO(page.png)).convert("L")
    size_px = page.size_px * _SCALE
    file = io.BytesIO()
    picture.resize((size_px, size_px), Image.Resampling.BICUBIC).save(file, "PNG", compress_level=1)
    command = [program, "stdin", "stdout", "--psm", "3", "-l", language]
    environment = os.environ | {"OMP_THREAD_LIMIT": "1"}
    try:
        done = subprocess.run(
            command,
            input=file.getvalue(),
            capture_output=True,
            timeout=_TIMEOUT_S,
            check=False,
            env=environment,
        )
    except subprocess.TimeoutExpired as error:
        raise Unavailable(
            f"tesseract did not read a page within {_TIMEOUT_S} s.",
            hint="Try again when the machine is less busy.",
        ) from error
    if done.returncode:
        raise Unavailable(
            f"tesseract failed: {done.stderr.decode(errors='replace').strip()[:300]}",
            hint="Check its installation.",
        )
    return done.stdout.decode(errors="replace")


def _normalize_spaces(text: str) -> str:
    return " ".join(text.split())
