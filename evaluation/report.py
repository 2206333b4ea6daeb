"""The report of one evaluation: scores with their settings and intervals, baselines and published results
beside them."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from data.errors import StorageError
from data.store.files import read_json, write_json
from evaluation.reference_points import ReferencePoint
from evaluation.scores import RougeReport

REPORT = "report.json"
_LIBRARIES = ("deepsynth", "rouge-score", "nltk", "numpy")


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What was evaluated on what."""

    model: str
    dataset: str
    split: str
    benchmark: str | None = None
    """Name of the benchmark preset that the dataset was made from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One evaluation."""

    subject: Subject
    rouge: RougeReport
    baselines: Mapping[str, RougeReport]
    """lead-1, lead-3 and any text model's, on the same samples with the same settings."""
    reference_points: tuple[ReferencePoint, ...]
    """Published results, where the dataset is a benchmark. They hold for its whole test split."""
    num_looping: int
    num_empty: int
    num_cut: int
    """Texts that met the length limit before they ended."""
    mean_prediction_words: float
    mean_reference_words: float
    created: str
    versions: Mapping[str, str]

    def as_dict(self) -> dict[str, Any]:
        return {
            **{name: getattr(self, name) for name in self.__slots__},
            "subject": asdict(self.subject),
            "rouge": self.rouge.as_dict(),
            "baselines": {name: baseline.as_dict() for name, baseline in self.baselines.items()},
            "reference_points": [asdict(point) for point in self.reference_points],
        }

    def table(self) -> list[tuple[str, dict[str, float]]]:
        """Return the rows that people compare: name -> mean F-measure per ROUGE type, the model first."""
        return [
            (self.subject.model, self.rouge.fmeasures()),
            *((name, report.fmeasures()) for name, report in self.baselines.items()),
        ]

    def intervals(self) -> list[dict[str, tuple[float, float]]]:
        """Return the confidence interval of each number of `table`, row by row: ROUGE type -> its two
        ends."""
        return [
            {kind: (score.low, score.high) for kind, score in report.scores.items()}
            for report in (self.rouge, *self.baselines.values())
        ]


def library_versions() -> dict[str, str]:
    """Return the versions of what decides the numbers."""
    return {name: version(name) for name in _LIBRARIES}


def now() -> str:
    """Return the time for `created`, in UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def write_report(folder: Path, report: Report) -> Path:
    """Write report.json into a folder, atomically, and return its path."""
    path = folder / REPORT
    write_json(path, report.as_dict())
    return path


def read_report(folder: Path) -> Report:
    """Read report.json of a folder.

    Raises:
        NotFound: there is none.
        StorageError: it is damaged or was not written by `write_report`.
    """
    path = folder / REPORT
    document = read_json(path)
    try:
        nested: dict[str, Any] = {
            "subject": Subject(**document["subject"]),
            "rouge": RougeReport.from_dict(document["rouge"]),
            "baselines": {name: RougeReport.from_dict(part) for name, part in document["baselines"].items()},
            "reference_points": tuple(ReferencePoint(**point) for point in document["reference_points"]),
        }
        return Report(**{**document, **nested})
    except (KeyError, TypeError, AttributeError) as error:
        raise StorageError(
            f"{path} is not an evaluation report: {error}.", hint="Evaluate the model again."
        ) from error
