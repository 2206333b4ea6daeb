"""Measure the legibility of pages: the character errors of tesseract, an independent OCR program."""

import io
import os
import re
import shutil
import subprocess
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from PIL import Image

from data.errors import Unavailable, UnknownName
from data.records import Page
from data.rendering.characters import drawable
from data.rendering.vision_tokens import length_of_tokens

# Tesseract was trained on scans whose letters are about twice as tall as those of a page.
_SCALE: Final = 2
_TIMEOUT_S: Final = 120
_CUT_UNCERTAINTY: Final = 0.1
_SPACELESS: Final = (
    "[\u0e01-\u0eff\u1000-\u109f\u1780-\u17ff\u19e0-\u19ff\u1a20-\u1aaf\u1950-\u19df\u2e80-\u2fff\u3001-\u312f"
    "\u31a0-\u9fff\ua9e0-\ua9ff\uaa60-\uaadf\uf900-\ufaff\ufe30-\ufe4f\uff01-\uff9f\U00016fe0-\U0001b2ff"
    "\U00020000-\U0003ffff]"
)
"""Han, kana, Thai, Lao, Khmer, Burmese and their kin, and the wide forms that stand among them."""
_SPACE_WITHOUT_MEANING: Final = re.compile(f"(?<={_SPACELESS}) | (?={_SPACELESS})")


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
    program = _find_tesseract(language)
    readings = [
        measure_errors(document, " ".join(_run_tesseract(page, program, language) for page in document.pages))
        for document in documents
    ]
    return LegibilityReport(
        tuple(sorted(readings, key=lambda reading: reading.character_error_rate, reverse=True))
    )


def measure_errors(document: RenderedText, read: str) -> OcrResult:
    """Count the character errors of the OCR result `read`, against the text, or against the part that the
    page shows if the end was cut off."""
    expected = _comparable(drawable(document.text))
    distances = edit_distances(_comparable(read), expected)
    length = _shown_length(document, expected, distances) if document.truncated else len(expected)
    return OcrResult(
        document_id=document.document_id,
        num_pages=len(document.pages),
        num_characters=length,
        num_errors=distances[length],
    )


def _shown_length(document: RenderedText, expected: str, distances: Sequence[int]) -> int:
    """Return the length of the shown part: the page's tokens give it to about 10%; of the lengths in this
    range, take the one with the fewest errors."""
    about = length_of_tokens(expected, sum(page.num_text_tokens for page in document.pages))
    shortest, longest = int(about * (1 - _CUT_UNCERTAINTY)), int(about * (1 + _CUT_UNCERTAINTY))
    lengths = range(shortest, min(len(expected), longest) + 1)
    return min(lengths, key=lambda length: (distances[length], -length))


def edit_distances(pattern: str, text: str) -> list[int]:
    """Return the Levenshtein distances between `pattern` and each prefix of `text`, from the empty prefix to
    the whole text.

    The bit-parallel algorithm of Myers (1999) in the form of Hyyro (2003): two integers hold a column of the
    table; their bits mark where it increases and decreases. A paper of 60,000 characters takes a second.
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


def _run_tesseract(page: Page, program: str, language: str) -> str:
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


def _comparable(text: str) -> str:
    """Return a text without the differences that do not count.

    A line may break anywhere in a script without spaces between words, so a space beside one of its
    characters is left out. Compatibility characters (wide forms, ligatures) are replaced by ordinary ones.
    """
    text = _SPACE_WITHOUT_MEANING.sub("", " ".join(text.split()))
    return " ".join(unicodedata.normalize("NFKC", text).split())
