"""The report of one evaluation: scores with their settings and intervals, baselines and published results."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from data.store.files import damaged_file, read_json, write_json
from data.validation import as_record
from evaluation.measures.report import MeasureReport
from evaluation.reference_points import ReferencePoint
from evaluation.scores import PairedDifference, RougeReport, relation_of

REPORT = "report.json"
_LIBRARIES = ("deepsynth", "rouge-score", "nltk", "numpy", "sacrebleu")


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The evaluated model and the dataset."""

    model: str
    dataset: str
    split: str
    benchmark: str | None = None
    """Name of the benchmark preset with the dataset's source; None: no preset has this source."""
    reads: str = "pages"
    """What the model read: pages, text or whole_text."""
    mean_document_tokens: float | None = None
    """Tokens of a document in the model's decoder, as it was read; None: an earlier version did not count
    them."""
    mean_text_tokens: float | None = None
    """Tokens of a document's whole text in the model's vocabulary; None: as above, or the dataset stores no
    texts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The content of report.json."""

    subject: Subject
    rouge: RougeReport
    baselines: Mapping[str, RougeReport]
    """Name (lead-1, lead-3, a text model) -> scores on the same samples with the same settings."""
    reference_points: tuple[ReferencePoint, ...]
    """Published results if the dataset is a benchmark. They hold for its whole test split."""
    num_looping: int
    num_empty: int
    num_cut: int
    """Number of texts that reached the length limit before their end."""
    mean_prediction_words: float
    mean_reference_words: float
    created: str
    """Time in UTC, ISO 8601."""
    versions: Mapping[str, str]
    """Library -> version."""
    differences: Mapping[str, PairedDifference] = field(default_factory=dict)
    """Baseline -> difference in ROUGE-L, the model's minus the baseline's. The first versions wrote none."""
    measures: MeasureReport | None = None
    """What ROUGE does not show; None: an earlier version did not measure it."""

    def as_dict(self) -> dict[str, Any]:
        return {
            **{name: getattr(self, name) for name in self.__slots__},
            "subject": asdict(self.subject),
            "rouge": self.rouge.as_dict(),
            "baselines": {name: baseline.as_dict() for name, baseline in self.baselines.items()},
            "reference_points": [asdict(point) for point in self.reference_points],
            "differences": self.difference_rows(),
            "measures": asdict(self.measures) if self.measures else None,
        }

    def table(self) -> list[tuple[str, dict[str, float]]]:
        """Return the rows to compare: (name, ROUGE type -> mean F-measure), the model first."""
        return [
            (self.subject.model, self.rouge.fmeasures()),
            *((name, report.fmeasures()) for name, report in self.baselines.items()),
        ]

    def table_rows(self) -> list[dict[str, Any]]:
        """Return `table` as the result of a job holds it."""
        return [{"name": name, **scores} for name, scores in self.table()]

    def intervals(self) -> list[dict[str, tuple[float, float]]]:
        """Return the confidence intervals of `table`, row by row: ROUGE type -> (lower end, upper end)."""
        return [
            {kind: (score.low, score.high) for kind, score in report.scores.items()}
            for report in (self.rouge, *self.baselines.values())
        ]

    def difference_rows(self) -> dict[str, dict[str, Any]]:
        """Return `differences` as the result of a job holds it."""
        return {name: asdict(difference) for name, difference in self.differences.items()}

    def measure_rows(self) -> dict[str, Any] | None:
        """Return `measures` as the result of a job holds it."""
        return {**asdict(self.measures), "note": self.measures.note} if self.measures else None


def library_versions() -> dict[str, str]:
    """Return the versions of the libraries that decide the scores."""
    return {name: version(name) for name in _LIBRARIES}


def now() -> str:
    """Return the current time in UTC, as in `created`."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def write_report(folder: Path, report: Report) -> Path:
    """Write report.json into a folder, atomically, and return its path."""
    path = folder / REPORT
    write_json(path, report.as_dict())
    return path


def read_report(folder: Path) -> Report:
    """Read report.json of a folder.

    Raises:
        NotFound: the folder has no report.json.
        StorageError: the file is damaged or was not written by `write_report`.
    """
    path = folder / REPORT
    values = read_json(path)
    _complete_differences(values)
    report = as_record(values, path, Report)
    if any("rougeL" not in scored.scores for scored in (report.rouge, *report.baselines.values())):
        raise damaged_file(path, "a score has no rougeL")
    return report


def _complete_differences(values: Any) -> None:
    """Add to the differences of earlier versions, which held an interval only, what follows from the scores.
    A damaged file stays as it is."""
    try:
        rouge, baselines = values["rouge"], values["baselines"]
        for name, found in values.get("differences", {}).items():
            if "relation" in found:
                continue
            own, other = (one["scores"]["rougeL"]["fmeasure"] for one in (rouge, baselines[name]))
            num_samples = rouge["num_samples"]
            found |= {
                "num_samples": num_samples,
                "difference": own - other,
                "won": None,
                "lost": None,
                "relation": relation_of(num_samples, found["low"], found["high"]),
            }
    except (KeyError, TypeError, AttributeError):
        return
